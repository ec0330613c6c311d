package import ImageStorage
package import OCISpec

/// Bytes in order, used by one thread at a time.
package protocol ByteStream: AnyObject {
    /// Reads up to `buffer.count` bytes, at least one unless the end is reached; returns how many, 0 at the end.
    func read(into buffer: UnsafeMutableRawBufferPointer) throws(DistributionError) -> Int
}

/// What one pass over a layer's bytes found.
package struct ReadLayer: Sendable {
    /// SHA-256 of the stored bytes.
    package var digest: Digest
    /// Bytes of the blob, as they came.
    package var compressedBytes: Int64
    /// The diff ID and the totals.
    package var facts: LayerFacts
    /// The layer index as the catalog keeps it; opaque here.
    package var encodedIndex: [UInt8]
    /// Keeps in the catalog that the blob is this layer, and in what compression.
    package var record: @Sendable (Catalog) -> Void

    /// A reading from its parts.
    package init(
        digest: Digest, compressedBytes: Int64, facts: LayerFacts, encodedIndex: [UInt8],
        record: @escaping @Sendable (Catalog) -> Void
    ) {
        self.digest = digest
        self.compressedBytes = compressedBytes
        self.facts = facts
        self.encodedIndex = encodedIndex
        self.record = record
    }
}

/// Why a layer's bytes could not be read as one; the value is the layer reader's own.
package struct LayerFault: Error, Sendable {
    /// An error of the caller's own, given back to it as it is.
    package var cause: any Error

    /// A fault with its cause.
    package init(_ cause: any Error) { self.cause = cause }
}

/// What a pull or a push needs of those who know a layer's inside: this module reads no tar.
package protocol TransferTools: Sendable {
    /// Reads a layer whole and hands every stored byte, in order, to `tap`; blocks, and works on threads of its own.
    ///
    /// A failure of the stream or of the tap comes out as it went in.
    func readLayer(
        _ stream: any ByteStream, of digest: Digest, tap: ((UnsafeRawBufferPointer) throws -> Void)?
    ) throws(DistributionError) -> ReadLayer
    /// Compresses a layer's tar with gzip, the same bytes every time, and hands them to `sink` in order.
    func compress(
        _ stream: any ByteStream, of digest: Digest, into sink: (UnsafeRawBufferPointer) throws -> Void
    ) throws(DistributionError)
    /// Keeps in the catalog that such a gzip blob is the layer of that diff ID.
    func recordGzip(_ digest: Digest, bytes: Int64, diffID: Digest, in catalog: Catalog)
    /// Whether bytes that begin so are a tar without any compression.
    func isUncompressed(prefix: [UInt8]) -> Bool
    /// Whether a blob that the catalog knows is compressed with gzip.
    func isGzip(_ blob: LayerBlob) -> Bool
    /// Runs `body(0)` … `body(count - 1)` on as many threads, and returns when all is done.
    func onThreads(count: Int, _ body: @escaping @Sendable (Int) -> Void)
}
