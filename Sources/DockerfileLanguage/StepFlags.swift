// https://docs.docker.com/reference/dockerfile/#copy
// https://docs.docker.com/reference/dockerfile/#add
// https://docs.docker.com/reference/dockerfile/#run

/// The flags of a `COPY` or `ADD`, expanded.
package struct CopyFlags: Hashable, Sendable {
    /// A stage, an image or a named context; nil for the context of the build.
    package var from: String?
    /// `user[:group]`, by name or number.
    package var chown: String?
    /// Nil to keep the modes of the sources.
    package var chmod: ModeChange?
    /// Whether the step is to be independent of what was built before.
    package var isLinked = false
    /// Whether the sources' parent directories are kept.
    package var keepsParents = false
    /// Patterns of what is not copied.
    package var excludes: [String] = []
    /// What a fetched file must be, as `sha256:<hex>`.
    package var checksum: String?
    /// Whether archives are unpacked; nil for the usual: local ones are, fetched ones are not.
    package var unpacks: Bool?
    /// Whether a git repository keeps its `.git`.
    package var keepsGitFolder = false

    /// The flags of `instruction`, with `expand` for their variables.
    package init(
        _ instruction: Instruction, expand: (String) throws(InstructionError) -> String
    ) throws(InstructionError) {
        for flag in try InstructionFlag.read(instruction) {
            switch flag.name {
            case "from":
                try InstructionFlag.checkSource(try flag.required)
                from = try flag.required
            case "chown": chown = try expand(flag.required)
            case "chmod":
                let text = try expand(flag.required)
                guard let mode = ModeChange(text) else { throw .badFlag(flag: "chmod", value: text) }
                chmod = mode
            case "link": isLinked = try flag.isOn
            case "parents": keepsParents = try flag.isOn
            case "exclude": excludes.append(try expand(flag.required))
            case "checksum": checksum = try expand(flag.required)
            case "unpack": unpacks = try flag.isOn
            default: keepsGitFolder = try flag.isOn
            }
        }
    }
}

/// The flags of a `RUN`, expanded.
package struct RunFlags: Hashable, Sendable {
    /// What a step sees of the network; nil for what the whole build has.
    package enum Network: String, Hashable, Sendable, CaseIterable { case `default`, none, host }

    /// In the order of the line: a later one may lie inside an earlier one.
    package var mounts: [RunMount] = []
    /// Nil for what the whole build was told.
    package var network: Network?

    /// The flags of `instruction`, with `expand` for their variables.
    package init(
        _ instruction: Instruction, expand: (String) throws(InstructionError) -> String
    ) throws(InstructionError) {
        for flag in try InstructionFlag.read(instruction) {
            switch flag.name {
            case "mount": mounts.append(try RunMount(flag.required, expand: expand))
            case "network":
                let text = try flag.required
                guard let network = Network(rawValue: text) else { throw .badFlag(flag: "network", value: text) }
                self.network = network
            default:
                guard try flag.required == "sandbox" else { throw .badFlag(flag: "security", value: try flag.required) }
            }
        }
    }
}
