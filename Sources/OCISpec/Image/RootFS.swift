// https://github.com/opencontainers/image-spec/blob/v1.1.1/config.md#properties (rootfs)

/// The layers of an image as their uncompressed tars hash.
package struct RootFS: Hashable, Sendable, Encodable {
    /// `layers` in every image that is known.
    package var type: String
    /// The digests of the uncompressed tars, lowest layer first; the same one may stand there twice.
    package var diffIDs: [Digest]

    private enum CodingKeys: String, CodingKey, CaseIterable {
        case type
        case diffIDs = "diff_ids"
    }

    /// A root file system from its diff IDs.
    package init(diffIDs: [Digest]) {
        self.type = "layers"
        self.diffIDs = diffIDs
    }
}

extension RootFS: Decodable {
    /// Decodes a root file system; Docker leaves `diff_ids` out of an image without layers, and others the type, which is always one.
    package init(from decoder: any Decoder) throws {
        let fields = try SpecFields<CodingKeys>(decoder)
        guard fields.contains(.type) || fields.contains(.diffIDs) else { throw fields.corrupted(.diffIDs, "missing") }
        type = try fields.decodeIfPresent(String.self, forKey: .type) ?? "layers"
        diffIDs = try fields.decodeIfPresent([Digest].self, forKey: .diffIDs) ?? []
    }
}
