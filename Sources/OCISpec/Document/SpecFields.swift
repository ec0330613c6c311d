// https://pkg.go.dev/encoding/json#Unmarshal

/// The fields of one object of a specification.
///
/// Readers in Go take a field whose name differs from the specification's in case alone for that field, so it is that field
/// here as well: an image means the same to all who read it. One field under two names is refused, since which of them counts
/// would be a matter of the reader.
struct SpecFields<Name: CodingKey & CaseIterable> {
    private let source: Source
    /// What the document calls fields that it does not call by their names; nearly always empty.
    private var aliases: [String: FieldName] = [:]
    private var unknown: [FieldName] = []

    /// Where the fields are: in a document of `decodeDocument`, or with any other decoder.
    private enum Source {
        case document(DocumentObject)
        case container(KeyedDecodingContainer<FieldName>)
    }

    /// The fields of the object that `decoder` stands at.
    init(_ decoder: any Decoder) throws {
        let names: [String]
        if let document = decoder as? DocumentDecoder {
            guard document.kind == .object else { throw document.mismatch([String: String].self, "an object") }
            let object = DocumentObject(document)
            source = .document(object)
            names = object.names
        } else {
            let container = try decoder.container(keyedBy: FieldName.self)
            source = .container(container)
            names = container.allKeys.map(\.stringValue)
        }
        for text in names where Name(stringValue: text) == nil {
            let key = FieldName(stringValue: text)
            guard let name = Name.allCases.first(where: { FieldName.areFolded(text, $0.stringValue) }) else {
                unknown.append(key)
                continue
            }
            guard !contains(name) else { throw corrupted(name, "there under two names") }
            aliases[name.stringValue] = key
        }
    }

    /// Whether the object has the field.
    func contains(_ name: Name) -> Bool {
        switch source {
        case .document(let object): object.field(key(name).stringValue) != nil
        case .container(let container): container.contains(key(name))
        }
    }

    /// The value of a field that must be there.
    func decode<T: Decodable>(_ type: T.Type, forKey name: Name) throws -> T {
        switch source {
        case .document(let object):
            guard let field = object.field(key(name).stringValue) else { throw missing(name) }
            return try field.value(type)
        case .container(let container): return try container.decode(type, forKey: key(name))
        }
    }

    /// The value of a field; nil where it is absent or `null`.
    func decodeIfPresent<T: Decodable>(_ type: T.Type, forKey name: Name) throws -> T? {
        switch source {
        case .document(let object):
            guard let field = object.field(key(name).stringValue), field.kind != .null else { return nil }
            return try field.value(type)
        case .container(let container): return try container.decodeIfPresent(type, forKey: key(name))
        }
    }

    /// The value of a field that must be there but may be `null`, which is how Go writes an empty list.
    func decodeNullable<T: Decodable>(_ type: T.Type, forKey name: Name) throws -> T? {
        guard contains(name) else { throw missing(name) }
        return try decodeIfPresent(type, forKey: name)
    }

    /// The value of a field; nil where it is absent, `null` or of another type, which is as good as absent to who asks so.
    func readable<T: Decodable>(_ type: T.Type, forKey name: Name) -> T? {
        // Who must know why asks by another way.
        do { return try decodeIfPresent(type, forKey: name) } catch { return nil }
    }

    /// The schema version, which is 2 and which some writers leave out.
    func decodeSchemaVersion(forKey name: Name) throws -> Int {
        let version = try decodeIfPresent(Int.self, forKey: name) ?? 2
        guard version == 2 else { throw corrupted(name, "schema version \(version) is not known") }
        return version
    }

    /// The fields that the specification does not know.
    func unknownValues() throws -> JSONFields {
        var values: JSONFields = [:]
        for key in unknown {
            switch source {
            case .document(let object): values[ExactText(key.stringValue)] = try object.field(key.stringValue)?.anyValue()
            case .container(let container): values[ExactText(key.stringValue)] = try container.decode(JSONValue.self, forKey: key)
            }
        }
        return values
    }

    /// The error for a field whose value is wrong.
    func corrupted(_ name: Name, _ detail: String) -> DecodingError {
        .dataCorrupted(DecodingError.Context(codingPath: codingPath + [key(name)], debugDescription: detail))
    }

    private func missing(_ name: Name) -> DecodingError {
        .keyNotFound(key(name), DecodingError.Context(codingPath: codingPath, debugDescription: "missing"))
    }

    private var codingPath: [any CodingKey] {
        switch source {
        case .document(let object): object.decoder.codingPath
        case .container(let container): container.codingPath
        }
    }

    private func key(_ name: Name) -> FieldName {
        aliases.isEmpty
            ? FieldName(stringValue: name.stringValue) : aliases[name.stringValue] ?? FieldName(stringValue: name.stringValue)
    }
}

extension JSONFields {
    /// What an object calls a field of its specification; nil where it does not have it.
    package func name(of field: ExactText) -> ExactText? {
        self[field] != nil ? field : keys.first { FieldName.areFolded($0.text, field.text) }
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
