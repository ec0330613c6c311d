import FoundationEssentials
import OCISpec

/// How raw path bytes become text: what is not UTF-8 is written `\xNN`, so that it can be read back.
package enum PathText {
    /// The path as JSON carries it, with a note of whether every byte was UTF-8.
    package static func text(_ path: [UInt8]) -> (text: String, isExact: Bool) {
        if let exact = String(validating: path, as: UTF8.self) { return (exact, true) }
        var text = ""
        var rest = path[...]
        while !rest.isEmpty {
            let length = validLength(of: rest)
            if length > 0 {
                text += String(decoding: rest.prefix(length), as: UTF8.self)
            } else {
                text += escaped(rest[rest.startIndex])
            }
            rest = rest.dropFirst(max(length, 1))
        }
        return (text, false)
    }

    /// The path for a terminal: control characters cannot act.
    package static func display(_ path: [UInt8]) -> String {
        printable(text(path).text)
    }

    /// `text` with control characters written `\xNN`.
    package static func printable(_ text: String) -> String {
        guard text.unicodeScalars.contains(where: isControl) else { return text }
        var result = ""
        for scalar in text.unicodeScalars {
            if isControl(scalar) {
                result += escaped(UInt8(truncatingIfNeeded: scalar.value))
            } else {
                result.unicodeScalars.append(scalar)
            }
        }
        return result
    }

    /// A sentence in which words that are very long, as only paths are, lack their middle.
    package static func shortened(_ sentence: String) -> String {
        guard sentence.utf8.count > longestWord else { return sentence }
        let words = sentence.split(separator: " ", omittingEmptySubsequences: false).map { word -> String in
            word.utf8.count > longestWord ? "\(word.prefix(keptOfWord))…\(word.suffix(keptOfWord))" : String(word)
        }
        return words.joined(separator: " ")
    }

    private static let longestWord = 500
    private static let keptOfWord = 200

    /// `"path"`, and `"pathBytes"` in base64 where the text is not exact.
    static func fields(_ path: [UInt8]) -> [String: JSONValue] {
        let (text, isExact) = text(path)
        var fields: [String: JSONValue] = ["path": .string(text)]
        if !isExact { fields["pathBytes"] = .string(Data(path).base64EncodedString()) }
        return fields
    }

    /// `"paths"`, and `"pathsBytes"` in base64 where one of the texts is not exact.
    static func fields(_ paths: [[UInt8]]) -> [String: JSONValue] {
        let texts = paths.map { text($0) }
        var fields: [String: JSONValue] = ["paths": .array(texts.map { .string($0.text) })]
        if texts.contains(where: { !$0.isExact }) {
            fields["pathsBytes"] = .array(paths.map { .string(Data($0).base64EncodedString()) })
        }
        return fields
    }

    private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
        scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value)
    }

    private static func escaped(_ byte: UInt8) -> String {
        let hex = String(byte, radix: 16, uppercase: true)
        return "\\x" + (hex.count < 2 ? "0" : "") + hex
    }

    /// How many bytes at the start are one valid UTF-8 scalar; 0 when they are not.
    private static func validLength(of bytes: ArraySlice<UInt8>) -> Int {
        for length in 1...4 where length <= bytes.count {
            if String(validating: bytes.prefix(length), as: UTF8.self) != nil { return length }
        }
        return 0
    }
}
