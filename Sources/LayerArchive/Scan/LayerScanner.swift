import OCISpec
import StorageIO

/// Reads a layer once: hashes what is stored, decompresses, hashes the tar and makes its index.
///
/// ```
/// source ─► inflate ─► ring ─► SHA-256 (diff ID) ─► libarchive ─► XXH3-128 ─► index     the caller's thread │ a second
///   └─► ring ─► SHA-256 (stored) ─► tap                                                 a third
/// ```
/// An uncompressed layer is hashed once, on the caller's thread. Memory is the rings (5 MiB) and the index, whatever
/// the size; with a sink for the entries, which then are in no index, the rings alone.
package enum LayerScanner {
    /// Scans all of `source`.
    ///
    /// The caller's thread blocks and works, so it must not be one of Swift's cooperative pool. `tap` gets every stored
    /// byte, in order, one call at a time, on a thread of the scan's choice; all calls are over when the scan is. When it
    /// throws, the tap has seen some first part of the bytes. `progress` gets the number of bytes read so far, on the
    /// caller's thread. Of several faults the one that stands first in the stream is thrown. The contents of the entries
    /// `kept` stay with the index, beside those that their names give away as a package manager's. With `entries` the index is handed
    /// over piece by piece, on another thread, and what is returned has none; nothing is kept of contents then.
    package static func scan(
        source: any ByteSource, limits: ScanLimits = ScanLimits(), keeping kept: Set<Int> = [],
        entries: EntrySink? = nil, tap: ((UnsafeRawBufferPointer) throws -> Void)? = nil,
        progress: ((Int64) -> Void)? = nil
    ) throws(LayerArchiveError) -> LayerScan {
        let input = StoredInput(source: source, tap: tap, progress: progress)
        defer { input.stop() }
        let compression = try input.begin()
        let decoder = try compression.makeDecoder(limits)
        let ring = BufferRing()
        let outcome = Outcome()
        let isHashing = compression != .none
        guard let thread = PlainThread({ consume(ring, isHashing: isHashing, limits: limits, keeping: kept, entries, outcome) })
        else {
            throw .outOfResources
        }
        var produced: Result<Int64, LayerArchiveError>
        do {
            produced = .success(try produce(ring, from: input, through: decoder, compression, limits))
        } catch {
            produced = .failure(error)
        }
        ring.close()
        thread.join()

        input.stop()

        let (index, warnings, tarHash) = try combine(produced, outcome)
        let digest = try input.finish().digest()
        return LayerScan(
            diffID: tarHash?.digest() ?? digest, digest: digest, compressedBytes: input.bytesRead,
            tarBytes: try produced.get(), compression: compression, index: index, warnings: warnings)
    }

    /// Fills the ring to the stream's end; returns the number of decompressed bytes.
    private static func produce(
        _ ring: BufferRing, from input: StoredInput, through decoder: any StreamDecoder, _ compression: Compression,
        _ limits: ScanLimits
    ) throws(LayerArchiveError) -> Int64 {
        var meter = OutputMeter(limits, compression)
        while let buffer = ring.acquire() {
            let count = try decoder.fill(buffer, from: input)
            if count > 0 { ring.publish(count) }
            try meter.add(count, storedBytes: input.bytesRead)
            if count < buffer.count { break }
        }
        try input.drain()
        return meter.bytes
    }

    /// The scan's second thread.
    private static func consume(
        _ ring: BufferRing, isHashing: Bool, limits: ScanLimits, keeping kept: Set<Int>, _ entries: EntrySink?,
        _ outcome: Outcome
    ) {
        let input = RingInput(ring, isHashing: isHashing, maxHeaderBytes: limits.maxHeaderBytes)
        do throws(LayerArchiveError) {
            var indexer = LayerIndexer(
                input, try TarReader(input), try ContentHasher(), limits: limits, keeping: kept, sink: entries)
            let index = try withRawNames { () throws(LayerArchiveError) in try indexer.run() }
            // libarchive stops at the end-of-archive blocks; a diff ID does not.
            input.drain()
            outcome.result = .success((index, indexer.warnings, input.hash))
        } catch {
            outcome.result = .failure(error)
            ring.cancel()
        }
    }

    /// The index, or the error that stands first: the reader's, unless it only missed what the filler could not give.
    private static func combine(
        _ produced: Result<Int64, LayerArchiveError>, _ outcome: Outcome
    ) throws(LayerArchiveError) -> Outcome.Value {
        switch (produced, outcome.result) {
        case (.failure(let error), .success), (.failure(let error), .failure(.tarTruncated)), (.failure(let error), nil):
            throw error
        case (_, .failure(let error)): throw error
        case (.success, .success(let value)): return value
        case (.success, nil): throw .outOfResources
        }
    }

    /// What the second thread leaves behind: written there, read after it was joined.
    private final class Outcome: @unchecked Sendable {
        typealias Value = (index: LayerIndex, warnings: [LayerWarning], hash: StreamHash?)
        var result: Result<Value, LayerArchiveError>?
    }
}

/// Counts decompressed bytes against the limits.
struct OutputMeter {
    private(set) var bytes: Int64 = 0
    private let limits: ScanLimits
    /// nil for what is not compressed, which has no ratio.
    private let ratioFloor: Int64?

    init(_ limits: ScanLimits, _ compression: Compression) {
        self.limits = limits
        ratioFloor = compression == .none ? nil : limits.ratioFloor(compression)
    }

    /// `count` bytes more, made from `storedBytes` in all.
    mutating func add(_ count: Int, storedBytes: Int64) throws(LayerArchiveError) {
        bytes += Int64(count)
        if bytes > limits.maxTarBytes { throw .limitExceeded(.tarBytes, limit: limits.maxTarBytes, nil) }
        guard let ratioFloor, bytes > ratioFloor else { return }
        if bytes / max(1, storedBytes) > limits.maxRatio { throw .limitExceeded(.ratio, limit: limits.maxRatio, nil) }
    }
}
