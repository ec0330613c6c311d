package import OCISpec

/// `inspect`: an image with docker's keys.
package struct InspectReport: Sendable {
    /// What the report says of one image.
    package struct Image: Sendable {
        package var imageID: Digest
        package var repoTags: [String]
        package var repoDigests: [String]
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

    /// One image as docker prints it, in an array.
    package static func json(_ image: Image) -> JSONValue {
        let config = image.config
        var fields: JSONFields = [
            "Id": .string(image.imageID.description),
            "RepoTags": .array(image.repoTags.map { .string($0) }),
            "RepoDigests": .array(image.repoDigests.map { .string($0) }),
            // The store keeps no steps of a build as images of their own.
            "Parent": .string(""),
            "Comment": .string(config.history?.last?.comment ?? ""),
            "Created": .optional(config.created),
            "DockerVersion": .string(config.dockerVersion ?? ""),
            "Author": .string(config.author ?? ""),
            "Config": image.containerConfig,
            "Architecture": .string(config.architecture),
            "Os": .string(config.os),
            "Size": .optional(image.contentBytes),
            "RootFS": .object([
                "Type": .string(config.rootfs.type),
                "Layers": .array(config.rootfs.diffIDs.map { .string($0.description) }),
            ]),
            // Docker's way of saying that it does not know.
            "Metadata": .object(["LastTagTime": .string("0001-01-01T00:00:00Z")]),
        ]
        if let variant = config.variant, !variant.isEmpty { fields["Variant"] = .string(variant) }
        if let version = config.osVersion, !version.isEmpty { fields["OsVersion"] = .string(version) }
        if let descriptor = image.descriptor {
            fields["Descriptor"] = .object([
                "mediaType": .string(descriptor.mediaType), "digest": .string(descriptor.digest.description),
                "size": .integer(descriptor.size),
            ])
        }
        return .object(fields)
    }
}
