package import OCISpec

/// Something odd that libarchive remarked on an entry and read all the same.
package struct LayerWarning: Hashable, Sendable {
    /// The entry's place among all entries of the tar.
    package let entryIndex: Int
    /// The entry's name as written.
    package let path: [UInt8]
    /// libarchive's words.
    package let detail: String
}

/// What one pass over a layer finds out.
package struct LayerScan: Sendable {
    /// SHA-256 of the decompressed stream, what follows the end-of-archive blocks included.
    package let diffID: Digest
    /// SHA-256 of the stored bytes; equal to `diffID` for an uncompressed layer.
    package let digest: Digest
    /// How many bytes are stored.
    package let compressedBytes: Int64
    /// How many bytes the decompressed stream has.
    package let tarBytes: Int64
    /// Told from the bytes, whatever a media type says.
    package let compression: Compression
    /// Every entry.
    package let index: LayerIndex
    /// The first hundred warnings.
    package let warnings: [LayerWarning]
}
