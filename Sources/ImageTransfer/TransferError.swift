package import ContentStorage
package import ImageStorage
package import LayerArchive
package import OCISpec
package import StorageIO

/// Why an image could not be brought in.
package enum TransferError: Error, Sendable {
    /// The path cannot be opened or read; `errno` is the system's reason.
    case unreadable(path: String, errno: Int32)
    /// The file has no bytes.
    case emptyFile(path: String)
    /// The folder is no OCI image layout.
    case notALayout(path: String)
    /// The file holds neither an image nor a root file system: `detail` is why it is no tar.
    case notAnArchive(path: String, LayerArchiveError)
    /// The file is not of the kind that the transport said.
    case wrongKind(path: String, expected: SourceKind)
    /// An archive of docker before 1.10, without a `manifest.json`.
    case ancientArchive(path: String)
    /// The archive lists no image.
    case noImages(path: String)
    /// No image of the archive has the name; these are there.
    case noSuchImage(path: String, reference: String, available: [String])
    /// No image is for the platform; these are there.
    case noSuchPlatform(path: String, wanted: String?, available: [String])
    /// What the index lists is an artifact, not an image.
    case artifact(path: String, Digest)
    /// A member that the archive's documents name is not in it.
    case missingMember(path: String, member: String)
    /// A member is a link that leads in a circle, out of the archive, or to no file.
    case badLink(path: String, member: String)
    /// A document of the archive cannot be read.
    case badDocument(path: String, member: String, DocumentError)
    /// A blob's bytes do not have the digest that names them.
    case digestMismatch(path: String, expected: Digest, actual: Digest)
    /// The digest's algorithm is registered, but the store names blobs by SHA-256 only.
    case unsupportedDigest(Digest)
    /// A blob is not as long as its descriptor says.
    case sizeMismatch(path: String, Digest, expectedBytes: Int64, actualBytes: Int64)
    /// A layer does not decompress to what the config says.
    case diffIDMismatch(path: String, layer: Digest, expected: Digest, actual: Digest)
    /// The config counts other layers than the manifest.
    case layerCountMismatch(path: String, config: Int, manifest: Int)
    /// An index nests deeper, or leads to more manifests, than any image does.
    case tooManyManifests(path: String)
    /// The layer is encrypted.
    case encryptedLayer(path: String, Digest)
    /// A layer's bytes are no layer.
    case badLayer(path: String, layer: String, LayerArchiveError)
    /// A layer's type is not a tar's, and neither are its bytes.
    case notATar(path: String, layer: Digest, mediaType: String)
    /// What was to be written for the user could not be; the path is the one that the user named.
    case output(StorageError)
    /// The store failed.
    case content(ContentError)
    case images(ImageError)
    /// Something failed that no other case names.
    case unexpected(any Error)
}

/// Runs a step of the store, and turns its failure into a transfer's.
func inStore<T>(_ body: () throws(ContentError) -> T) throws(TransferError) -> T {
    do throws(ContentError) { return try body() } catch { throw .content(error) }
}
