// https://www.rfc-editor.org/rfc/rfc8259

/// Any JSON value: how fields that this program does not know pass through it.
package enum JSONValue: Sendable {
    case null
    /// `true` or `false`.
    case bool(Bool)
    /// A number without a fraction that fits.
    case integer(Int64)
    /// Any other number.
    case number(Double)
    /// A string, as text.
    case string(String)
    /// The elements, in order.
    case array([JSONValue])
    /// The fields of an object.
    case object(JSONFields)
}

/// The fields of an object: names are told apart by their bytes.
package typealias JSONFields = [ExactText: JSONValue]

extension JSONValue: Hashable {
    /// Whether both are written the same; texts by their bytes.
    package static func == (left: JSONValue, right: JSONValue) -> Bool {
        switch (left, right) {
        case (.null, .null): true
        case (.bool(let left), .bool(let right)): left == right
        case (.integer(let left), .integer(let right)): left == right
        case (.number(let left), .number(let right)): left == right
        case (.string(let left), .string(let right)): left.isExactly(right)
        case (.array(let left), .array(let right)): left == right
        case (.object(let left), .object(let right)): left == right
        default: false
        }
    }

    /// Hashes what `==` compares.
    package func hash(into hasher: inout Hasher) {
        switch self {
        case .null: hasher.combine(0)
        case .bool(let value): hasher.combine(value)
        case .integer(let value): hasher.combine(value)
        case .number(let value): hasher.combine(value)
        case .string(let value): hasher.combine(ExactText(value))
        case .array(let values): hasher.combine(values)
        case .object(let fields): hasher.combine(fields)
        }
    }
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
        if let document = encoder as? DocumentEncoder { return document.set(self) }
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
        // The next type is tried; one that fits none is an error of its own.
        do { return try body() } catch { return nil }
    }

    private static func keyed(_ decoder: any Decoder) -> KeyedDecodingContainer<FieldName>? {
        attempt { try decoder.container(keyedBy: FieldName.self) }
    }

    private static func fields(of container: KeyedDecodingContainer<FieldName>) throws -> JSONFields {
        var fields: JSONFields = [:]
        for key in container.allKeys {
            fields[ExactText(key.stringValue)] = try container.decode(JSONValue.self, forKey: key)
        }
        return fields
    }
}

extension JSONValue {
    /// Writes passed-through fields into the encoder's object.
    static func encode(_ fields: JSONFields, to encoder: any Encoder) throws {
        guard !fields.isEmpty else { return }
        var container = encoder.container(keyedBy: FieldName.self)
        for (name, value) in fields {
            try container.encode(value, forKey: FieldName(stringValue: name.text))
        }
    }
}
