// https://github.com/opencontainers/image-spec/blob/v1.1.1/config.md

/// As much of an image's config as listings need, each field for itself: one that is not what the specification says counts as
/// absent, and keeps no other from being known.
package struct ImageConfigOutline: Hashable, Sendable {
    /// When the image was made, as the document has it.
    package let created: String?
    /// Empty parts where the config lacks them; no field of it keeps another from being known.
    package let platform: Platform
    /// A value that is no text stands as an empty one: the label is there.
    package let labels: [ExactText: String]
    /// Those that are digests, lowest first.
    package let diffIDs: [Digest]
}

extension ImageConfigOutline: Decodable {
    private enum Name: String, CodingKey, CaseIterable {
        case created, architecture, os, variant
        case osVersion = "os.version"
        case osFeatures = "os.features"
        case config, rootfs
    }

    /// Decodes an outline; what has no `rootfs` is no config.
    package init(from decoder: any Decoder) throws {
        let fields = try SpecFields<Name>(decoder)
        created = fields.readable(String.self, forKey: .created)
        var platform = Platform(
            os: fields.readable(String.self, forKey: .os) ?? "",
            architecture: fields.readable(String.self, forKey: .architecture) ?? "",
            variant: fields.readable(String.self, forKey: .variant),
            osVersion: fields.readable(String.self, forKey: .osVersion))
        platform.osFeatures = fields.readable([String].self, forKey: .osFeatures)
        self.platform = platform
        labels = fields.readable(Labels.self, forKey: .config)?.labels ?? [:]
        diffIDs = try fields.decode(Layers.self, forKey: .rootfs).diffIDs
    }

    /// The labels of a `config`.
    private struct Labels: Decodable {
        private enum Name: String, CodingKey, CaseIterable {
            case labels = "Labels"
        }

        let labels: [ExactText: String]

        init(from decoder: any Decoder) throws {
            let values = try SpecFields<Name>(decoder).readable(JSONFields.self, forKey: .labels) ?? [:]
            labels = values.mapValues { if case .string(let text) = $0 { text } else { "" } }
        }
    }

    /// The diff IDs of a `rootfs`.
    private struct Layers: Decodable {
        private enum Name: String, CodingKey, CaseIterable {
            case diffIDs = "diff_ids"
        }

        let diffIDs: [Digest]

        init(from decoder: any Decoder) throws {
            let texts = try SpecFields<Name>(decoder).readable([JSONValue].self, forKey: .diffIDs) ?? []
            diffIDs = texts.compactMap { value in
                guard case .string(let text) = value else { return nil }
                return Digest(ifValid: text)
            }
        }
    }
}
