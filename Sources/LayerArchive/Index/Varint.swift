/// Numbers of seven bits to a byte, the lowest first, the high bit set on all but the last.
package struct VarintWriter {
    /// What was written so far.
    package private(set) var bytes: [UInt8] = []

    /// A writer that has written nothing.
    package init() {}

    /// Adds a number.
    package mutating func write(_ value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }

    /// Small numbers of either sign become small numbers.
    mutating func writeSigned(_ value: Int64) {
        write(UInt64(bitPattern: (value << 1) ^ (value >> 63)))
    }

    /// Adds bytes as they are; their number has to be told apart.
    package mutating func write(contentsOf other: some Sequence<UInt8>) { bytes.append(contentsOf: other) }

    /// `section` with its length before it.
    mutating func write(section: VarintWriter) {
        write(UInt64(section.bytes.count))
        bytes.append(contentsOf: section.bytes)
    }
}

/// Reads what `VarintWriter` wrote; every bound is checked, and a damaged number is thrown on.
///
/// Borrows its bytes.
package struct VarintReader {
    private let bytes: UnsafeRawBufferPointer
    private var at = 0

    /// A reader of `bytes` from their start.
    package init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    /// How many bytes are not read yet.
    package var remaining: Int { bytes.count - at }

    /// The next number.
    @inline(__always)
    package mutating func read() throws(RecordDecodeError) -> UInt64 {
        guard at < bytes.count else { throw .damaged }
        let first = bytes[at]
        at += 1
        return first < 0x80 ? UInt64(first) : try readLong(first)
    }

    private mutating func readLong(_ first: UInt8) throws(RecordDecodeError) -> UInt64 {
        var value = UInt64(first & 0x7F)
        var shift: UInt64 = 7
        while at < bytes.count, shift < 64 {
            let byte = bytes[at]
            at += 1
            // The tenth byte has room for one bit.
            if shift == 63, byte > 1 { break }
            value |= UInt64(byte & 0x7F) << shift
            if byte < 0x80 { return value }
            shift += 7
        }
        throw .damaged
    }

    @inline(__always)
    mutating func readSigned() throws(RecordDecodeError) -> Int64 {
        let value = try read()
        return Int64(bitPattern: (value >> 1) ^ (0 &- (value & 1)))
    }

    /// A length, at most `limit`.
    @inline(__always)
    package mutating func readCount(upTo limit: Int) throws(RecordDecodeError) -> Int {
        let value = try read()
        guard value <= UInt64(limit) else { throw .damaged }
        return Int(value)
    }

    @inline(__always)
    mutating func readWord() throws(RecordDecodeError) -> UInt64 {
        guard at + 8 <= bytes.count else { throw .damaged }
        defer { at += 8 }
        return UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: at, as: UInt64.self))
    }

    /// The next `count` bytes.
    package mutating func read(bytes count: Int) throws(RecordDecodeError) -> UnsafeRawBufferPointer {
        guard count <= remaining else { throw .damaged }
        defer { at += count }
        return UnsafeRawBufferPointer(rebasing: bytes[at..<at + count])
    }

    /// A section of its own, which ends where it says.
    mutating func readSection() throws(RecordDecodeError) -> VarintReader {
        VarintReader(try read(bytes: try readCount(upTo: remaining)))
    }

    /// Throws unless all is read.
    package func end() throws(RecordDecodeError) {
        if remaining > 0 { throw .damaged }
    }
}
