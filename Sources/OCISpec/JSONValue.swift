// https://www.rfc-editor.org/rfc/rfc8259

/// Any JSON value: how fields that this program does not know pass through it.
package enum JSONValue: Hashable, Sendable {
    case null
    case bool(Bool)
    case integer(Int64)
    case number(Double)
    case string(String)
    case array([JSONValue])
    case object([String: JSONValue])
}

extension JSONValue: Codable {
    /// Decodes whatever value stands there.
    package init(from decoder: any Decoder) throws {
        if let document = decoder as? DocumentDecoder {
            self = try document.anyValue()
            return
        }
        try UnknownValueBudget.spend(in: decoder)
        if let fields = JSONValue.keyed(decoder) {
            self = .object(try JSONValue.fields(of: fields))
            return
        }
        let container = try decoder.singleValueContainer()
        if container.decodeNil() {
            self = .null
        } else if let value = JSONValue.attempt({ try container.decode(Bool.self) }) {
            self = .bool(value)
        } else if let value = JSONValue.attempt({ try container.decode(Int64.self) }) {
            self = .integer(value)
        } else if let value = JSONValue.attempt({ try container.decode(Double.self) }) {
            self = .number(value)
        } else if let value = JSONValue.attempt({ try container.decode(String.self) }) {
            self = .string(value)
        } else {
            self = .array(try container.decode([JSONValue].self))
        }
    }

    /// Encodes the value as it was.
    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .null: try container.encodeNil()
        case .bool(let value): try container.encode(value)
        case .integer(let value): try container.encode(value)
        case .number(let value): try container.encode(value)
        case .string(let value): try container.encode(value)
        case .array(let values): try container.encode(values)
        case .object(let fields): try container.encode(fields)
        }
    }

    /// A value of the type asked for, or nil where another type stands; a probe, so the failure says nothing.
    private static func attempt<T>(_ body: () throws -> T) -> T? {
        do { return try body() } catch { return nil }
    }

    private static func keyed(_ decoder: any Decoder) -> KeyedDecodingContainer<FieldName>? {
        attempt { try decoder.container(keyedBy: FieldName.self) }
    }

    private static func fields(of container: KeyedDecodingContainer<FieldName>) throws -> [String: JSONValue] {
        var fields: [String: JSONValue] = [:]
        for key in container.allKeys {
            fields[key.stringValue] = try container.decode(JSONValue.self, forKey: key)
        }
        return fields
    }
}

extension JSONValue {
    /// Writes passed-through fields into the encoder's object.
    static func encode(_ fields: [String: JSONValue], to encoder: any Encoder) throws {
        guard !fields.isEmpty else { return }
        var container = encoder.container(keyedBy: FieldName.self)
        for (name, value) in fields {
            try container.encode(value, forKey: FieldName(stringValue: name))
        }
    }
}
