package import LayerArchive
package import OCISpec

/// What one pass over a layer's bytes found, its index as the catalog keeps it.
package struct ReadLayer: Sendable {
    /// SHA-256 of the stored bytes.
    package let digest: Digest
    /// Bytes of the blob, as read.
    package let compressedBytes: Int64
    /// How the bytes are compressed, told from the bytes.
    package let compression: Compression
    /// The diff ID and the totals.
    package let facts: LayerFacts
    /// The layer index, encoded; whoever needs it no longer may let it go.
    package var encodedIndex: [UInt8]

    /// What a scan found.
    package init(_ scan: LayerScan) {
        digest = scan.digest
        compressedBytes = scan.compressedBytes
        compression = scan.compression
        facts = LayerFacts(scan)
        encodedIndex = LayerIndexCodec.encode(scan.index)
    }
}
