/// Numbers of seven bits to a byte, the lowest first, the high bit set on all but the last.
struct VarintWriter {
    private(set) var bytes: [UInt8] = []

    mutating func write(_ value: UInt64) {
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

    /// Each run of equal numbers as the number and the run's length.
    mutating func writeRuns(_ values: some Sequence<UInt64>) {
        var current: UInt64 = 0
        var length: UInt64 = 0
        for value in values {
            if length > 0, value == current {
                length += 1
                continue
            }
            if length > 0 {
                write(current)
                write(length)
            }
            current = value
            length = 1
        }
        guard length > 0 else { return }
        write(current)
        write(length)
    }

    mutating func write(contentsOf other: some Sequence<UInt8>) { bytes.append(contentsOf: other) }

    /// `section` with its length before it.
    mutating func write(section: VarintWriter) {
        write(UInt64(section.bytes.count))
        bytes.append(contentsOf: section.bytes)
    }
}

/// Reads what `VarintWriter` wrote; every bound is checked, and a damaged number is thrown on.
///
/// Borrows its bytes.
struct VarintReader {
    private let bytes: UnsafeRawBufferPointer
    private var at = 0

    init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    /// The bytes not read yet.
    var remaining: Int { bytes.count - at }

    @inline(__always)
    mutating func read() throws(LayerIndexDecodeError) -> UInt64 {
        guard at < bytes.count else { throw .damaged }
        let first = bytes[at]
        at += 1
        return first < 0x80 ? UInt64(first) : try readLong(first)
    }

    private mutating func readLong(_ first: UInt8) throws(LayerIndexDecodeError) -> UInt64 {
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
    mutating func readSigned() throws(LayerIndexDecodeError) -> Int64 {
        let value = try read()
        return Int64(bitPattern: (value >> 1) ^ (0 &- (value & 1)))
    }

    /// A length, at most `limit`.
    @inline(__always)
    mutating func readCount(upTo limit: Int) throws(LayerIndexDecodeError) -> Int {
        let value = try read()
        guard value <= UInt64(limit) else { throw .damaged }
        return Int(value)
    }

    @inline(__always)
    mutating func readWord() throws(LayerIndexDecodeError) -> UInt64 {
        guard at + 8 <= bytes.count else { throw .damaged }
        defer { at += 8 }
        return UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: at, as: UInt64.self))
    }

    mutating func read(bytes count: Int) throws(LayerIndexDecodeError) -> UnsafeRawBufferPointer {
        guard count <= remaining else { throw .damaged }
        defer { at += count }
        return UnsafeRawBufferPointer(rebasing: bytes[at..<at + count])
    }

    /// A section of its own, which ends where it says.
    mutating func readSection() throws(LayerIndexDecodeError) -> VarintReader {
        VarintReader(try read(bytes: try readCount(upTo: remaining)))
    }

    /// Throws unless all is read.
    func end() throws(LayerIndexDecodeError) {
        if remaining > 0 { throw .damaged }
    }
}
