// https://www.rfc-editor.org/rfc/rfc8259#section-4

/// One pass over a document's bytes, before anything is made of them: how deep it nests, and whether an object has two values
/// of one name.
///
/// Which of two values counts is the reader's choice (the first here, the last in Go), so that one digest would stand for two
/// images. What is no JSON at all is left to the decoder.
struct DocumentScan {
    private let text: UnsafeBufferPointer<UInt8>
    private let maxDepth: Int
    private var place = 0
    /// For each array that is open nil, for each object where its names begin in `names`.
    private var open: [Int?] = []
    /// The names in all objects that are open, outermost first: hashes, and where each stands between its quotes.
    private var names: [RepeatedName.Hashed<Range<Int>>] = []

    init(_ text: UnsafeBufferPointer<UInt8>, maxDepth: Int) {
        self.text = text
        self.maxDepth = maxDepth
    }

    mutating func run() throws(DocumentError) {
        while place < text.count {
            switch text[place] {
            case UInt8(ascii: "\""): try string()
            case UInt8(ascii: "["): try enter(nil)
            case UInt8(ascii: "{"): try enter(names.count)
            case UInt8(ascii: "]"): _ = open.popLast()
            case UInt8(ascii: "}"): try leaveObject()
            // The decoder would also read UTF-16, in which this scan sees no structure; UTF-8 JSON never has a zero byte.
            case 0: throw .malformed(detail: "a zero byte")
            default: break
            }
            place += 1
        }
    }

    private mutating func enter(_ firstName: Int?) throws(DocumentError) {
        open.append(firstName)
        if open.count > maxDepth { throw .tooDeep(limit: maxDepth) }
    }

    private mutating func leaveObject() throws(DocumentError) {
        guard let start = open.popLast() ?? nil else { return }
        if let name = RepeatedName.find(&names, from: start) { throw .malformed(detail: "`\(title(name))` occurs twice") }
        names.removeSubrange(start...)
    }

    /// From an opening quote to the closing one; in an object it is a name where a colon follows.
    private mutating func string() throws(DocumentError) {
        let start = place + 1
        var isEscaped = false
        place = start
        while place < text.count, text[place] != UInt8(ascii: "\"") {
            if text[place] == 0 { throw .malformed(detail: "a zero byte") }
            if text[place] == UInt8(ascii: "\\") {
                isEscaped = true
                place += 1
            }
            place += 1
        }
        guard let innermost = open.last, innermost != nil, isFollowedByColon else { return }
        let hash = isEscaped ? RepeatedName.hash(unescaped(start..<place)) : RepeatedName.hash(text[start..<place])
        names.append((hash, start..<place))
    }

    private var isFollowedByColon: Bool {
        var next = place + 1
        while next < text.count, text[next] <= UInt8(ascii: " ") { next += 1 }
        return next < text.count && text[next] == UInt8(ascii: ":")
    }

    private func title(_ name: Range<Int>) -> String {
        String(String(decoding: unescaped(name), as: UTF8.self).prefix(80))
    }

    /// The bytes that a string stands for; an escape that is none stands for itself.
    private func unescaped(_ range: Range<Int>) -> [UInt8] {
        var bytes: [UInt8] = []
        var place = range.lowerBound
        while place < range.upperBound {
            guard text[place] == UInt8(ascii: "\\"), place + 1 < range.upperBound else {
                bytes.append(text[place])
                place += 1
                continue
            }
            if text[place + 1] == UInt8(ascii: "u"), let (scalar, end) = scalar(at: place, before: range.upperBound) {
                bytes += Array(String(Character(scalar)).utf8)
                place = end
            } else {
                bytes.append(Self.shortEscapes[text[place + 1]] ?? text[place + 1])
                place += 2
            }
        }
        return bytes
    }

    private static let shortEscapes: [UInt8: UInt8] = [
        UInt8(ascii: "b"): 0x08, UInt8(ascii: "f"): 0x0C, UInt8(ascii: "n"): 0x0A, UInt8(ascii: "r"): 0x0D,
        UInt8(ascii: "t"): 0x09,
    ]

    /// The character of a `\u` escape, or of two that belong together, and where it ends; half of a pair is U+FFFD.
    private func scalar(at place: Int, before end: Int) -> (Unicode.Scalar, Int)? {
        guard let unit = unit(at: place, before: end) else { return nil }
        if let scalar = Unicode.Scalar(unit) { return (scalar, place + 6) }
        if unit < 0xDC00, let low = self.unit(at: place + 6, before: end), (0xDC00...0xDFFF).contains(low),
            let scalar = Unicode.Scalar(0x10000 + ((UInt32(unit) - 0xD800) << 10) + (UInt32(low) - 0xDC00))
        {
            return (scalar, place + 12)
        }
        return ("\u{FFFD}", place + 6)
    }

    /// The four hexadecimal digits of a `\u` escape.
    private func unit(at place: Int, before end: Int) -> UInt16? {
        guard place + 6 <= end, text[place] == UInt8(ascii: "\\"), text[place + 1] == UInt8(ascii: "u"),
            text[place + 2..<place + 6].allSatisfy(\.isASCIIHexDigit)
        else { return nil }
        return UInt16(String(decoding: text[place + 2..<place + 6], as: UTF8.self), radix: 16)
    }
}
