// https://github.com/opencontainers/image-spec/blob/v1.1.1/image-index.md

/// A list of manifests: one image's platforms, or (a layout's `index.json`) all images of a store.
package struct ImageIndex: Hashable, Sendable {
    /// Always 2.
    package var schemaVersion: Int
    /// What the document claims to be; OCI lets it be absent.
    package var mediaType: String?
    /// What kind of artifact this is, when it is no image.
    package var artifactType: String?
    /// The manifests and nested indexes, in the document's order.
    package var manifests: [Descriptor]
    /// What else is listed, and is no descriptor that can be used: it stays as it is.
    package var oddEntries: [OddEntry] = []
    /// The manifest that this index is about.
    package var subject: Descriptor?
    /// Notes on the index.
    package var annotations: [ExactText: String]?
    /// Fields that this program does not know, kept so that rewriting an index loses none.
    package var unknownFields: JSONFields = [:]

    /// An index from its parts.
    package init(
        mediaType: String? = MediaType.index, manifests: [Descriptor] = [], artifactType: String? = nil,
        subject: Descriptor? = nil, annotations: [ExactText: String]? = nil
    ) {
        self.schemaVersion = 2
        self.mediaType = mediaType
        self.artifactType = artifactType
        self.manifests = manifests
        self.subject = subject
        self.annotations = annotations
    }
}

extension ImageIndex: Decodable {
    fileprivate enum CodingKeys: String, CodingKey, CaseIterable {
        case schemaVersion, mediaType, artifactType, manifests, subject, annotations
    }

    private enum ForeignKeys: String, CodingKey, CaseIterable {
        case config, layers
    }

    /// Decodes an index.
    ///
    /// One that also claims to be a manifest is refused: two readers could take it for two images.
    package init(from decoder: any Decoder) throws {
        let fields = try SpecFields<CodingKeys>(decoder)
        schemaVersion = try fields.decodeSchemaVersion(forKey: .schemaVersion)
        mediaType = try fields.decodeIfPresent(String.self, forKey: .mediaType)
        let foreign = try SpecFields<ForeignKeys>(decoder)
        guard !foreign.contains(.config), !foreign.contains(.layers) else {
            throw fields.corrupted(.manifests, "manifest and index in one document")
        }
        if let mediaType, !mediaType.isEmpty, !MediaType.isIndex(mediaType) {
            throw fields.corrupted(.mediaType, "not an image index's: \(mediaType)")
        }
        artifactType = try fields.decodeIfPresent(String.self, forKey: .artifactType)
        (manifests, oddEntries) = ListedEntry.separated(
            try fields.decodeNullable([ListedEntry].self, forKey: .manifests) ?? [])
        subject = try fields.decodeIfPresent(Descriptor.self, forKey: .subject)
        annotations = try fields.decodeIfPresent([ExactText: String].self, forKey: .annotations)
        unknownFields = try fields.unknownValues()
    }
}

extension ImageIndex: JSONRepresented {
    /// Every field, unknown ones and odd entries included.
    package var json: JSONValue {
        let entries = ListedEntry.together(manifests, oddEntries)
        return .fields(
            [
                CodingKeys.schemaVersion.field: .integer(Int64(schemaVersion)),
                CodingKeys.mediaType.field: mediaType.map(JSONValue.string),
                CodingKeys.artifactType.field: artifactType.map(JSONValue.string),
                CodingKeys.manifests.field: .array(entries.map(\.json)), CodingKeys.subject.field: subject?.json,
                CodingKeys.annotations.field: annotations.map(JSONValue.textFields),
            ], and: unknownFields)
    }
}
