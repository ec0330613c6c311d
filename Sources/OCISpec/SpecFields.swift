// https://pkg.go.dev/encoding/json#Unmarshal

/// The fields of one object of a specification.
///
/// Readers in Go take a field whose name differs from the specification's in case alone for that field, so it is that field
/// here as well: an image means the same to all who read it. One field under two names is refused, since which of them counts
/// would be a matter of the reader.
struct SpecFields<Name: CodingKey & CaseIterable> {
    private let container: KeyedDecodingContainer<FieldName>
    /// What the document calls fields that it does not call by their names; nearly always empty.
    private var aliases: [String: FieldName] = [:]
    private var unknown: [FieldName] = []

    /// The fields of the object that `decoder` stands at.
    init(_ decoder: any Decoder) throws {
        container = try decoder.container(keyedBy: FieldName.self)
        for key in container.allKeys where Name(stringValue: key.stringValue) == nil {
            guard let name = Name.allCases.first(where: { FieldName.areFolded(key.stringValue, $0.stringValue) }) else {
                unknown.append(key)
                continue
            }
            guard !contains(name) else { throw corrupted(name, "there under two names") }
            aliases[name.stringValue] = key
        }
    }

    /// Whether the object has the field.
    func contains(_ name: Name) -> Bool { container.contains(key(name)) }

    /// The value of a field that must be there.
    func decode<T: Decodable>(_ type: T.Type, forKey name: Name) throws -> T {
        try container.decode(type, forKey: key(name))
    }

    /// The value of a field; nil where it is absent or `null`.
    func decodeIfPresent<T: Decodable>(_ type: T.Type, forKey name: Name) throws -> T? {
        try container.decodeIfPresent(type, forKey: key(name))
    }

    /// The value of a field that must be there but may be `null`, which is how Go writes an empty list.
    func decodeNullable<T: Decodable>(_ type: T.Type, forKey name: Name) throws -> T? {
        guard contains(name) else {
            throw DecodingError.keyNotFound(
                key(name), DecodingError.Context(codingPath: container.codingPath, debugDescription: "missing"))
        }
        return try decodeIfPresent(type, forKey: name)
    }

    /// The schema version, which is 2 and which some writers leave out.
    func decodeSchemaVersion(forKey name: Name) throws -> Int {
        let version = try decodeIfPresent(Int.self, forKey: name) ?? 2
        guard version == 2 else { throw corrupted(name, "schema version \(version) is not known") }
        return version
    }

    /// The fields that the specification does not know.
    func unknownValues() throws -> [String: JSONValue] {
        var values: [String: JSONValue] = [:]
        for key in unknown { values[key.stringValue] = try container.decode(JSONValue.self, forKey: key) }
        return values
    }

    /// The error for a field whose value is wrong.
    func corrupted(_ name: Name, _ detail: String) -> DecodingError {
        DecodingError.dataCorruptedError(forKey: key(name), in: container, debugDescription: detail)
    }

    private func key(_ name: Name) -> FieldName {
        aliases.isEmpty
            ? FieldName(stringValue: name.stringValue) : aliases[name.stringValue] ?? FieldName(stringValue: name.stringValue)
    }
}

extension [String: JSONValue] {
    /// What an object calls a field of its specification; nil where it does not have it.
    package func name(of field: String) -> String? {
        self[field] != nil ? field : keys.first { FieldName.areFolded($0, field) }
    }
}

/// A field of an object under whatever name it has.
struct FieldName: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }

    init(stringValue: String) {
        self.stringValue = stringValue
    }

    init?(intValue: Int) {
        return nil
    }

    /// Whether Go takes two names for one: they differ in nothing but the case of letters, the long s and the kelvin sign
    /// included.
    static func areFolded(_ left: String, _ right: String) -> Bool {
        // Either odd sign has more bytes than its letter.
        guard left.utf8.count >= right.utf8.count else { return false }
        return left.unicodeScalars.elementsEqual(right.unicodeScalars) { folded($0) == folded($1) }
    }

    private static func folded(_ scalar: Unicode.Scalar) -> UInt32 {
        switch scalar {
        case "A"..."Z": scalar.value + 32
        case "\u{17F}": UInt32(UInt8(ascii: "s"))
        case "\u{212A}": UInt32(UInt8(ascii: "k"))
        default: scalar.value
        }
    }
}
