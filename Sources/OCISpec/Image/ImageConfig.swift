// https://github.com/opencontainers/image-spec/blob/v1.1.1/config.md

/// An image's config: where it runs, what it runs, which layers it is made of and how they came about.
package struct ImageConfig: Hashable, Sendable {
    /// When the image was made, in RFC 3339, as the document has it.
    package var created: String?
    /// Who made it.
    package var author: String?
    /// The CPU, in Go's words; empty where an old document is silent.
    package var architecture: String
    /// The operating system, in Go's words; empty where an old document is silent.
    package var os: String
    /// The CPU's variant.
    package var variant: String?
    /// The operating system's version, where it matters (Windows).
    package var osVersion: String?
    /// What the operating system must be able to do (Windows).
    package var osFeatures: [String]?
    /// The docker that built it, by its own word; newer ones are silent.
    package var dockerVersion: String?
    /// What a container of this image runs.
    package var config: ContainerConfig?
    /// The layers as their uncompressed tars hash.
    package var rootfs: RootFS
    /// How the image was made, first step first; may disagree with the layers in number.
    package var history: [HistoryEntry]?

    /// A config from its parts.
    package init(
        platform: Platform, rootfs: RootFS, created: String? = nil, author: String? = nil, config: ContainerConfig? = nil,
        history: [HistoryEntry]? = nil
    ) {
        self.created = created
        self.author = author
        self.architecture = platform.architecture
        self.os = platform.os
        self.variant = platform.variant
        self.osVersion = platform.osVersion
        self.osFeatures = platform.osFeatures
        self.config = config
        self.rootfs = rootfs
        self.history = history
    }

    /// The machine that the image runs on, by its own word.
    package var platform: Platform {
        var platform = Platform(os: os, architecture: architecture, variant: variant, osVersion: osVersion)
        platform.osFeatures = osFeatures
        return platform
    }

    /// For each diff ID the step that made it, or nil where the history is absent or too short; steps too many are left out.
    package var layerHistory: [HistoryEntry?] {
        var steps = (history ?? []).lazy.filter { !$0.emptyLayer }.makeIterator()
        return rootfs.diffIDs.map { _ in steps.next() }
    }
}

extension ImageConfig: Codable {
    private enum CodingKeys: String, CodingKey, CaseIterable {
        case created, author, architecture, os, variant
        case osVersion = "os.version"
        case osFeatures = "os.features"
        case dockerVersion = "docker_version"
        case config, rootfs, history
    }

    /// Decodes a config, OCI's or Docker's; fields that are not known are passed over.
    package init(from decoder: any Decoder) throws {
        let fields = try SpecFields<CodingKeys>(decoder)
        created = try fields.decodeIfPresent(String.self, forKey: .created)
        author = try fields.decodeIfPresent(String.self, forKey: .author)
        architecture = try fields.decodeIfPresent(String.self, forKey: .architecture) ?? ""
        os = try fields.decodeIfPresent(String.self, forKey: .os) ?? ""
        variant = try fields.decodeIfPresent(String.self, forKey: .variant)
        osVersion = try fields.decodeIfPresent(String.self, forKey: .osVersion)
        osFeatures = try fields.decodeIfPresent([String].self, forKey: .osFeatures)
        dockerVersion = try fields.decodeIfPresent(String.self, forKey: .dockerVersion)
        config = try fields.decodeIfPresent(ContainerConfig.self, forKey: .config)
        rootfs = try fields.decode(RootFS.self, forKey: .rootfs)
        history = try fields.decodeIfPresent([HistoryEntry].self, forKey: .history)
    }
}
