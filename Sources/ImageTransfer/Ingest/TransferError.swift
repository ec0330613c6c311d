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
    /// The folder holds no image: neither an `index.json` nor a docker archive's `manifest.json`.
    case notALayout(path: String)
    /// The file holds neither an image nor a root file system: `detail` is why it is no tar.
    case notAnArchive(path: String, LayerArchiveError)
    /// The file is not of the kind that the transport said.
    case wrongKind(path: String, expected: SourceKind)
    /// An archive of docker before 1.10, without a `manifest.json`.
    case ancientArchive(path: String)
    /// An image archive without the document that lists its images, which is this.
    case unlistedArchive(path: String, document: String)
    /// The file is a root file system where an image is wanted.
    case rootFileSystem(path: String)
    /// The archive lists no image.
    case noImages(path: String)
    /// No image of the archive has the name; these are there.
    case noSuchImage(path: String, reference: String, available: [String])
    /// No image is for the platform; these are there.
    case noSuchPlatform(path: String, wanted: String?, available: [String])
    /// The image for the platform is there in part only, or not as it should be: this is wrong with it.
    indirect case incompletePlatform(path: String, image: String, wanted: String, TransferError)
    /// The index lists an image for the platform whose manifest is not there.
    case absentPlatform(path: String, image: String, wanted: String, Digest)
    /// What the index lists is an artifact of this type, not an image.
    case artifact(path: String, Digest, type: String?)
    /// A member that the archive's documents name is not in it.
    case missingMember(path: String, member: String)
    /// A member is a link that leads in a circle, out of the archive, or to no file.
    case badLink(path: String, member: String)
    /// A member is there and is no file.
    case notAFile(path: String, member: String)
    /// A symlink leads out of the folder, to something that is not the blob that it stands for.
    case linkedElsewhere(path: String, member: String)
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
    /// An index leads to more manifests, or indexes nest deeper, than the limit allows.
    case tooManyManifests(path: String, IndexLimit)
    /// The layer is encrypted.
    case encryptedLayer(path: String, Digest, mediaType: String)
    /// A layer's bytes are no layer.
    case badLayer(path: String, layer: String, LayerArchiveError)
    /// A layer's type is not a tar's, and neither are its bytes.
    case notATar(path: String, layer: Digest, mediaType: String)
    /// What was to be written for the user could not be; the path is the one that the user named.
    case output(StorageError)
    /// An engine's store does not give the image.
    case engine(EngineReference, EngineSourceFault)
    /// The store failed.
    case content(ContentError)
    /// The store's images failed: a name, a document or the catalog.
    case images(ImageError)
    /// Something failed that no other case names.
    case unexpected(any Error)
}

extension TransferError {
    /// Whether the error is about one image or artifact of several, so that the others can be read all the same.
    var isOfOnePart: Bool {
        switch self {
        case .missingMember, .badLink, .notAFile, .linkedElsewhere, .badDocument, .digestMismatch, .unsupportedDigest,
            .sizeMismatch, .layerCountMismatch, .encryptedLayer, .artifact:
            true
        default: false
        }
    }

    /// Whether the error is that something was changed or cut short, and not that it is absent or of a kind that is not known.
    var isDamage: Bool {
        switch self {
        case .digestMismatch, .sizeMismatch: true
        default: false
        }
    }
}
