package import ContentStorage
package import ImageStorage
package import OCISpec

/// What one layer's bytes say of themselves.
package struct LayerReading: Sendable {
    /// SHA-256 of the stored bytes.
    package var digest: Digest
    /// Bytes of the blob, as read.
    package var compressedBytes: Int64
    /// How the bytes are compressed, told from the bytes.
    package var compression: String
    /// The diff ID and the totals.
    package var facts: LayerFacts
    /// The layer index as the catalog keeps it; opaque here.
    package var encodedIndex: [UInt8]

    /// A reading from its parts.
    package init(digest: Digest, compressedBytes: Int64, compression: String, facts: LayerFacts, encodedIndex: [UInt8]) {
        self.digest = digest
        self.compressedBytes = compressedBytes
        self.compression = compression
        self.facts = facts
        self.encodedIndex = encodedIndex
    }
}

/// A layer that cannot be read, in words.
package struct LayerReadingError: Error, Hashable, Sendable {
    /// What is wrong, for a finding's line.
    package var detail: String

    /// An error of these words.
    package init(detail: String) { self.detail = detail }
}

/// What a check needs of those who can read a tar: this module knows no layer's inside.
package protocol CheckTools: Sendable {
    /// Reads a layer whole; called on several threads. `progress` gets the bytes of each step.
    func readLayer(
        _ blob: OpenedBlob, _ digest: Digest, progress: @escaping @Sendable (Int64) -> Void
    ) throws(LayerReadingError) -> LayerReading
    /// The totals of an encoded layer index; nil for one that does not decode.
    func totals(ofIndex encoded: [UInt8]) -> (entryCount: Int, contentBytes: Int64)?
    /// Whether two encoded indexes are the same index.
    func isSameIndex(_ left: [UInt8], _ right: [UInt8]) -> Bool
    /// Runs `body(0)` … `body(count - 1)` on several threads, and returns when all is done.
    func concurrently(count: Int, _ body: @escaping @Sendable (Int) -> Void)
}

/// What a check tells while it runs; sent from several threads.
package enum CheckEvent: Sendable {
    /// Blobs are about to be read: this many bytes in all.
    case began(totalBytes: Int64)
    /// So many bytes more were read.
    case advanced(bytes: Int64)
}
