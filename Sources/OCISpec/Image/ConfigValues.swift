// https://github.com/opencontainers/image-spec/blob/v1.1.1/config.md

/// All that an image's config says, each value by where it stands: to be compared, whether or not this program knows the field.
///
/// Left out are `rootfs` and `history`, which are about the layers, and what is null, which is the same as absent. Fields of the
/// specification have its names, whatever the case of their letters; a command of one word is a list of that word.
package struct ConfigValues: Sendable {
    /// One value.
    package struct Value: Hashable, Sendable {
        /// The names that lead to it, the outermost first.
        ///
        /// Compare them by their bytes: two labels may differ in nothing that Unicode counts.
        package var path: [String]
        /// What stands there; an object only where it is deeper than any that the specification has.
        package var value: JSONValue

        /// A value from its parts.
        package init(_ path: [String], _ value: JSONValue) {
            self.path = path
            self.value = value
        }

        /// The value as JSON, which tells any two apart.
        package var json: [UInt8] { JSONText(value, .compact).bytes }
    }

    /// In the order in which the document is gone through.
    package private(set) var values: [Value] = []

    /// What the bytes of a config say.
    package init(parsing bytes: [UInt8]) throws(DocumentError) {
        values = try decodeDocument(Gathering.self, from: bytes, limits: .stored).values
    }
}

/// Goes through a config's document.
private struct Gathering: Decodable {
    private static let topNames = [
        "created", "author", "architecture", "os", "variant", "os.version", "os.features", "docker_version", "config", "rootfs",
        "history",
    ]
    private static let configNames = [
        "User", "ExposedPorts", "Env", "Entrypoint", "Cmd", "Volumes", "WorkingDir", "Labels", "StopSignal", "Healthcheck",
        "OnBuild", "Shell", "ArgsEscaped",
    ]
    private static let commands: Set = ["Entrypoint", "Cmd", "Shell"]
    private static let sets: Set = ["ExposedPorts", "Volumes"]

    private(set) var values: [ConfigValues.Value] = []

    /// Gathers every value of a document of `decodeDocument`.
    init(from decoder: any Decoder) throws {
        guard let document = decoder as? DocumentDecoder, document.kind == .object else {
            throw DecodingError.typeMismatch(
                [String: String].self, .init(codingPath: decoder.codingPath, debugDescription: "expected an object"))
        }
        try Self.eachField(of: document) { name, value in
            let name = Self.known(name, among: Self.topNames)
            switch name {
            case "rootfs", "history": break
            case "config" where value.kind == .object:
                try Self.eachField(of: value) { try addConfig(Self.known($0, among: Self.configNames), $1) }
            default: try addOneLevel([name], value)
            }
        }
    }

    /// The fields of an object: names that Unicode calls equal are apart there.
    private static func eachField(of object: DocumentDecoder, _ body: (String, DocumentDecoder) throws -> Void) throws {
        try object.tree.forEachField(of: object.node) { name, value in
            try body(object.tree.string(name), object.at(value))
        }
    }

    private static func known(_ name: String, among names: [String]) -> String {
        names.first { FieldName.areFolded(name, $0) } ?? name
    }

    private mutating func addConfig(_ name: String, _ value: DocumentDecoder) throws {
        if Self.commands.contains(name), value.kind == .string {
            let word = try value.string()
            return add(["config", name], .array(word.isEmpty ? [] : [.string(word)]))
        }
        guard Self.sets.contains(name), value.kind == .object else { return try addOneLevel(["config", name], value) }
        // Of a set the names count alone.
        try Self.eachField(of: value) { field, _ in add(["config", name, field], .object([:])) }
    }

    /// Adds a value, or those of an object each on its own.
    private mutating func addOneLevel(_ path: [String], _ value: DocumentDecoder) throws {
        guard value.kind == .object else { return add(path, try value.anyValue()) }
        try Self.eachField(of: value) { field, value in add(path + [field], try value.anyValue()) }
    }

    private mutating func add(_ path: [String], _ value: JSONValue) {
        if value != .null { values.append(ConfigValues.Value(path, value)) }
    }
}
