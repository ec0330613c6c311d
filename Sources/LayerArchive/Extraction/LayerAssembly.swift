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
    /// What its descriptor must say besides, such as the digest of its table of contents.
    package let annotations: [ExactText: String]
}

/// Makes a layer: a tar written by somebody, indexed and compressed while it is written.
///
/// ```
/// body ─► TarWriter ─► ring ─► LayerScanner (diff ID, index) ─► ring ─► gzip, zstd ─► SHA-256 ─► sink
/// ```
/// A table of contents is a part of the tar, or of the blob, and tells where the compressed bytes are: there the thread of the body also
/// hands out what is to be compressed, and the scan gets the tar alone.
///
/// Equal calls give equal bytes, however they arrive. Memory is the rings, whatever the size.
package enum LayerAssembly {
    /// Where the bytes of a blob go.
    package typealias Sink = @Sendable (UnsafeRawBufferPointer) throws -> Void

    /// Runs `body` on a thread of its own, which writes the entries and leaves the end to this one.
    ///
    /// `sink` gets the blob's bytes in order, one call at a time, on another thread. Of several faults the sink's own is thrown
    /// first, then the body's. Blocks the caller's thread, which must not be one of Swift's cooperative pool.
    package static func assemble(
        into sink: @escaping Sink, packing: LayerPacking = LayerPacking(.gzip), limits: ScanLimits = ScanLimits(),
        _ body: @escaping @Sendable (TarWriter) throws -> Void
    ) throws -> AssembledLayer {
        if let form = packing.table { return try assemble(form, packing, limits, into: sink, body) }
        return try assemble(packing, limits, into: sink) { tar in
            let writer = try TarWriter { try tar.write($0) }
            try body(writer)
            try writer.end()
        }
    }

    /// Packs the tar of a layer another way, which leaves its diff ID as it is.
    ///
    /// The digest is that of the stored bytes that were read.
    package static func repack(
        _ source: FileRangeSource, into sink: @escaping Sink, packing: LayerPacking, limits: ScanLimits = ScanLimits()
    ) throws -> (layer: AssembledLayer, stored: Digest) {
        let handed = Handed(source)
        let stored = Outcome<Digest>()
        let layer = try assemble(packing, limits, into: sink) { tar in
            let found = try decompress(source: handed.value, limits: limits) { bytes throws(LayerArchiveError) in
                do { try tar.write(bytes) } catch { throw .tapFailed(error) }
            }
            stored.catching { found.digest }
        }
        return (layer, try stored.value())
    }

    /// A tar that is scanned first, and packed as the scan is done with it.
    private static func assemble(
        _ packing: LayerPacking, _ limits: ScanLimits, into sink: @escaping Sink,
        _ body: @escaping @Sendable (RingSink) throws -> Void
    ) throws -> AssembledLayer {
        let (tar, packed) = (BufferRing(), BufferRing())
        let (writing, packer) = (Outcome<Void>(), Outcome<HashedSink>())
        guard let writerThread = PlainThread({ writing.catching { try write(body, to: tar) } }),
            let packerThread = PlainThread({ packer.catching { try pack(packed, packing, limits, into: sink) } })
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
        writerThread.join()
        packerThread.join()
        let blob = try packer.value()
        _ = try value(of: writing, read: scan)
        return AssembledLayer(scan: try scan.get(), digest: blob.digest, compressedBytes: blob.count, annotations: [:])
    }

    /// A tar that is packed entry by entry while it is written, and scanned beside that.
    private static func assemble(
        _ form: TableOfContents.Form, _ packing: LayerPacking, _ limits: ScanLimits, into sink: @escaping Sink,
        _ body: @escaping @Sendable (TarWriter) throws -> Void
    ) throws -> AssembledLayer {
        let tar = BufferRing()
        let writing = Outcome<(HashedSink, [ExactText: String])>()
        let thread = PlainThread {
            writing.catching {
                let scanned = RingSink(tar)
                defer { scanned.finish() }
                let blob = HashedSink(sink)
                let annotations = try TableAssembly.write(
                    form, packing, limits, tar: { try scanned.write($0) }, blob: blob.write, body)
                return (blob, annotations)
            }
        }
        guard let thread else { throw LayerArchiveError.outOfResources }
        let scan = Result { () throws -> LayerScan in try LayerScanner.scan(source: RingSource(tar), limits: limits) }
        tar.cancel()
        thread.join()
        let (blob, annotations) = try value(of: writing, read: scan)
        return AssembledLayer(
            scan: try scan.get(), digest: blob.digest, compressedBytes: blob.count, annotations: annotations)
    }

    /// What the writer left behind; where it only had nobody left to write to, the scan's fault is thrown.
    private static func value<Value>(of writing: Outcome<Value>, read scan: Result<LayerScan, any Error>) throws -> Value {
        do { return try writing.value() } catch {
            if case .failure(let cause) = scan, RingSink.isStop(error) { throw cause }
            throw error
        }
    }

    private static func write(_ body: (RingSink) throws -> Void, to ring: BufferRing) throws {
        let sink = RingSink(ring)
        defer { sink.finish() }
        try body(sink)
    }

    private static func pack(
        _ ring: BufferRing, _ packing: LayerPacking, _ limits: ScanLimits, into sink: @escaping Sink
    ) throws -> HashedSink {
        // The scan's tap must not wait for one who has failed.
        defer { ring.cancel() }
        let blob = HashedSink(sink)
        try packing.encode(RingSource(ring), limits: limits, into: blob.write)
        return blob
    }

    /// What goes to a sink, hashed and counted; used by one thread at a time.
    private final class HashedSink: @unchecked Sendable {
        private let sink: Sink
        private var hash = StreamHash()
        private(set) var count: Int64 = 0

        init(_ sink: @escaping Sink) { self.sink = sink }

        var digest: Digest { hash.digest() }

        func write(_ bytes: UnsafeRawBufferPointer) throws {
            hash.update(bytes)
            count += Int64(bytes.count)
            try sink(bytes)
        }
    }

    /// What another thread has to itself while this one waits.
    private struct Handed<Value>: @unchecked Sendable {
        let value: Value
        init(_ value: Value) { self.value = value }
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

    /// Whether this says only that nobody reads any more.
    static func isStop(_ error: any Error) -> Bool {
        if case LayerArchiveError.tapFailed(let cause) = error { return isStop(cause) }
        return error is Stopped
    }

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
