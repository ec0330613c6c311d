// https://github.com/opencontainers/image-spec/blob/v1.1.1/manifest.md

/// An image for one platform: its config and its layers, lowest first.
///
/// Docker's schema 2 has the same shape.
package struct ImageManifest: Hashable, Sendable {
    /// Always 2.
    package var schemaVersion: Int
    /// What the document claims to be; OCI lets it be absent.
    package var mediaType: String?
    /// What kind of artifact this is, when it is no image.
    package var artifactType: String?
    /// The image's config, whose digest is the image ID.
    package var config: Descriptor
    /// The layers, lowest first; none is legal.
    package var layers: [Descriptor]
    /// The manifest that this one is about.
    package var subject: Descriptor?
    /// Notes on the image.
    package var annotations: [String: String]?

    /// A manifest from its parts.
    package init(
        mediaType: String? = MediaType.manifest, config: Descriptor, layers: [Descriptor], artifactType: String? = nil,
        subject: Descriptor? = nil, annotations: [String: String]? = nil
    ) {
        self.schemaVersion = 2
        self.mediaType = mediaType
        self.artifactType = artifactType
        self.config = config
        self.layers = layers
        self.subject = subject
        self.annotations = annotations
    }

    /// Whether the manifest is something other than an image: an artifact type is set, or the config is no image config.
    package var isArtifact: Bool {
        if let artifactType, !artifactType.isEmpty { return true }
        return !MediaType.isImageConfig(config.mediaType)
    }
}

extension ImageManifest: Codable {
    private enum CodingKeys: String, CodingKey {
        case schemaVersion, mediaType, artifactType, config, layers, subject, annotations
    }

    private enum ForeignKeys: String, CodingKey {
        case manifests
    }

    /// Decodes a manifest.
    ///
    /// One that also claims to be an index is refused: two readers could take it for two images.
    package init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: CodingKeys.self)
        schemaVersion = try fields.decodeSchemaVersion(forKey: .schemaVersion)
        mediaType = try fields.decodeIfPresent(String.self, forKey: .mediaType)
        guard try !decoder.container(keyedBy: ForeignKeys.self).contains(.manifests) else {
            throw DecodingError.dataCorruptedError(
                forKey: .layers, in: fields, debugDescription: "manifest and index in one document")
        }
        if let mediaType, !mediaType.isEmpty, !MediaType.isManifest(mediaType) {
            throw DecodingError.dataCorruptedError(
                forKey: .mediaType, in: fields, debugDescription: "not an image manifest's: \(mediaType)")
        }
        artifactType = try fields.decodeIfPresent(String.self, forKey: .artifactType)
        config = try fields.decode(Descriptor.self, forKey: .config)
        layers = try fields.decodeNullable([Descriptor].self, forKey: .layers) ?? []
        subject = try fields.decodeIfPresent(Descriptor.self, forKey: .subject)
        annotations = try fields.decodeIfPresent([String: String].self, forKey: .annotations)
    }
}
