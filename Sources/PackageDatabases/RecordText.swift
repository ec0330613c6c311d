/// The lines of a record, without their ends; `\r` before an end is dropped.
///
/// One at a time: a record may be nothing but ends of lines.
struct RecordLines: Sequence, IteratorProtocol {
    private let bytes: ArraySlice<UInt8>
    private var at: Int?

    init(_ bytes: [UInt8]) {
        self.bytes = bytes[...]
        at = 0
    }

    mutating func next() -> ArraySlice<UInt8>? {
        guard let start = at else { return nil }
        let end = bytes[start...].firstIndex(of: UInt8(ascii: "\n"))
        at = end.map { $0 + 1 }
        let line = bytes[start..<(end ?? bytes.endIndex)]
        return line.last == UInt8(ascii: "\r") ? line.dropLast() : line
    }
}

/// Helpers for the line formats that package managers write.
enum RecordText {
    /// `Key: value` with blanks around the value dropped; nil for a line that is none.
    static func field(_ line: ArraySlice<UInt8>) -> (key: String, value: String)? {
        guard let colon = line.firstIndex(of: UInt8(ascii: ":")), colon > line.startIndex,
            let first = line.first, !isBlank(first)
        else { return nil }
        return (text(trimmed(line[..<colon])), text(trimmed(line[(colon + 1)...])))
    }

    static func text(_ bytes: some Sequence<UInt8>) -> String { String(decoding: Array(bytes), as: UTF8.self) }

    static func trimmed(_ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        var bytes = bytes
        while let first = bytes.first, isBlank(first) { bytes.removeFirst() }
        while let last = bytes.last, isBlank(last) { bytes.removeLast() }
        return bytes
    }

    static func isBlank(_ byte: UInt8) -> Bool { byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") }

    /// Whether a text record ends where a line does, and has no byte that no text has.
    static func isWholeText(_ bytes: [UInt8]) -> Bool {
        (bytes.isEmpty || bytes.last == UInt8(ascii: "\n")) && !bytes.contains(0)
    }
}
