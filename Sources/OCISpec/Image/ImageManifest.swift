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
    package var annotations: [ExactText: String]?

    /// A manifest from its parts.
    package init(
        mediaType: String? = MediaType.manifest, config: Descriptor, layers: [Descriptor], artifactType: String? = nil,
        subject: Descriptor? = nil, annotations: [ExactText: String]? = nil
    ) {
        self.schemaVersion = 2
        self.mediaType = mediaType
        self.artifactType = artifactType
        self.config = config
        self.layers = layers
        self.subject = subject
        self.annotations = annotations
    }

}

extension ImageManifest: Codable {
    private enum CodingKeys: String, CodingKey, CaseIterable {
        case schemaVersion, mediaType, artifactType, config, layers, subject, annotations
    }

    private enum ForeignKeys: String, CodingKey, CaseIterable {
        case manifests
    }

    /// Decodes a manifest.
    ///
    /// One that also claims to be an index is refused: two readers could take it for two images.
    package init(from decoder: any Decoder) throws {
        let fields = try SpecFields<CodingKeys>(decoder)
        schemaVersion = try fields.decodeSchemaVersion(forKey: .schemaVersion)
        mediaType = try fields.decodeIfPresent(String.self, forKey: .mediaType)
        guard try !SpecFields<ForeignKeys>(decoder).contains(.manifests) else {
            throw fields.corrupted(.layers, "manifest and index in one document")
        }
        if let mediaType, !mediaType.isEmpty, !MediaType.isManifest(mediaType) {
            throw fields.corrupted(.mediaType, "not an image manifest's: \(mediaType)")
        }
        artifactType = try fields.decodeIfPresent(String.self, forKey: .artifactType)
        config = try fields.decode(ConfigDescriptor.self, forKey: .config).descriptor
        layers = try fields.decodeNullable([Descriptor].self, forKey: .layers) ?? []
        subject = try fields.decodeIfPresent(Descriptor.self, forKey: .subject)
        annotations = try fields.decodeIfPresent([ExactText: String].self, forKey: .annotations)
    }
}
