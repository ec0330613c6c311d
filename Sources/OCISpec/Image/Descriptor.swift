// https://github.com/opencontainers/image-spec/blob/v1.1.1/descriptor.md

/// Names a blob: what it is, its digest, and its length.
package struct Descriptor: Hashable, Sendable {
    /// What the blob claims to be; never trusted without a look at the bytes.
    package var mediaType: String
    /// The digest of the blob's bytes as stored.
    package var digest: Digest
    /// The blob's length in bytes as stored; 0 to 16 TiB once decoded.
    package var size: Int64
    /// Where else the blob may be had (foreign layers).
    package var urls: [String]?
    /// Notes on the blob, such as the name of an image.
    package var annotations: [ExactText: String]?
    /// The machine that an index's image runs on.
    package var platform: Platform?
    /// What kind of artifact the blob is, when it is a manifest of one.
    package var artifactType: String?
    /// The blob itself in base64, as some writers embed small ones; neither checked nor used.
    package var data: String?
    /// Fields that this program does not know, kept so that rewriting an index loses none.
    package var unknownFields: JSONFields = [:]

    /// A descriptor from its parts.
    package init(
        mediaType: String, digest: Digest, size: Int64, urls: [String]? = nil, annotations: [ExactText: String]? = nil,
        platform: Platform? = nil, artifactType: String? = nil
    ) {
        self.mediaType = mediaType
        self.digest = digest
        self.size = size
        self.urls = urls
        self.annotations = annotations
        self.platform = platform
        self.artifactType = artifactType
    }
}

extension Descriptor: Decodable {
    /// No blob has more bytes, so that the sizes of all that a document can list add up to a number.
    package static let largestSize: Int64 = 16 << 40

    fileprivate enum CodingKeys: String, CodingKey, CaseIterable {
        case mediaType, digest, size, urls, annotations, platform, artifactType, data
    }

    /// Decodes a descriptor; a malformed media type or digest, and a size that no blob has, are refused.
    package init(from decoder: any Decoder) throws {
        try self.init(from: decoder, isTypeOptional: false)
    }

    /// Decodes a descriptor, whose media type may be absent or empty with `isTypeOptional`.
    init(from decoder: any Decoder, isTypeOptional: Bool) throws {
        let fields = try SpecFields<CodingKeys>(decoder)
        mediaType =
            isTypeOptional
            ? try fields.decodeIfPresent(String.self, forKey: .mediaType) ?? ""
            : try fields.decode(String.self, forKey: .mediaType)
        guard isTypeOptional && mediaType.isEmpty || MediaType.isWellFormed(mediaType) else {
            throw fields.corrupted(.mediaType, "not a media type: \(mediaType)")
        }
        digest = try fields.decode(Digest.self, forKey: .digest)
        size = try fields.decode(Int64.self, forKey: .size)
        guard size >= 0 else { throw fields.corrupted(.size, "negative: \(size)") }
        guard size <= Self.largestSize else { throw fields.corrupted(.size, "larger than 16 TiB: \(size)") }
        urls = try fields.decodeIfPresent([String].self, forKey: .urls)
        annotations = try fields.decodeIfPresent([ExactText: String].self, forKey: .annotations)
        platform = try fields.decodeIfPresent(Platform.self, forKey: .platform)
        artifactType = try fields.decodeIfPresent(String.self, forKey: .artifactType)
        data = try fields.decodeIfPresent(String.self, forKey: .data)
        unknownFields = try fields.unknownValues()
    }
}

extension Descriptor: JSONRepresented {
    /// Every field, unknown ones included.
    package var json: JSONValue {
        .fields(
            [
                CodingKeys.mediaType.field: .string(mediaType), CodingKeys.digest.field: .string(digest.description),
                CodingKeys.size.field: .integer(size), CodingKeys.urls.field: urls.map(JSONValue.textList),
                CodingKeys.annotations.field: annotations.map(JSONValue.textFields),
                CodingKeys.platform.field: platform?.json,
                CodingKeys.artifactType.field: artifactType.map(JSONValue.string),
                CodingKeys.data.field: data.map(JSONValue.string),
            ], and: unknownFields)
    }
}
