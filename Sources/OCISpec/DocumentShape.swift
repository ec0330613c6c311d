// https://github.com/opencontainers/image-spec/blob/v1.1.1/image-index.md

/// As much of a document as tells an index from a manifest, for where the media type says neither.
package struct DocumentShape: Decodable {
    /// Whether the document lists manifests.
    package let isIndex: Bool
    /// Whether it has a config, as a manifest has.
    package let isManifest: Bool

    private enum Key: CodingKey { case manifests, config }

    /// Looks at the keys alone.
    package init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: Key.self)
        isIndex = fields.contains(.manifests)
        isManifest = fields.contains(.config)
    }
}

extension Descriptor {
    /// Whether an index lists this as an attestation about another of its manifests, not as an image.
    ///
    /// https://docs.docker.com/build/metadata/attestations/attestation-storage/
    package var isAttestation: Bool {
        if annotations?["vnd.docker.reference.type"] != nil { return true }
        return platform?.os == "unknown" && platform?.architecture == "unknown"
    }
}
