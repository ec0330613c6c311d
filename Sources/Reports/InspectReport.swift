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

        /// An image from its parts.
        package init(
            imageID: Digest, repoTags: [String], repoDigests: [String], config: ImageConfig, containerConfig: JSONValue,
            contentBytes: Int64?
        ) {
            self.imageID = imageID
            self.repoTags = repoTags
            self.repoDigests = repoDigests
            self.config = config
            self.containerConfig = containerConfig
            self.contentBytes = contentBytes
        }
    }

    /// The array that docker prints.
    package static func json(_ images: [Image]) -> JSONValue { .array(images.map(json)) }

    private static func json(_ image: Image) -> JSONValue {
        var fields: [String: JSONValue] = [
            "Id": .string(image.imageID.description),
            "RepoTags": .array(image.repoTags.map { .string($0) }),
            "RepoDigests": .array(image.repoDigests.map { .string($0) }),
            "Comment": .string(image.config.history?.last?.comment ?? ""),
            "Created": .optional(image.config.created),
            "Author": .string(image.config.author ?? ""),
            "Config": image.containerConfig,
            "Architecture": .string(image.config.architecture),
            "Os": .string(image.config.os),
            "Size": .optional(image.contentBytes),
            "RootFS": .object([
                "Type": .string(image.config.rootfs.type),
                "Layers": .array(image.config.rootfs.diffIDs.map { .string($0.description) }),
            ]),
        ]
        if let variant = image.config.variant, !variant.isEmpty { fields["Variant"] = .string(variant) }
        return .object(fields)
    }
}
