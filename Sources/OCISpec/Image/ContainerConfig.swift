// https://github.com/opencontainers/image-spec/blob/v1.1.1/config.md#properties (config)

/// What a container of an image runs, under Docker's keys.
package struct ContainerConfig: Hashable, Sendable {
    /// The user, and group, that the process runs as.
    package var user: String?
    /// Ports such as `80/tcp`.
    package var exposedPorts: Set<ExactText>?
    /// Environment variables as `NAME=value`, in order.
    package var env: [String]?
    /// The command's fixed beginning.
    package var entrypoint: [String]?
    /// The command, or its arguments when there is an entry point.
    package var cmd: [String]?
    /// Paths that hold a container's own data.
    package var volumes: Set<ExactText>?
    /// Where the process starts.
    package var workingDir: String?
    /// Notes on the image.
    package var labels: [ExactText: String]?
    /// The signal that stops a container.
    package var stopSignal: String?
    /// How a container's health is told (Docker's own).
    package var healthcheck: Healthcheck?
    /// Instructions for builds from this image (Docker's own).
    package var onBuild: [String]?
    /// The shell of a command in shell form (Docker's own).
    package var shell: [String]?
    /// Whether the command is already escaped (Windows).
    package var argsEscaped: Bool?

    /// A config in which nothing is set.
    package init() {}
}

extension ContainerConfig: Codable {
    private enum CodingKeys: String, CodingKey, CaseIterable {
        case user = "User"
        case exposedPorts = "ExposedPorts"
        case env = "Env"
        case entrypoint = "Entrypoint"
        case cmd = "Cmd"
        case volumes = "Volumes"
        case workingDir = "WorkingDir"
        case labels = "Labels"
        case stopSignal = "StopSignal"
        case healthcheck = "Healthcheck"
        case onBuild = "OnBuild"
        case shell = "Shell"
        case argsEscaped = "ArgsEscaped"
    }

    /// Decodes a config; a variable without a name or without `=` is refused.
    ///
    /// Old dockers wrote a command of one word as that text alone, and all since then read it.
    package init(from decoder: any Decoder) throws {
        let fields = try SpecFields<CodingKeys>(decoder)
        user = try fields.decodeIfPresent(String.self, forKey: .user)
        exposedPorts = try fields.decodeIfPresent(KeySet.self, forKey: .exposedPorts)?.keys
        env = try fields.decodeIfPresent([String].self, forKey: .env)
        if let odd = env?.first(where: { !$0.utf8.dropFirst().contains(UInt8(ascii: "=")) }) {
            throw fields.corrupted(.env, "not NAME=value: \(odd)")
        }
        entrypoint = try fields.decodeIfPresent(Words.self, forKey: .entrypoint)?.words
        cmd = try fields.decodeIfPresent(Words.self, forKey: .cmd)?.words
        volumes = try fields.decodeIfPresent(KeySet.self, forKey: .volumes)?.keys
        workingDir = try fields.decodeIfPresent(String.self, forKey: .workingDir)
        labels = try fields.decodeIfPresent([ExactText: String].self, forKey: .labels)
        stopSignal = try fields.decodeIfPresent(String.self, forKey: .stopSignal)
        healthcheck = try fields.decodeIfPresent(Healthcheck.self, forKey: .healthcheck)
        onBuild = try fields.decodeIfPresent([String].self, forKey: .onBuild)
        shell = try fields.decodeIfPresent(Words.self, forKey: .shell)?.words
        argsEscaped = try fields.decodeIfPresent(Bool.self, forKey: .argsEscaped)
    }

    /// Encodes what is set.
    package func encode(to encoder: any Encoder) throws {
        var fields = encoder.container(keyedBy: CodingKeys.self)
        try fields.encodeIfPresent(user, forKey: .user)
        try fields.encodeIfPresent(exposedPorts.map(KeySet.init), forKey: .exposedPorts)
        try fields.encodeIfPresent(env, forKey: .env)
        try fields.encodeIfPresent(entrypoint, forKey: .entrypoint)
        try fields.encodeIfPresent(cmd, forKey: .cmd)
        try fields.encodeIfPresent(volumes.map(KeySet.init), forKey: .volumes)
        try fields.encodeIfPresent(workingDir, forKey: .workingDir)
        try fields.encodeIfPresent(labels, forKey: .labels)
        try fields.encodeIfPresent(stopSignal, forKey: .stopSignal)
        try fields.encodeIfPresent(healthcheck, forKey: .healthcheck)
        try fields.encodeIfPresent(onBuild, forKey: .onBuild)
        try fields.encodeIfPresent(shell, forKey: .shell)
        try fields.encodeIfPresent(argsEscaped, forKey: .argsEscaped)
    }
}

/// The words of a command, or its only one.
private struct Words: Decodable {
    let words: [String]

    init(from decoder: any Decoder) throws {
        let value = try decoder.singleValueContainer()
        let text: String
        do { text = try value.decode(String.self) } catch {
            words = try value.decode([String].self)
            return
        }
        words = text.isEmpty ? [] : [text]
    }
}

/// A set of names, which Go writes as an object of empty objects.
private struct KeySet: Codable {
    let keys: Set<ExactText>

    private struct Nothing: Codable {}

    init(_ keys: Set<ExactText>) {
        self.keys = keys
    }

    init(from decoder: any Decoder) throws {
        keys = Set(try decoder.singleValueContainer().decode([ExactText: Nothing?].self).keys)
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(Dictionary(uniqueKeysWithValues: keys.map { ($0, Nothing()) }))
    }
}
