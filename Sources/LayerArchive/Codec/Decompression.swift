import Glibc
package import OCISpec

/// What decompressing an archive found.
package struct Decompressed: Hashable, Sendable {
    /// How the source was compressed.
    package let compression: Compression
    /// SHA-256 of the stored bytes.
    package let digest: Digest
    /// How many bytes were stored.
    package let compressedBytes: Int64
    /// How many bytes were written.
    package let bytes: Int64
}

/// Writes all of `source`, decompressed, to `fd` from its current position; an uncompressed source is copied.
///
/// Holds the limits on size and ratio. When it throws, some first part has been written.
package func decompress(
    source: any ByteSource, limits: ScanLimits = ScanLimits(), into fd: Int32, progress: ((Int64) -> Void)? = nil
) throws(LayerArchiveError) -> Decompressed {
    try decompress(source: source, limits: limits, progress: progress) { bytes throws(LayerArchiveError) in
        try writeAll(bytes, to: fd)
    }
}

/// The same, handed to a sink.
func decompress(
    source: any ByteSource, limits: ScanLimits = ScanLimits(), progress: ((Int64) -> Void)? = nil,
    into sink: (UnsafeRawBufferPointer) throws(LayerArchiveError) -> Void
) throws(LayerArchiveError) -> Decompressed {
    let input = StoredInput(source: source, tap: nil, progress: progress)
    defer { input.stop() }
    let compression = try input.begin()
    let decoder = try compression.makeDecoder(limits)
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 4096)
    defer { buffer.deallocate() }
    var meter = OutputMeter(limits, compression)
    while true {
        let count = try decoder.fill(buffer, from: input)
        try meter.add(count, storedBytes: input.bytesRead)
        try sink(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
        if count < buffer.count { break }
    }
    try input.drain()
    input.stop()
    return Decompressed(
        compression: compression, digest: try input.finish().digest(), compressedBytes: input.bytesRead, bytes: meter.bytes)
}

private func writeAll(_ bytes: UnsafeRawBufferPointer, to fd: Int32) throws(LayerArchiveError) {
    var rest = bytes
    while !rest.isEmpty {
        let count = write(fd, rest.baseAddress, rest.count)
        if count < 0 {
            if errno == EINTR { continue }
            throw .write(errno: errno)
        }
        rest = UnsafeRawBufferPointer(rebasing: rest[count...])
    }
}
