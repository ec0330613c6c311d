/// The stored bytes of a layer on their way in: each is hashed, handed to the tap and counted once, when it is read.
///
/// A value of one thread. `chunk` is what was read and not used yet; it is valid until the next `refill`.
final class StoredInput {
    private let source: any ByteSource
    private let tap: ((UnsafeRawBufferPointer) throws -> Void)?
    private let progress: ((Int64) -> Void)?
    private let buffer: UnsafeMutableRawBufferPointer
    private var hash = StreamHash()
    private var bounds = 0..<0
    /// Bytes read so far.
    private(set) var bytesRead: Int64 = 0

    init(
        source: any ByteSource, tap: ((UnsafeRawBufferPointer) throws -> Void)?, progress: ((Int64) -> Void)?,
        capacity: Int = 256 << 10
    ) {
        self.source = source
        self.tap = tap
        self.progress = progress
        buffer = .allocate(byteCount: capacity, alignment: 4096)
    }

    deinit { buffer.deallocate() }

    /// The bytes read and not used yet.
    var chunk: UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: buffer[bounds]) }

    /// Marks the chunk's first `count` bytes as used.
    func use(_ count: Int) {
        bounds = bounds.lowerBound + count..<bounds.upperBound
    }

    /// Reads the next chunk once the last is used up; false at the end.
    func refill() throws(LayerArchiveError) -> Bool {
        if !bounds.isEmpty { return true }
        bounds = 0..<(try read(into: buffer))
        return !bounds.isEmpty
    }

    /// The stream's first bytes, as many as a magic needs, left in the chunk.
    func prefix() throws(LayerArchiveError) -> UnsafeRawBufferPointer {
        while bounds.upperBound < Compression.prefixLength {
            let count = try read(into: UnsafeMutableRawBufferPointer(rebasing: buffer[bounds.upperBound...]))
            if count == 0 { break }
            bounds = 0..<bounds.upperBound + count
        }
        return chunk
    }

    /// Fills `target` from the chunk and then from the source itself, so that plain bytes are copied once; returns
    /// how many bytes there were, fewer than asked for only at the end.
    func fill(_ target: UnsafeMutableRawBufferPointer) throws(LayerArchiveError) -> Int {
        var filled = min(bounds.count, target.count)
        target.copyMemory(from: UnsafeRawBufferPointer(rebasing: chunk[..<filled]))
        use(filled)
        while filled < target.count {
            let count = try read(into: UnsafeMutableRawBufferPointer(rebasing: target[filled...]))
            if count == 0 { break }
            filled += count
        }
        return filled
    }

    /// Reads what is left, for its hash.
    func drain() throws(LayerArchiveError) {
        while try refill() { use(bounds.count) }
    }

    /// The hash of all bytes read.
    func finish() -> StreamHash { hash }

    private func read(into target: UnsafeMutableRawBufferPointer) throws(LayerArchiveError) -> Int {
        let count = try source.read(into: target)
        if count == 0 { return 0 }
        let bytes = UnsafeRawBufferPointer(rebasing: target[..<count])
        hash.update(bytes)
        bytesRead += Int64(count)
        if let tap {
            do { try tap(bytes) } catch { throw .tapFailed(error) }
        }
        progress?(bytesRead)
        return count
    }
}
