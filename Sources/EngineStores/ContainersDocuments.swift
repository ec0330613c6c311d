import OCISpec

/// A record of `layers.json` and `volatile-layers.json`.
struct LayerRecord: Decodable {
    enum CodingKeys: String, CodingKey {
        case id, parent, flags
        case diffDigest = "diff-digest"
        case diffSize = "diff-size"
    }

    let id: String
    let parent: String?
    let diffDigest: String?
    let diffSize: Int64?
    let flags: Flags?

    /// What is remarkable about a layer.
    struct Flags: Decodable {
        /// Whether its content is being written, or its writer was killed.
        let incomplete: Bool?
    }
}

/// A record of `images.json`.
struct ImageRecord: Decodable {
    enum CodingKeys: String, CodingKey {
        case id, names, layer, created, digest
        case mappedLayers = "mapped-layers"
    }

    let id: String
    let names: [String]?
    let layer: String?
    let created: String?
    /// Of the manifest that it was pulled by.
    let digest: String?
    let mappedLayers: [String]?
}

/// A record of `containers.json` and `volatile-containers.json`.
struct ContainerRecord: Decodable {
    let id: String
    let names: [String]?
    let image: String?
    let layer: String?
    let created: String?
}
