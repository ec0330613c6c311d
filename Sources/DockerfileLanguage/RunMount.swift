// https://docs.docker.com/reference/dockerfile/#run---mount

import TextValues

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

extension RunMount {
    /// The keys of a mount, each under its first name.
    private enum Key: String, CaseIterable {
        case type, target, source, from, readonly, readwrite, id, sharing, mode, uid, gid, required, env, size

        private static let others: [String: Key] = [
            "dst": .target, "destination": .target, "src": .source, "ro": .readonly, "rw": .readwrite,
        ]

        init?(_ text: String) {
            guard let key = Self(rawValue: text) ?? Self.others[text] else { return nil }
            self = key
        }

        /// Those that mean something to a mount of this kind.
        static func of(_ kind: Kind) -> [Key] {
            switch kind {
            case .bind: [.type, .target, .source, .from, .readonly, .readwrite]
            case .cache: [.type, .target, .source, .from, .readonly, .readwrite, .id, .sharing, .mode, .uid, .gid]
            case .tmpfs: [.type, .target, .readonly, .readwrite, .size]
            case .secret: [.type, .id, .source, .target, .required, .mode, .uid, .gid, .env, .readonly]
            case .ssh: [.type, .id, .source, .target, .required, .mode, .uid, .gid, .readonly]
            }
        }
    }

    /// Refuses keys that mean nothing to the mount, as far as its type is written down.
    static func checkKeys(_ text: String) throws(InstructionError) {
        let fields = try fields(of: text)
        let type = fields.last { $0.key == .type }?.value ?? Kind.bind.rawValue
        guard !type.contains("$") else { return }
        try check(fields, of: try kind(type))
    }

    private static func fields(of text: String) throws(InstructionError) -> [Field] {
        guard let fields = NameValue.fields(text) else { throw .badFlag(flag: "mount", value: text) }
        var found: [Field] = []
        for field in fields {
            let name = field.name.lowercased()
            guard let key = Key(name) else { throw .badFlag(flag: "mount", value: written(name, field.value)) }
            if key == .from { try InstructionFlag.checkSource(field.value ?? "") }
            found.append(Field(key: key, name: name, value: field.value))
        }
        return found
    }

    private struct Field {
        let key: Key
        /// As it is written.
        let name: String
        let value: String?
    }

    private static func kind(_ text: String) throws(InstructionError) -> Kind {
        guard let kind = Kind(rawValue: text) else { throw .badFlag(flag: "mount", value: "type=\(text)") }
        return kind
    }

    private static func check(_ fields: [Field], of kind: Kind) throws(InstructionError) {
        let known = Key.of(kind)
        for field in fields where !known.contains(field.key) { throw .mountKey(kind: kind.rawValue, key: field.name) }
    }

    /// The mount that `text` describes; a key that means nothing to its kind is an error.
    init(_ text: String, expand: (String) throws(InstructionError) -> String) throws(InstructionError) {
        let fields = try Self.fields(of: text)
        for field in fields where field.key == .type { kind = try Self.kind(try expand(field.value ?? "")) }
        try Self.check(fields, of: kind)
        var isReadOnly: Bool?
        for field in fields {
            let value: String? = if let value = field.value { try expand(value) } else { nil }
            try set(field.key, field.name, value, &isReadOnly)
        }
        isWritable = !(isReadOnly ?? (kind != .cache && kind != .tmpfs))
        try check()
    }

    private static func written(_ name: String, _ value: String?) -> String { value.map { "\(name)=\($0)" } ?? name }

    private mutating func set(
        _ key: Key, _ name: String, _ value: String?, _ isReadOnly: inout Bool?
    ) throws(InstructionError) {
        let bad = InstructionError.badFlag(flag: "mount", value: Self.written(name, value))
        func number(_ radix: Int = 10) throws(InstructionError) -> UInt32 {
            guard let number = value.flatMap({ UInt32($0, radix: radix) }) else { throw bad }
            return number
        }
        func word() throws(InstructionError) -> String {
            guard let value, !value.isEmpty else { throw bad }
            return value
        }
        func isOn() throws(InstructionError) -> Bool {
            guard let isOn = InstructionFlag.truth(value ?? "true") else { throw bad }
            return isOn
        }
        switch key {
        case .type: break
        case .target: target = try word()
        case .source: source = try word()
        case .from: from = try word()
        case .id: id = try word()
        case .readonly: isReadOnly = try isOn()
        case .readwrite: isReadOnly = try !isOn()
        case .required: isRequired = try isOn()
        case .sharing:
            guard let sharing = Sharing(rawValue: try word()) else { throw bad }
            self.sharing = sharing
        case .mode:
            let bits = try number(8)
            guard bits <= 0o7777 else { throw bad }
            mode = UInt16(bits)
        case .uid: uid = try number()
        case .gid: gid = try number()
        case .env: variable = try word()
        case .size:
            guard let bytes = ByteCountText.bytes(try word(), .docker) else { throw bad }
            size = bytes
        }
    }

    /// What the keys must have in common.
    private mutating func check() throws(InstructionError) {
        switch kind {
        case .bind, .cache, .tmpfs:
            guard let target else { throw .missingMountKey(kind: kind.rawValue, key: "target") }
            guard !PathWalk.cleaned(target.utf8).isEmpty || !target.hasPrefix("/") else {
                throw .badFlag(flag: "mount", value: "target=\(target)")
            }
            // A cache begins with what another place has; of its own it has no paths yet.
            if kind == .cache, source != nil, from == nil { throw .missingMountKey(kind: kind.rawValue, key: "from") }
        case .secret, .ssh:
            if id != nil, source != nil { throw .mountKey(kind: kind.rawValue, key: "source", besides: "id") }
            // `source` is another word for it.
            id = id ?? source
            if kind == .secret, id == nil, target == nil { throw .missingMountKey(kind: kind.rawValue, key: "id") }
        }
    }
}
