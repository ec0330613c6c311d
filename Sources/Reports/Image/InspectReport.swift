package import OCISpec
package import Operations

/// `inspect`: an image with docker's keys.
package struct InspectReport: Sendable {
    /// One image as docker prints it, in an array.
    package static func json(_ image: InspectedImage) -> JSONValue {
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
