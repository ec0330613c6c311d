// https://github.com/opencontainers/image-spec/blob/v1.1.1/manifest.md
// https://github.com/opencontainers/image-spec/blob/v1.1.1/image-index.md

/// A manifest or an index, whichever the document is by its own word.
package enum ImageDocument: Hashable, Sendable {
    /// An index of images.
    case index(ImageIndex)
    /// The manifest of one image.
    case manifest(ImageManifest)
}

extension ImageDocument: Decodable {
    /// Decodes either; what a descriptor or a server calls the document does not count.
    package init(from decoder: any Decoder) throws {
        if try DocumentShape(from: decoder).kind == .index {
            self = .index(try ImageIndex(from: decoder))
        } else {
            self = .manifest(try ImageManifest(from: decoder))
        }
    }
}

/// As much of a document as tells an index from a manifest.
package struct DocumentShape: Hashable, Sendable {
    /// What a document is.
    package enum Kind: Hashable, Sendable {
        case index, manifest
    }

    /// The document's word for what it is.
    package let mediaType: String?
    /// 1 for docker's first schema.
    package let schemaVersion: Int?
    /// By the media type, else by what the document lists; nil for what is neither.
    package let kind: Kind?
}

extension DocumentShape: Decodable {
    private enum Name: String, CodingKey, CaseIterable {
        case mediaType, schemaVersion, manifests, config
    }

    /// Looks at the names of the fields, and at what the document calls itself.
    package init(from decoder: any Decoder) throws {
        let fields = try SpecFields<Name>(decoder)
        let own = try fields.decodeIfPresent(String.self, forKey: .mediaType) ?? ""
        mediaType = own.isEmpty ? nil : own
        schemaVersion = try fields.decodeIfPresent(Int.self, forKey: .schemaVersion)
        if MediaType.isIndex(own) {
            kind = .index
        } else if MediaType.isManifest(own) {
            kind = .manifest
        } else if own.isEmpty {
            kind = fields.contains(.manifests) ? .index : fields.contains(.config) ? .manifest : nil
        } else {
            kind = nil
        }
    }
}
