package import ImageStorage
package import ImageTransfer
package import OCISpec
import StorageIO

/// What `inspect` says of an image.
package struct InspectedImage: Sendable {
    /// The config's digest.
    package var imageID: Digest
    /// Names with a tag, in docker's short form.
    package var repoTags: [String]
    /// Names with a digest, in docker's short form.
    package var repoDigests: [String]
    /// The config as far as this program knows its fields.
    package var config: ImageConfig
    /// The config's `config` object, every key that it has.
    package var containerConfig: JSONValue
    /// Bytes of the layers' content; `nil` when one is not known.
    package var contentBytes: Int64?
    /// What the store names: a manifest or an index; `nil` for an image outside the store.
    package var descriptor: Descriptor?

    /// An image from its parts.
    package init(
        imageID: Digest, repoTags: [String], repoDigests: [String], config: ImageConfig, containerConfig: JSONValue,
        contentBytes: Int64?, descriptor: Descriptor?
    ) {
        self.imageID = imageID
        self.repoTags = repoTags
        self.repoDigests = repoDigests
        self.config = config
        self.containerConfig = containerConfig
        self.contentBytes = contentBytes
        self.descriptor = descriptor
    }
}

extension Workspace {
    /// What `inspect` says of an image, its names among those of `stored` included.
    package func inspected(_ image: ScannedImage, among stored: [ImageSummary]) throws(OperationError) -> InspectedImage {
        // As with docker, the names are those of all that has this ID.
        let entries = stored.filter { $0.holds(image.manifestDigest) || $0.imageID == image.imageID }.flatMap(\.entries).filter {
            $0.name != nil
        }
        var repoDigests: [String] = []
        for entry in entries {
            guard case .reference(let reference) = entry.name else { continue }
            let text = "\(reference.familiarRepository)@\(entry.descriptor.digest)"
            if !repoDigests.contains(text) { repoDigests.append(text) }
        }
        let bytes = image.layers.map(contentBytes)
        return InspectedImage(
            imageID: image.imageID, repoTags: entries.compactMap(\.familiar), repoDigests: repoDigests, config: image.config,
            containerConfig: try image.config.config?.asJSON() ?? .null,
            contentBytes: bytes.contains(nil) ? nil : bytes.reduce(0) { $0 + ($1 ?? 0) }, descriptor: image.root)
    }
}

extension ContainerConfig {
    /// Every key that it has.
    package func asJSON() throws(OperationError) -> JSONValue {
        return try lift(
            try decodeDocument(JSONValue.self, from: try encodeDocument(self), limits: .stored), to: OperationError.notEncodable)
    }
}
