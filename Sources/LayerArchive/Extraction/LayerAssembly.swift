package import OCISpec
import StorageIO

/// A layer that was made here: what a scan of it finds, and the blob that it became.
package struct AssembledLayer: Sendable {
    /// The diff ID, the index and the tar's bytes, by the same reader that reads every layer.
    package let scan: LayerScan
    /// SHA-256 of the compressed bytes.
    package let digest: Digest
    /// How many compressed bytes there are.
    package let compressedBytes: Int64
}

/// Makes a layer: a tar written by somebody, indexed and compressed with gzip while it is written.
///
/// ```
/// body ─► TarWriter ─► ring ─► LayerScanner (diff ID, index) ─► ring ─► gzip ─► SHA-256 ─► sink
/// ```
/// Equal calls give equal bytes, however they arrive. Memory is the rings, whatever the size.
package enum LayerAssembly {
    /// Runs `body` on a thread of its own, which writes the entries and leaves the end to this one.
    ///
    /// `sink` gets the blob's bytes in order, one call at a time, on another thread. Of several faults the sink's own is thrown
    /// first, then the body's. Blocks the caller's thread, which must not be one of Swift's cooperative pool.
    package static func assemble(
        into sink: @escaping @Sendable (UnsafeRawBufferPointer) throws -> Void, compression: LayerCompression = .gzip,
        limits: ScanLimits = ScanLimits(),
        _ body: @escaping @Sendable (TarWriter) throws -> Void
    ) throws -> AssembledLayer {
        let (tar, packed) = (BufferRing(), BufferRing())
        let (writing, packing) = (Outcome<Void>(), Outcome<(StreamHash, Int64)>())
        guard let writer = PlainThread({ writing.catching { try write(body, to: tar) } }),
            let packer = PlainThread({ packing.catching { try compress(packed, compression, limits, into: sink) } })
        else {
            tar.cancel()
            throw LayerArchiveError.outOfResources
        }
        let target = RingSink(packed)
        let scan = Result { () throws -> LayerScan in
            try LayerScanner.scan(source: RingSource(tar), limits: limits, tap: { try target.write($0) })
        }
        // Whoever still waits for the other is let go.
        tar.cancel()
        target.finish()
        writer.join()
        packer.join()
        let (hash, bytes) = try packing.value()
        try writing.value()
        return AssembledLayer(scan: try scan.get(), digest: hash.digest(), compressedBytes: bytes)
    }

    private static func write(_ body: (TarWriter) throws -> Void, to ring: BufferRing) throws {
        let sink = RingSink(ring)
        defer { sink.finish() }
        let writer = try TarWriter { try sink.write($0) }
        try body(writer)
        try writer.end()
    }

    private static func compress(
        _ ring: BufferRing, _ compression: LayerCompression, _ limits: ScanLimits,
        into sink: (UnsafeRawBufferPointer) throws -> Void
    ) throws -> (StreamHash, Int64) {
        // The scan's tap must not wait for one who has failed.
        defer { ring.cancel() }
        var hash = StreamHash()
        var count: Int64 = 0
        try compression.encode(RingSource(ring), limits: limits) { bytes in
            hash.update(bytes)
            count += Int64(bytes.count)
            try sink(bytes)
        }
        return (hash, count)
    }

    /// What a thread leaves behind: written there, read after it was joined.
    private final class Outcome<Value>: @unchecked Sendable {
        private var result: Result<Value, any Error>?

        func catching(_ body: () throws -> Value) { result = Result(catching: body) }

        func value() throws -> Value {
            guard let result else { throw LayerArchiveError.outOfResources }
            return try result.get()
        }
    }
}

/// Fills a ring with bytes that come in pieces; used by one thread at a time.
private final class RingSink {
    private struct Stopped: Error {}

    private let ring: BufferRing
    private var slot: UnsafeMutableRawBufferPointer?
    private var used = 0

    init(_ ring: BufferRing) { self.ring = ring }

    func write(_ bytes: UnsafeRawBufferPointer) throws {
        var rest = bytes[...]
        while !rest.isEmpty {
            if slot == nil {
                slot = ring.acquire()
                used = 0
            }
            guard let slot else { throw Stopped() }
            let count = min(rest.count, slot.count - used)
            UnsafeMutableRawBufferPointer(rebasing: slot[used...]).copyMemory(
                from: UnsafeRawBufferPointer(rebasing: rest.prefix(count)))
            used += count
            rest = rest.dropFirst(count)
            if used == slot.count { flush() }
        }
    }

    /// Hands over what is left, and says that this is all.
    func finish() {
        if slot != nil, used > 0 { flush() }
        ring.close()
    }

    private func flush() {
        ring.publish(used)
        slot = nil
    }
}

/// Reads a ring as a stream.
private final class RingSource: ByteSource {
    private let ring: BufferRing
    private var rest = UnsafeRawBufferPointer(start: nil, count: 0)[...]

    init(_ ring: BufferRing) { self.ring = ring }

    func read(into buffer: UnsafeMutableRawBufferPointer) throws(LayerArchiveError) -> Int {
        if rest.isEmpty {
            guard let next = ring.take() else { return 0 }
            rest = next[...]
        }
        let count = min(rest.count, buffer.count)
        buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: rest.prefix(count)))
        rest = rest.dropFirst(count)
        return count
    }
}
