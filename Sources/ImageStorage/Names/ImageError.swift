package import ContentStorage
package import OCISpec

/// Why an image could not be found or read.
package enum ImageError: Error, Hashable, Sendable {
    /// The store or a blob could not be read.
    case content(ContentError)
    /// A document of the image is not what it must be.
    case badDocument(Digest, DocumentError)
    /// A blob is not as long as its descriptor says.
    case wrongSize(Digest, expectedBytes: Int64, actualBytes: Int64)
    /// No image has that name or ID.
    case noSuchImage(String)
    /// Several images have IDs or digests that begin so.
    case ambiguous(String, candidates: [Digest])
    /// The text is neither a name nor an ID.
    case badName(ReferenceError)
    /// The manifest or index is an artifact's or an attestation; the text is its artifact or config type.
    case notAnImage(Digest, type: String)
    /// The index has no image for that platform in this store; without one, none for this machine and not just one.
    case noSuchPlatform(Digest, wanted: Platform?, available: [Platform])
    /// Manifest and config disagree on how many layers there are.
    case layerCountMismatch(Digest, manifest: Int, config: Int)
    /// The index nests deeper, or lists more, than any image does.
    case tooManyManifests(Digest)
}
