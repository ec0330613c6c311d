import FoundationEssentials
import OCISpec
import TextValues

/// How raw path bytes become text: what is not UTF-8 is written `\xNN`, so that it can be read back.
package enum PathText {
    /// The path as JSON carries it, with a note of whether every byte was UTF-8.
    package static func text(_ path: [UInt8]) -> (text: String, isExact: Bool) {
        RawText.text(path)
    }

    /// The path for a terminal: control characters cannot act.
    package static func display(_ path: [UInt8]) -> String {
        printable(text(path).text)
    }

    /// `text` in one line in which nothing acts on a terminal: see `written`.
    package static func printable(_ text: String) -> String {
        guard acts(text) else { return text }
        return text.replacingScalars(written)
    }

    /// How a scalar is written that acts instead of being seen; nil for any other.
    static func written(_ scalar: Unicode.Scalar) -> String? { ActingText.written(scalar) }

    /// Whether three bytes of UTF-8 end with a scalar outside of ASCII for which `written` has something.
    static func ends(_ first: UInt8, _ second: UInt8, _ third: UInt8) -> Bool {
        switch (first, second, third) {
        case (_, 0xC2, 0x80...0x9F), (_, 0xD8, 0x9C), (0xE2, 0x80, 0x8E...0x8F), (0xE2, 0x80, 0xA8...0xAE),
            (0xE2, 0x81, 0xA6...0xA9):
            true
        default: false
        }
    }

    /// Whether a text has a scalar for which `written` has something: a quick look, since nearly none has.
    private static func acts(_ text: String) -> Bool {
        var text = text
        return text.withUTF8 { acts($0) }
    }

    private static func acts(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        var last: (UInt8, UInt8) = (0, 0)
        for byte in bytes[PlainText.length(bytes, from: 0)...] {
            if byte < 0x20 || byte == 0x7F || (byte >= 0x80 && ends(last.0, last.1, byte)) { return true }
            last = (last.1, byte)
        }
        return false
    }

    /// A sentence in which words that are very long, as only paths are, lack their middle.
    package static func shortened(_ sentence: String) -> String {
        guard sentence.utf8.count > longestWord else { return sentence }
        let words = sentence.unicodeScalars.split(separator: " ", omittingEmptySubsequences: false).map { word -> String in
            word.count > longestWord ? String(word.prefix(keptOfWord)) + "…" + String(word.suffix(keptOfWord)) : String(word)
        }
        return words.joined(separator: " ")
    }

    private static let longestWord = 500
    private static let keptOfWord = 200

    /// `"path"`, and `"pathBytes"` in base64 where the text is not exact.
    static func fields(_ path: [UInt8]) -> JSONFields {
        let (text, isExact) = text(path)
        var fields: JSONFields = ["path": .string(text)]
        if !isExact { fields["pathBytes"] = .string(Data(path).base64EncodedString()) }
        return fields
    }

    /// `"paths"`, and `"pathsBytes"` in base64 where one of the texts is not exact.
    static func fields(_ paths: [[UInt8]]) -> JSONFields {
        let texts = paths.map { text($0) }
        var fields: JSONFields = ["paths": .array(texts.map { .string($0.text) })]
        if texts.contains(where: { !$0.isExact }) {
            fields["pathsBytes"] = .array(paths.map { .string(Data($0).base64EncodedString()) })
        }
        return fields
    }
}
