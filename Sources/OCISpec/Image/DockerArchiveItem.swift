// https://github.com/moby/docker-image-spec/blob/v1.3.1/spec.md#combined-image-json--filesystem-changeset-format

/// One image of a `docker save` archive: an element of its `manifest.json`.
package struct DockerArchiveItem: Hashable, Sendable {
    /// The config's name in the archive.
    package var config: String
    /// The image's names; absent or `null` when it has none.
    package var repoTags: [String]?
    /// The layers' names in the archive, lowest first.
    package var layers: [String]

    /// An item from its parts.
    package init(config: String, repoTags: [String]?, layers: [String]) {
        self.config = config
        self.repoTags = repoTags
        self.layers = layers
    }
}

extension DockerArchiveItem: Codable {
    private enum CodingKeys: String, CodingKey, CaseIterable {
        case config = "Config"
        case repoTags = "RepoTags"
        case layers = "Layers"
    }

    /// Decodes an item; `Layers` may be `null` or absent for an image without layers.
    package init(from decoder: any Decoder) throws {
        let fields = try SpecFields<CodingKeys>(decoder)
        config = try fields.decode(String.self, forKey: .config)
        repoTags = try fields.decodeIfPresent([String].self, forKey: .repoTags)
        layers = try fields.decodeIfPresent([String].self, forKey: .layers) ?? []
    }

    /// Encodes an item as Docker does, with `RepoTags` as `null` when there is no name.
    package func encode(to encoder: any Encoder) throws {
        var fields = encoder.container(keyedBy: CodingKeys.self)
        try fields.encode(config, forKey: .config)
        try fields.encode(repoTags, forKey: .repoTags)
        try fields.encode(layers, forKey: .layers)
    }
}
