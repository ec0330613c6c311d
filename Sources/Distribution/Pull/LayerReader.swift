import ContentStorage
import ImageStorage
import LayerArchive
import OCISpec

/// Reads and compresses layers that come from a registry or go to one; several threads may use one.
struct LayerReader: Sendable {
    let limits: ScanLimits
    /// Entries of the one layer that is read whose contents are to be kept, whatever they are called.
    var kept: Set<Int> = []

    /// Reads a layer whole and hands every stored byte, in order, to `tap`; blocks, and works on threads of its own.
    ///
    /// A failure of the stream or of the tap comes out as it went in.
    func read(
        _ stream: any ByteStream, of digest: Digest, tap: ((UnsafeRawBufferPointer) throws -> Void)? = nil
    ) throws(DistributionError) -> ReadLayer {
        ReadLayer(try scan(stream, of: digest, tap: tap))
    }

    /// The same, without what is kept of a layer; with `entries` its entries go there while it is read.
    func scan(
        _ stream: any ByteStream, of digest: Digest, entries: EntrySink? = nil,
        tap: ((UnsafeRawBufferPointer) throws -> Void)? = nil
    ) throws(DistributionError) -> LayerScan {
        let source = StreamSource(stream, name: digest.description)
        do {
            return try LayerScanner.scan(source: source, limits: limits, keeping: kept, entries: entries, tap: tap)
        } catch {
            throw source.failure ?? Self.failure(error, of: digest)
        }
    }

    /// Compresses a layer's tar with gzip, the same bytes every time, and hands them to `sink` in order.
    static func compress(
        _ stream: any ByteStream, of digest: Digest, into sink: (UnsafeRawBufferPointer) throws -> Void
    ) throws(DistributionError) {
        let source = StreamSource(stream, name: digest.description)
        do {
            // Several layers are on their way at a time.
            try GzipBlocks.encode(source, workers: 1, into: sink)
        } catch {
            throw source.failure ?? failure(error, of: digest)
        }
    }

    private static func failure(_ error: LayerArchiveError, of digest: Digest) -> DistributionError {
        guard case .tapFailed(let cause) = error else { return .badLayer(digest, error) }
        if let cause = cause as? DistributionError { return cause }
        if let cause = cause as? ContentError { return .content(cause) }
        return .unexpected(cause)
    }
}

/// A stream of a transfer as the layer scanner takes it; its own failure is kept, since the scanner knows none of its kind.
private final class StreamSource: ByteSource {
    private let stream: any ByteStream
    private let name: String
    private(set) var failure: DistributionError?

    init(_ stream: any ByteStream, name: String) {
        self.stream = stream
        self.name = name
    }

    func read(into buffer: UnsafeMutableRawBufferPointer) throws(LayerArchiveError) -> Int {
        do { return try stream.read(into: buffer) } catch {
            failure = error
            throw .io(name: name, errno: 5)
        }
    }
}
