// https://www.rfc-editor.org/rfc/rfc8259

/// Reads JSON as it stands, value by value: for documents that are too long to be made into a tree first.
///
/// As strict as JSON is. Half of a surrogate pair is U+FFFD, as it is for readers and writers in Go. Names that stand twice are the
/// caller's to find, see `checkDocument`. What is read is valid for as long as the buffer is.
package struct JSONReader {
    /// The document is no JSON, or has something else than was asked for, at this byte.
    package struct Fault: Error, Hashable, Sendable {
        /// Bytes before the fault, from the start of the document.
        package let offset: Int
    }

    let bytes: UnsafeBufferPointer<UInt8>
    private(set) var at = 0
    private static let maxDepth = 64

    /// A reader at the start of a document.
    package init(_ bytes: UnsafeBufferPointer<UInt8>) {
        self.bytes = bytes
    }

    /// An error at the place where the reader is.
    package var fault: Fault { Fault(offset: at) }

    /// Sees to it that nothing follows.
    package mutating func finish() throws(Fault) {
        skipBlank()
        guard at == bytes.count else { throw fault }
    }

    // MARK: Objects and arrays

    /// Goes to an object's next value, whose name is then in `name`, which is nil before the first; false at the end.
    package mutating func nextValue(_ name: inout String?) throws(Fault) -> Bool {
        if name == nil {
            guard take(UInt8(ascii: "{")) else { throw fault }
            if take(UInt8(ascii: "}")) { return false }
        } else if !take(UInt8(ascii: ",")) {
            guard take(UInt8(ascii: "}")) else { throw fault }
            return false
        }
        name = try string()
        guard take(UInt8(ascii: ":")) else { throw fault }
        return true
    }

    /// Goes to an array's next element; false at the end.
    package mutating func nextElement(_ isFirst: inout Bool) throws(Fault) -> Bool {
        if isFirst {
            isFirst = false
            guard take(UInt8(ascii: "[")) else { throw fault }
            return !take(UInt8(ascii: "]"))
        }
        if take(UInt8(ascii: ",")) { return true }
        guard take(UInt8(ascii: "]")) else { throw fault }
        return false
    }

    // MARK: Values

    /// Takes a `null`, if that is what follows.
    package mutating func takeNull() -> Bool { takeWord("null") }

    /// A number without fraction or exponent.
    package mutating func integer() throws(Fault) -> Int64 {
        skipBlank()
        let isNegative = at < bytes.count && bytes[at] == UInt8(ascii: "-")
        if isNegative { at += 1 }
        let start = at
        var value: Int64 = 0
        while at < bytes.count, bytes[at].isASCIIDigit {
            let digit = Int64(bytes[at] - UInt8(ascii: "0"))
            let (shifted, isOver) = value.multipliedReportingOverflow(by: 10)
            let (next, isOverToo) = shifted.addingReportingOverflow(digit)
            guard !isOver, !isOverToo else { throw fault }
            value = next
            at += 1
        }
        // No leading zeros; a fraction or an exponent is nothing that may follow.
        guard at > start, at == start + 1 || bytes[start] != UInt8(ascii: "0") else { throw fault }
        return isNegative ? -value : value
    }

    /// A string.
    package mutating func string() throws(Fault) -> String {
        if let text = try plainText() { return String(decoding: text, as: UTF8.self) }
        return String(decoding: try escapedBytes(), as: UTF8.self)
    }

    /// The UTF-8 of a string.
    package mutating func stringBytes() throws(Fault) -> [UInt8] {
        if let text = try plainText() { return Array(text) }
        return try escapedBytes()
    }

    /// The UTF-8 of a string where it stands; nil for one with escapes, which is not taken then.
    package mutating func plainText() throws(Fault) -> UnsafeBufferPointer<UInt8>? {
        skipBlank()
        guard at < bytes.count, bytes[at] == UInt8(ascii: "\"") else { throw fault }
        var end = at + 1
        var isASCII = true
        while end < bytes.count, bytes[end] != UInt8(ascii: "\"") {
            if bytes[end] == UInt8(ascii: "\\") { return nil }
            guard bytes[end] >= 0x20 else { throw Fault(offset: end) }
            if bytes[end] >= 0x80 { isASCII = false }
            end += 1
        }
        guard end < bytes.count else { throw Fault(offset: end) }
        let text = UnsafeBufferPointer(rebasing: bytes[(at + 1)..<end])
        guard isASCII || String(validating: text, as: UTF8.self) != nil else { throw fault }
        at = end + 1
        return text
    }

    /// Passes over a value, and returns it as it stands.
    package mutating func rawValue() throws(Fault) -> UnsafeBufferPointer<UInt8> {
        skipBlank()
        let start = at
        try skip()
        return UnsafeBufferPointer(rebasing: bytes[start..<at])
    }

    /// Whether a string follows.
    package var peekIsString: Bool {
        var copy = self
        return copy.peek() == UInt8(ascii: "\"")
    }

    /// Whether a number follows.
    package var peekIsNumber: Bool {
        var copy = self
        return copy.peek().map { $0 == UInt8(ascii: "-") || $0.isASCIIDigit } ?? false
    }

    /// Takes `true` or `false`, if that is what follows.
    package mutating func takeBool() -> Bool? { takeWord("true") ? true : takeWord("false") ? false : nil }

    /// Passes over a value.
    package mutating func skip() throws(Fault) { try skip(depth: 0) }

    private mutating func skip(depth: Int) throws(Fault) {
        guard depth <= Self.maxDepth else { throw fault }
        skipBlank()
        guard at < bytes.count else { throw fault }
        switch bytes[at] {
        case UInt8(ascii: "\""): _ = try stringBytes()
        case UInt8(ascii: "{"):
            var name: String?
            while try nextValue(&name) { try skip(depth: depth + 1) }
        case UInt8(ascii: "["):
            var isFirst = true
            while try nextElement(&isFirst) { try skip(depth: depth + 1) }
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): try skipNumber()
        default: guard takeWord("true") || takeWord("false") || takeNull() else { throw fault }
        }
    }

    private mutating func skipNumber() throws(Fault) {
        let start = at
        while at < bytes.count, "+-.0123456789eE".utf8.contains(bytes[at]) { at += 1 }
        guard Double(String(decoding: bytes[start..<at], as: UTF8.self)) != nil else { throw fault }
    }

    // MARK: Tokens

    /// What begins at the next byte that is no blank; nil at the end.
    mutating func peek() -> UInt8? {
        skipBlank()
        return at < bytes.count ? bytes[at] : nil
    }

    /// A string that is passed over: where it stands between its quotes, and whether it has escapes.
    ///
    /// Its UTF-8 is not looked at.
    mutating func stringRange() throws(Fault) -> (range: Range<Int>, hasEscapes: Bool) {
        guard take(UInt8(ascii: "\"")) else { throw fault }
        let start = at
        var hasEscapes = false
        while at < bytes.count, bytes[at] != UInt8(ascii: "\"") {
            guard bytes[at] >= 0x20 else { throw fault }
            if bytes[at] == UInt8(ascii: "\\") {
                hasEscapes = true
                at += 1
                try skipEscape()
            } else {
                at += 1
            }
        }
        guard at < bytes.count else { throw fault }
        at += 1
        return (start..<at - 1, hasEscapes)
    }

    private mutating func skipEscape() throws(Fault) {
        guard at < bytes.count else { throw fault }
        let letter = bytes[at]
        at += 1
        if letter == UInt8(ascii: "u") {
            _ = try fourDigits()
        } else if !"\"\\/bfnrt".utf8.contains(letter) {
            throw fault
        }
    }

    /// A number that is passed over: where it stands.
    mutating func numberRange() throws(Fault) -> Range<Int> {
        skipBlank()
        let start = at
        if at < bytes.count, bytes[at] == UInt8(ascii: "-") { at += 1 }
        if at < bytes.count, bytes[at] == UInt8(ascii: "0") { at += 1 } else { try skipDigits() }
        if at < bytes.count, bytes[at] == UInt8(ascii: ".") {
            at += 1
            try skipDigits()
        }
        if at < bytes.count, bytes[at] | 0x20 == UInt8(ascii: "e") {
            at += 1
            if at < bytes.count, bytes[at] == UInt8(ascii: "+") || bytes[at] == UInt8(ascii: "-") { at += 1 }
            try skipDigits()
        }
        return start..<at
    }

    private mutating func skipDigits() throws(Fault) {
        let start = at
        while at < bytes.count, bytes[at].isASCIIDigit { at += 1 }
        guard at > start else { throw fault }
    }

    /// The bytes that a string between two quotes stands for.
    static func unescaped(_ text: UnsafeBufferPointer<UInt8>) -> [UInt8] {
        var reader = JSONReader(text)
        var found: [UInt8] = []
        do throws(Fault) {
            while reader.at < text.count {
                let byte = text[reader.at]
                reader.at += 1
                if byte == UInt8(ascii: "\\") { try reader.appendEscape(to: &found) } else { found.append(byte) }
            }
        } catch {
            // Nothing was taken for a string whose escapes are none.
            return found
        }
        return found
    }

    // MARK: Bytes

    mutating func skipBlank() {
        while at < bytes.count, Self.isBlank(bytes[at]) { at += 1 }
    }

    private static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 }

    /// Takes a byte after blanks, if it is the next one.
    mutating func take(_ byte: UInt8) -> Bool {
        skipBlank()
        guard at < bytes.count, bytes[at] == byte else { return false }
        at += 1
        return true
    }

    mutating func takeWord(_ word: StaticString) -> Bool {
        skipBlank()
        let count = word.utf8CodeUnitCount
        guard at + count <= bytes.count, (0..<count).allSatisfy({ bytes[at + $0] == word.utf8Start[$0] }) else { return false }
        at += count
        return true
    }

    // MARK: Escapes

    private mutating func escapedBytes() throws(Fault) -> [UInt8] {
        at += 1
        var text: [UInt8] = []
        while at < bytes.count, bytes[at] != UInt8(ascii: "\"") {
            guard bytes[at] >= 0x20 else { throw fault }
            if bytes[at] == UInt8(ascii: "\\") {
                at += 1
                try appendEscape(to: &text)
            } else {
                text.append(bytes[at])
                at += 1
            }
        }
        guard at < bytes.count, String(validating: text, as: UTF8.self) != nil else { throw fault }
        at += 1
        return text
    }

    private mutating func appendEscape(to text: inout [UInt8]) throws(Fault) {
        guard at < bytes.count else { throw fault }
        let letter = bytes[at]
        at += 1
        switch letter {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(letter)
        case UInt8(ascii: "b"): text.append(0x08)
        case UInt8(ascii: "f"): text.append(0x0C)
        case UInt8(ascii: "n"): text.append(0x0A)
        case UInt8(ascii: "r"): text.append(0x0D)
        case UInt8(ascii: "t"): text.append(0x09)
        case UInt8(ascii: "u"): text += String(Character(try unicodeEscape())).utf8
        default: throw fault
        }
    }

    private mutating func unicodeEscape() throws(Fault) -> Unicode.Scalar {
        let first = try fourDigits()
        if (0xD800...0xDBFF).contains(first), at + 6 <= bytes.count, bytes[at] == UInt8(ascii: "\\"),
            bytes[at + 1] == UInt8(ascii: "u")
        {
            let before = at
            at += 2
            let second = try fourDigits()
            if (0xDC00...0xDFFF).contains(second) {
                return Unicode.Scalar(0x10000 + (first - 0xD800) << 10 + (second - 0xDC00)) ?? "\u{FFFD}"
            }
            at = before
        }
        return Unicode.Scalar(first) ?? "\u{FFFD}"
    }

    private mutating func fourDigits() throws(Fault) -> UInt32 {
        guard at + 4 <= bytes.count else { throw fault }
        var value: UInt32 = 0
        for _ in 0..<4 {
            guard let digit = Self.hexDigit(bytes[at]) else { throw fault }
            value = value << 4 | digit
            at += 1
        }
        return value
    }

    private static func hexDigit(_ byte: UInt8) -> UInt32? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(byte - UInt8(ascii: "0"))
        case UInt8(ascii: "a")...UInt8(ascii: "f"): UInt32(byte - UInt8(ascii: "a")) + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): UInt32(byte - UInt8(ascii: "A")) + 10
        default: nil
        }
    }
}
