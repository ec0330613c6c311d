// https://www.rfc-editor.org/rfc/rfc9110#name-message-abstraction

/// The status and the headers of an answer.
package struct AnswerHead: Sendable {
    /// Three digits.
    package var status: Int
    /// Names as they came, and values without the white space around them.
    var headers: [(name: String, value: String)] = []
    /// Whether one connection carries many requests at a time: HTTP/2.
    package var isMultiplexed = false

    /// The first value of a header, whatever the case of its name; nil for none.
    package func first(_ name: String) -> String? { headers.first { Self.isSame($0.name, name) }?.value }

    /// All values of a header.
    package func all(_ name: String) -> [String] { headers.filter { Self.isSame($0.name, name) }.map(\.value) }

    private static func isSame(_ left: String, _ right: String) -> Bool {
        left.utf8.count == right.utf8.count && left.lowercased() == right.lowercased()
    }
}

/// Puts a head together from its lines; heads of interim answers (1xx) are dropped.
package struct HeadReader {
    private var head: AnswerHead?
    private var byteCount = 0
    /// More than any server needs.
    private static let maxBytes = 256 << 10

    /// A reader before the first line.
    package init() {}

    /// What a line makes of the head.
    package enum Step {
        /// It goes on.
        case more
        /// It has ended.
        case complete(AnswerHead)
        /// No head, or one without an end.
        case bad
    }

    /// Takes a line with its end.
    package mutating func take(_ line: UnsafeRawBufferPointer) -> Step {
        byteCount += line.count
        guard byteCount <= Self.maxBytes else { return .bad }
        let text = Self.trimmed(line)
        if text.starts(with: "HTTP/".utf8) {
            let words = text.split(separator: UInt8(ascii: " "), maxSplits: 2)
            guard words.count >= 2, let status = Int(Self.string(words[1])) else { return .bad }
            head = AnswerHead(status: status, isMultiplexed: words[0].elementsEqual("HTTP/2".utf8))
            return .more
        }
        guard var head else { return .bad }
        if text.isEmpty {
            self.head = nil
            return head.status < 200 ? .more : .complete(head)
        }
        if let colon = text.firstIndex(of: UInt8(ascii: ":")) {
            let value = Self.trimmed(UnsafeRawBufferPointer(rebasing: text[(colon + 1)...]))
            head.headers.append((Self.string(text[..<colon]), Self.string(value)))
            self.head = head
        }
        return .more
    }

    private static func trimmed(_ bytes: UnsafeRawBufferPointer) -> Slice<UnsafeRawBufferPointer> {
        var rest = bytes[...]
        while let last = rest.last, " \t\r\n".utf8.contains(last) { rest.removeLast() }
        while let first = rest.first, " \t".utf8.contains(first) { rest.removeFirst() }
        return rest
    }

    /// The text of a header; of one that is not UTF-8 the bytes beyond ASCII are escaped as addresses have them, so that a
    /// `Location` means what the server meant.
    private static func string(_ bytes: some Collection<UInt8>) -> String {
        if let text = String(validating: bytes, as: UTF8.self) { return text }
        return bytes.reduce(into: "") { text, byte in
            if byte < 0x80 {
                text.unicodeScalars.append(Unicode.Scalar(byte))
            } else {
                text += "%" + String(byte, radix: 16, uppercase: true)
            }
        }
    }
}
