// https://github.com/opencontainers/image-spec/blob/v1.1.1/config.md#properties (history)

/// One step of how an image was made.
package struct HistoryEntry: Hashable, Sendable {
    /// When, in RFC 3339, as the document has it.
    package var created: String?
    /// The command that made the layer.
    package var createdBy: String?
    /// Who made the layer.
    package var author: String?
    /// What the maker noted.
    package var comment: String?
    /// Whether the step changed only the config and made no layer.
    package var emptyLayer: Bool

    /// An entry from its parts.
    package init(
        created: String? = nil, createdBy: String? = nil, author: String? = nil, comment: String? = nil,
        emptyLayer: Bool = false
    ) {
        self.created = created
        self.createdBy = createdBy
        self.author = author
        self.comment = comment
        self.emptyLayer = emptyLayer
    }
}

extension HistoryEntry: Codable {
    private enum CodingKeys: String, CodingKey, CaseIterable {
        case created
        case createdBy = "created_by"
        case author
        case comment
        case emptyLayer = "empty_layer"
    }

    /// Decodes an entry; an absent `empty_layer` means that there is a layer, and so does an entry of which nothing is said.
    package init(from decoder: any Decoder) throws {
        (created, createdBy, author, comment, emptyLayer) = (nil, nil, nil, nil, false)
        if try decoder.singleValueContainer().decodeNil() { return }
        let fields = try SpecFields<CodingKeys>(decoder)
        created = try fields.decodeIfPresent(String.self, forKey: .created)
        createdBy = try fields.decodeIfPresent(String.self, forKey: .createdBy)
        author = try fields.decodeIfPresent(String.self, forKey: .author)
        comment = try fields.decodeIfPresent(String.self, forKey: .comment)
        emptyLayer = try fields.decodeIfPresent(Bool.self, forKey: .emptyLayer) ?? false
    }

    /// Encodes an entry, with `empty_layer` only where it is true, as Docker does.
    package func encode(to encoder: any Encoder) throws {
        var fields = encoder.container(keyedBy: CodingKeys.self)
        try fields.encodeIfPresent(created, forKey: .created)
        try fields.encodeIfPresent(createdBy, forKey: .createdBy)
        try fields.encodeIfPresent(author, forKey: .author)
        try fields.encodeIfPresent(comment, forKey: .comment)
        if emptyLayer { try fields.encode(true, forKey: .emptyLayer) }
    }
}
