// https://github.com/opencontainers/image-spec/blob/v1.1.1/manifest.md#guidelines-for-artifact-usage

/// What a manifest is a manifest of.
package enum ManifestContent: Hashable, Sendable {
    case image
    /// An image with a layer that nobody can read who lacks its key.
    case encryptedImage(layer: Digest)
    /// Anything else, an attestation or a signature too; the type is the one that says so.
    case artifact(type: String)
}

extension ImageManifest {
    /// Whether this is an image's manifest, by the one rule that all commands follow; `entry` is what an index says of it.
    ///
    /// An artifact says so by its config's type; an attestation has an image's config, but statements for layers. An artifact type
    /// may be any, and an image may have one as well: it counts only where config and layers are not an image's.
    ///
    /// https://github.com/opencontainers/image-spec/blob/v1.1.1/manifest.md#image-manifest-property-descriptions (artifactType)
    package func content(listedAs entry: Descriptor? = nil) -> ManifestContent {
        if let type = entry?.typeBesideImages { return .artifact(type: type) }
        let hasLayer = layers.contains { MediaType.isLayer($0.mediaType) || MediaType.isEncryptedLayer($0.mediaType) }
        if let type = artifactType, !type.isEmpty, !MediaType.isImageConfig(type),
            !hasLayer || !MediaType.isImageConfig(config.mediaType)
        {
            return .artifact(type: type)
        }
        guard MediaType.countsAsImageConfig(config.mediaType) else { return .artifact(type: config.mediaType) }
        if let layer = layers.first(where: { MediaType.isEncryptedLayer($0.mediaType) }) {
            return .encryptedImage(layer: layer.digest)
        }
        if let first = layers.first, !hasLayer { return .artifact(type: first.mediaType) }
        return .image
    }

    /// Whether it is an image's, readable or not.
    package var isImage: Bool {
        if case .artifact = content() { return false }
        return true
    }
}

extension Descriptor {
    /// Whether an index lists this as an attestation about another of its manifests, not as an image.
    ///
    /// https://docs.docker.com/build/metadata/attestations/attestation-storage/
    package var isAttestation: Bool {
        if annotations?[Self.referenceTypeKey] != nil { return true }
        return platform?.os == "unknown" && platform?.architecture == "unknown"
    }

    /// Whether an index lists this as an image, or as an index that may have one.
    package var isImageEntry: Bool {
        (MediaType.isManifest(mediaType) || MediaType.isIndex(mediaType)) && typeBesideImages == nil
    }

    /// What an index says that this is, where it says that it is no image.
    ///
    /// The artifact type of an image is its config's: https://github.com/opencontainers/image-spec/blob/v1.1.1/descriptor.md
    fileprivate var typeBesideImages: String? {
        if isAttestation { return annotations?[Self.referenceTypeKey] ?? "attestation" }
        guard let artifactType, !artifactType.isEmpty, !MediaType.isImageConfig(artifactType) else { return nil }
        return artifactType
    }

    private static let referenceTypeKey: ExactText = "vnd.docker.reference.type"
}

/// The descriptor of a config, which old images have without a media type.
struct ConfigDescriptor: Decodable {
    let descriptor: Descriptor

    init(from decoder: any Decoder) throws {
        descriptor = try Descriptor(from: decoder, isTypeOptional: true)
    }
}
