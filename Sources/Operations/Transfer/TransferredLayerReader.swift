import ContentStorage
import Distribution
import ImageStorage
import LayerArchive
import OCISpec

/// Reads and compresses layers for a pull or a push.
struct TransferredLayerReader: TransferTools {
    let limits: ScanLimits
    /// Entries of the one layer that is read whose contents are to be kept, whatever they are called.
    var kept: Set<Int> = []

    func readLayer(
        _ stream: any ByteStream, of digest: Digest, tap: ((UnsafeRawBufferPointer) throws -> Void)?
    ) throws(DistributionError) -> ReadLayer {
        let source = StreamSource(stream, name: digest.description)
        do throws(LayerArchiveError) {
            let scan = try LayerScanner.scan(source: source, limits: limits, keeping: kept, tap: tap)
            let facts = LayerFacts(scan)
            let encoded = LayerIndexCodec.encode(scan.index)
            return ReadLayer(
                digest: scan.digest, compressedBytes: scan.compressedBytes, facts: facts, encodedIndex: encoded,
                record: { catalog in
                    catalog.record(facts, encodedIndex: encoded)
                    catalog.recordBlob(
                        scan.digest, compressedBytes: scan.compressedBytes, diffID: scan.diffID,
                        compression: scan.compression)
                })
        } catch {
            throw source.failure ?? Self.failure(error, of: digest)
        }
    }

    func compress(
        _ stream: any ByteStream, of digest: Digest, into sink: (UnsafeRawBufferPointer) throws -> Void
    ) throws(DistributionError) {
        let source = StreamSource(stream, name: digest.description)
        do throws(LayerArchiveError) {
            try GzipEncoder.encode(source, into: sink)
        } catch {
            throw source.failure ?? Self.failure(error, of: digest)
        }
    }

    func recordGzip(_ digest: Digest, bytes: Int64, diffID: Digest, in catalog: Catalog) {
        catalog.recordBlob(digest, compressedBytes: bytes, diffID: diffID, compression: .gzip)
    }

    func isUncompressed(prefix: [UInt8]) -> Bool { Compression.detect(prefix: prefix) == .none }

    func isGzip(_ blob: LayerBlob) -> Bool { blob.compression == .gzip }

    func onThreads(count: Int, _ body: @escaping @Sendable (Int) -> Void) {
        Threads.each(count: count, workers: count, body)
    }

    private static func failure(_ error: LayerArchiveError, of digest: Digest) -> DistributionError {
        guard case .tapFailed(let cause) = error else { return .badLayer(digest, LayerFault(error)) }
        if let cause = cause as? DistributionError { return cause }
        if let cause = cause as? ContentError { return .content(cause) }
        return .unexpected(cause)
    }
}

/// A stream of a transfer as the layer reader takes it; its own failure is kept, since the reader knows none of its kind.
private final class StreamSource: ByteSource {
    private let stream: any ByteStream
    private let name: String
    private(set) var failure: DistributionError?

    init(_ stream: any ByteStream, name: String) {
        self.stream = stream
        self.name = name
    }

    func read(into buffer: UnsafeMutableRawBufferPointer) throws(LayerArchiveError) -> Int {
        do throws(DistributionError) { return try stream.read(into: buffer) } catch {
            failure = error
            throw .io(name: name, errno: 5)
        }
    }
}
