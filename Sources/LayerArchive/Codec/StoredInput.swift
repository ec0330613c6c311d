import OCISpec
import StorageIO

/// The stored bytes of a layer on their way in: each is read once, then hashed and handed to the tap.
///
/// Used by one thread. A compressed stream's bytes are hashed on a thread of their own, beside the decoder, which is
/// the slowest of all; a plain stream's are hashed as they come, since nothing else keeps its reader busy.
/// Whoever makes an input must `stop` it.
final class StoredInput {
    private let source: any ByteSource
    private let progress: ((Int64) -> Void)?
    private let sink: StoredSink
    private let ring: BufferRing
    private var thread: PlainThread?
    /// The slot that holds the chunk; its bytes are read by the sink's thread too, and written by none.
    private var slot = UnsafeMutableRawBufferPointer(start: nil, count: 0)
    private var bounds = 0..<0
    /// Bytes read so far.
    private(set) var bytesRead: Int64 = 0

    init(
        source: any ByteSource, tap: ((UnsafeRawBufferPointer) throws -> Void)?, progress: ((Int64) -> Void)?
    ) {
        self.source = source
        self.progress = progress
        sink = StoredSink(tap)
        ring = BufferRing(slotCount: 4, slotBytes: 256 << 10)
    }

    /// The compression, told from the first bytes, which stay in the chunk.
    func begin() throws(LayerArchiveError) -> Compression {
        try nextSlot()
        var count = 0
        while count < Compression.prefixLength {
            let more = try read(into: UnsafeMutableRawBufferPointer(rebasing: slot[count...]))
            if more == 0 { break }
            count += more
        }
        bounds = 0..<count
        let compression = Compression.detect(prefix: chunk)
        if compression != .none {
            thread = PlainThread { [sink, ring] in sink.run(ring) }
        }
        try deliver(count)
        return compression
    }

    /// The bytes read and not used yet; valid until the next `refill`.
    var chunk: UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: slot[bounds]) }

    /// Marks the chunk's first `count` bytes as used.
    func use(_ count: Int) {
        bounds = bounds.lowerBound + count..<bounds.upperBound
    }

    /// Reads the next chunk once the last is used up; false at the end.
    func refill() throws(LayerArchiveError) -> Bool {
        if !bounds.isEmpty { return true }
        try nextSlot()
        bounds = 0..<(try read(into: slot))
        try deliver(bounds.count)
        return !bounds.isEmpty
    }

    /// Fills `target` from the chunk and then from the source itself, so that plain bytes are not copied.
    ///
    /// Returns how many bytes there were, fewer than asked for only at the end.
    func fill(_ target: UnsafeMutableRawBufferPointer) throws(LayerArchiveError) -> Int {
        var filled = min(bounds.count, target.count)
        target.copyMemory(from: UnsafeRawBufferPointer(rebasing: chunk[..<filled]))
        use(filled)
        while filled < target.count {
            let rest = UnsafeMutableRawBufferPointer(rebasing: target[filled...])
            let count = try read(into: rest)
            if count == 0 { break }
            try sink.add(UnsafeRawBufferPointer(rebasing: rest[..<count]))
            filled += count
        }
        return filled
    }

    /// Reads what is left, for its hash.
    func drain() throws(LayerArchiveError) {
        while try refill() { use(bounds.count) }
    }

    /// Waits until all bytes read are hashed and the tap has seen them.
    func stop() {
        ring.close()
        if let thread = thread.take() { thread.join() }
    }

    /// The hash of all bytes, once stopped; throws what the tap threw.
    func finish() throws(LayerArchiveError) -> StreamHash {
        if let failure = sink.failure { throw failure }
        return sink.hash
    }

    private func nextSlot() throws(LayerArchiveError) {
        if let slot = ring.acquire() {
            self.slot = slot
        } else if let failure = sink.failure {
            throw failure
        }
    }

    private func deliver(_ count: Int) throws(LayerArchiveError) {
        if count == 0 { return }
        if thread == nil {
            try sink.add(UnsafeRawBufferPointer(rebasing: slot[..<count]))
        } else {
            ring.publish(count)
        }
    }

    private func read(into target: UnsafeMutableRawBufferPointer) throws(LayerArchiveError) -> Int {
        let count = try source.read(into: target)
        bytesRead += Int64(count)
        if count > 0 { progress?(bytesRead) }
        return count
    }
}

/// Where stored bytes are hashed and tapped: one thread's at a time, first to last.
private final class StoredSink: @unchecked Sendable {
    private let tap: ((UnsafeRawBufferPointer) throws -> Void)?
    private(set) var hash = StreamHash()
    /// What the tap threw: written before the ring is cancelled, read after that or after the thread's end.
    private(set) var failure: LayerArchiveError?

    init(_ tap: ((UnsafeRawBufferPointer) throws -> Void)?) { self.tap = tap }

    /// The next bytes.
    func add(_ bytes: UnsafeRawBufferPointer) throws(LayerArchiveError) {
        hash.update(bytes)
        guard let tap else { return }
        do { try tap(bytes) } catch { throw .tapFailed(error) }
    }

    /// All that comes through `ring`; a failure of the tap ends it for the filler too.
    func run(_ ring: BufferRing) {
        do {
            while let bytes = ring.take() { try add(bytes) }
        } catch {
            failure = error
            ring.cancel()
        }
    }
}
