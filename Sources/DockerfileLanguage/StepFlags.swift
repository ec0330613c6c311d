// https://docs.docker.com/reference/dockerfile/#copy
// https://docs.docker.com/reference/dockerfile/#add
// https://docs.docker.com/reference/dockerfile/#run

import SettingsFile
import TextValues

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

    private static let ofBoth = ["chown", "chmod", "link", "exclude"]
    private static let names = [
        "COPY": ofBoth + ["from", "parents"], "ADD": ofBoth + ["checksum", "keep-git-dir", "unpack"],
    ]

    /// The flags of `instruction`, with `expand` for their variables.
    package init(
        _ instruction: Instruction, expand: (String) throws(InstructionError) -> String
    ) throws(InstructionError) {
        for flag in try StepFlag.read(instruction, Self.names[instruction.name] ?? []) {
            switch flag.name {
            case "from": from = try expand(flag.required)
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
            default: _ = try flag.isOn
            }
        }
    }
}

/// What one `--mount` of a `RUN` asks for, expanded.
package struct RunMount: Hashable, Sendable {
    /// What is mounted.
    package enum Kind: String, Hashable, Sendable, CaseIterable { case bind, cache, tmpfs, secret, ssh }
    /// How several builds use one cache at the same time.
    package enum Sharing: String, Hashable, Sendable, CaseIterable { case shared, `private`, locked }

    /// What is mounted.
    package var kind = Kind.bind
    /// Where; nil for a secret that has its usual place, or an environment variable.
    package var target: String?
    /// Within what `from` names, or the context.
    package var source: String?
    /// A stage, an image or a context by name; nil for the build context, or none where the kind has no source.
    package var from: String?
    /// Whether the command may write there; what it writes to a bind mount is dropped.
    package var isWritable = false
    /// A cache's or secret's name.
    package var id: String?
    /// What another build that uses the same cache folder meanwhile meets.
    package var sharing = Sharing.shared
    /// Permission bits of a new cache or of a secret.
    package var mode: UInt16?
    /// The owner of a folder that the mount makes.
    package var uid: UInt32 = 0
    /// The group of a folder that the mount makes.
    package var gid: UInt32 = 0
    /// Whether a secret must be given.
    package var isRequired = false
    /// The environment variable that gets a secret.
    package var variable: String?
    /// Bytes that a tmpfs may hold.
    package var size: Int64?
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
        for flag in try StepFlag.read(instruction, ["mount", "network", "security"]) {
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

extension RunMount {
    init(_ text: String, expand: (String) throws(InstructionError) -> String) throws(InstructionError) {
        guard let fields = NameValue.fields(text) else { throw .badFlag(flag: "mount", value: text) }
        var isReadOnly: Bool?
        for field in fields {
            let (name, value) = (field.name.lowercased(), field.value)
            let bad = InstructionError.badFlag(flag: "mount", value: value.map { "\(name)=\($0)" } ?? name)
            func number(_ radix: Int = 10) throws(InstructionError) -> UInt32 {
                guard let number = value.flatMap({ UInt32($0, radix: radix) }) else { throw bad }
                return number
            }
            func word() throws(InstructionError) -> String {
                guard let value else { throw bad }
                return try expand(value)
            }
            func isOn() throws(InstructionError) -> Bool {
                guard let isOn = StepFlag.truth(value ?? "true") else { throw bad }
                return isOn
            }
            switch name {
            case "type":
                guard let kind = Kind(rawValue: try word()) else { throw bad }
                self.kind = kind
            case "target", "dst", "destination": target = try word()
            case "source", "src": source = try word()
            case "from": from = try word()
            case "id": id = try word()
            case "readonly", "ro": isReadOnly = try isOn()
            case "readwrite", "rw": isReadOnly = try !isOn()
            case "required": isRequired = try isOn()
            case "sharing":
                guard let sharing = Sharing(rawValue: try word()) else { throw bad }
                self.sharing = sharing
            case "mode":
                let bits = try number(8)
                guard bits <= 0o7777 else { throw bad }
                mode = UInt16(bits)
            case "uid": uid = try number()
            case "gid": gid = try number()
            case "env": variable = try word()
            case "size":
                guard let bytes = ByteCountText.bytes(try word(), .docker) else { throw bad }
                size = bytes
            default: throw bad
            }
        }
        isWritable = !(isReadOnly ?? (kind == .bind))
        let needsTarget = kind != .secret && kind != .ssh
        guard !needsTarget || target != nil else { throw .badFlag(flag: "mount", value: text) }
    }
}

/// One flag before an instruction's arguments.
private struct StepFlag {
    let name: String
    let value: String?

    static func read(_ instruction: Instruction, _ known: [String]) throws(InstructionError) -> [StepFlag] {
        var found: [StepFlag] = []
        for text in instruction.flags {
            let pair = NameValue(Substring(text.unicodeScalars.dropFirst(2)))
            let name = pair.name
            guard known.contains(name) else {
                let nearest = Suggestion.nearest(to: name, among: known)
                throw .unknownFlag(instruction: instruction.name, flag: "--\(name)", suggestion: nearest.map { "--\($0)" })
            }
            found.append(StepFlag(name: name, value: pair.value))
        }
        return found
    }

    /// The value of a flag that needs one.
    var required: String {
        get throws(InstructionError) {
            guard let value, !value.isEmpty else { throw .badFlag(flag: name, value: value ?? "") }
            return value
        }
    }

    /// The value of a flag that is on or off; on where it has none.
    var isOn: Bool {
        get throws(InstructionError) {
            guard let isOn = Self.truth(value ?? "true") else { throw .badFlag(flag: name, value: value ?? "") }
            return isOn
        }
    }

    static func truth(_ text: String) -> Bool? {
        switch text.lowercased() {
        case "true", "1": true
        case "false", "0": false
        default: nil
        }
    }
}
