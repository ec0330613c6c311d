/// Decodes values of this program from a document's tree: one reader for all documents, see `decodeDocument`.
struct DocumentDecoder: Decoder {
    let tree: JSONTree
    /// The place of the value that is decoded.
    let node: Int
    let userInfo: [CodingUserInfoKey: Any]

    var codingPath: [any CodingKey] { tree.path(to: node) }
    var kind: JSONTree.Kind { tree.nodes[node].kind }

    /// A decoder of another value of the document.
    func at(_ node: Int) -> DocumentDecoder { DocumentDecoder(tree: tree, node: node, userInfo: userInfo) }

    func container<Key: CodingKey>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> {
        guard kind == .object else { throw mismatch([String: String].self, "an object") }
        return KeyedDecodingContainer(FieldContainer<Key>(DocumentObject(self)))
    }

    func unkeyedContainer() throws -> any UnkeyedDecodingContainer {
        guard kind == .array else { throw mismatch([String].self, "an array") }
        return ElementContainer(self)
    }

    func singleValueContainer() -> any SingleValueDecodingContainer { ValueContainer(decoder: self) }

    /// The error for a value of another type than the one asked for.
    func mismatch(_ type: any Any.Type, _ wanted: String) -> DecodingError {
        let context = DecodingError.Context(codingPath: codingPath, debugDescription: "expected \(wanted), found \(title)")
        return kind == .null ? .valueNotFound(type, context) : .typeMismatch(type, context)
    }

    private var title: String {
        switch kind {
        case .null: "null"
        case .yes, .no: "a boolean"
        case .number: "a number"
        case .string: "a string"
        case .array: "an array"
        case .object: "an object"
        }
    }

    // MARK: Values

    func bool() throws -> Bool {
        guard kind == .yes || kind == .no else { throw mismatch(Bool.self, "a boolean") }
        return kind == .yes
    }

    func string() throws -> String {
        guard kind == .string else { throw mismatch(String.self, "a string") }
        return tree.string(node)
    }

    func double() throws -> Double {
        guard let number = tree.number(node) else { throw mismatch(Double.self, "a number") }
        return number
    }

    func integer<T: FixedWidthInteger>(_ type: T.Type) throws -> T {
        guard kind == .number else { throw mismatch(type, "a number") }
        guard let number = tree.integer(node), let value = T(exactly: number) else {
            throw DecodingError.dataCorrupted(
                DecodingError.Context(codingPath: codingPath, debugDescription: "not a whole number in bounds"))
        }
        return value
    }

    func value<T: Decodable>(_ type: T.Type) throws -> T {
        // The two that nearly all values are, without a container for each.
        if type == String.self, let text = try string() as? T { return text }
        if type == Int64.self, let number = try integer(Int64.self) as? T { return number }
        return try T(from: self)
    }

    /// Any value, within the budget of unknown ones.
    func anyValue() throws -> JSONValue {
        try UnknownValueBudget.spend(in: self)
        switch kind {
        case .null: return .null
        case .yes: return .bool(true)
        case .no: return .bool(false)
        case .number:
            if let number = tree.integer(node) { return .integer(number) }
            return .number(try double())
        case .string: return .string(tree.string(node))
        case .array:
            var values: [JSONValue] = []
            var child = node + 1
            while child < Int(tree.nodes[node].next) {
                values.append(try at(child).anyValue())
                child = Int(tree.nodes[child].next)
            }
            return .array(values)
        case .object:
            var fields: JSONFields = [:]
            try tree.forEachField(of: node) { name, value in fields[ExactText(tree.string(name))] = try at(value).anyValue() }
            return .object(fields)
        }
    }
}

/// An object of a document, and where its fields are.
struct DocumentObject {
    let decoder: DocumentDecoder
    /// The values by the hashes of their names, of which none is there twice; only for objects of many fields.
    private let places: [UInt64: Int]

    private static let few = 16

    init(_ decoder: DocumentDecoder) {
        self.decoder = decoder
        var places: [UInt64: Int] = [:]
        if decoder.tree.nodes[decoder.node].count > Self.few {
            decoder.tree.forEachField(of: decoder.node) { name, _ in places[decoder.tree.hash(name)] = name }
        }
        self.places = places
    }

    /// A decoder of the value of a field; nil where the object does not have it.
    func field(_ name: String) -> DocumentDecoder? {
        let tree = decoder.tree
        if !places.isEmpty {
            guard let place = places[RepeatedName.hash(name.utf8)], tree.isName(place, name) else { return nil }
            return decoder.at(place + 1)
        }
        var place = decoder.node + 1
        while place < Int(tree.nodes[decoder.node].next) {
            if tree.isName(place, name) { return decoder.at(place + 1) }
            place = Int(tree.nodes[place + 1].next)
        }
        return nil
    }

    /// The names of all fields, in the document's order.
    var names: [String] {
        var names: [String] = []
        decoder.tree.forEachField(of: decoder.node) { name, _ in names.append(decoder.tree.string(name)) }
        return names
    }
}

private struct FieldContainer<Key: CodingKey>: KeyedDecodingContainerProtocol {
    let object: DocumentObject

    init(_ object: DocumentObject) { self.object = object }

    var codingPath: [any CodingKey] { object.decoder.codingPath }
    var allKeys: [Key] { object.names.compactMap(Key.init(stringValue:)) }

    func contains(_ key: Key) -> Bool { object.field(key.stringValue) != nil }

    private func field(_ key: Key) throws -> DocumentDecoder {
        if let field = object.field(key.stringValue) { return field }
        throw DecodingError.keyNotFound(key, DecodingError.Context(codingPath: codingPath, debugDescription: "missing"))
    }

    func decodeNil(forKey key: Key) throws -> Bool { try field(key).kind == .null }
    func decode(_ type: Bool.Type, forKey key: Key) throws -> Bool { try field(key).bool() }
    func decode(_ type: String.Type, forKey key: Key) throws -> String { try field(key).string() }
    func decode(_ type: Double.Type, forKey key: Key) throws -> Double { try field(key).double() }
    func decode(_ type: Float.Type, forKey key: Key) throws -> Float { Float(try field(key).double()) }
    func decode(_ type: Int.Type, forKey key: Key) throws -> Int { try field(key).integer(type) }
    func decode(_ type: Int8.Type, forKey key: Key) throws -> Int8 { try field(key).integer(type) }
    func decode(_ type: Int16.Type, forKey key: Key) throws -> Int16 { try field(key).integer(type) }
    func decode(_ type: Int32.Type, forKey key: Key) throws -> Int32 { try field(key).integer(type) }
    func decode(_ type: Int64.Type, forKey key: Key) throws -> Int64 { try field(key).integer(type) }
    func decode(_ type: UInt.Type, forKey key: Key) throws -> UInt { try field(key).integer(type) }
    func decode(_ type: UInt8.Type, forKey key: Key) throws -> UInt8 { try field(key).integer(type) }
    func decode(_ type: UInt16.Type, forKey key: Key) throws -> UInt16 { try field(key).integer(type) }
    func decode(_ type: UInt32.Type, forKey key: Key) throws -> UInt32 { try field(key).integer(type) }
    func decode(_ type: UInt64.Type, forKey key: Key) throws -> UInt64 { try field(key).integer(type) }
    func decode<T: Decodable>(_ type: T.Type, forKey key: Key) throws -> T { try field(key).value(type) }

    func decodeIfPresent<T: Decodable>(_ type: T.Type, forKey key: Key) throws -> T? {
        guard let field = object.field(key.stringValue), field.kind != .null else { return nil }
        return try field.value(type)
    }

    func nestedContainer<NestedKey: CodingKey>(
        keyedBy type: NestedKey.Type, forKey key: Key
    ) throws -> KeyedDecodingContainer<NestedKey> { try field(key).container(keyedBy: type) }

    func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer { try field(key).unkeyedContainer() }
    func superDecoder() throws -> any Decoder { object.field("super") ?? object.decoder }
    func superDecoder(forKey key: Key) throws -> any Decoder { try field(key) }
}

private struct ElementContainer: UnkeyedDecodingContainer {
    private let decoder: DocumentDecoder
    private var place: Int
    private(set) var currentIndex = 0

    init(_ decoder: DocumentDecoder) {
        self.decoder = decoder
        place = decoder.node + 1
    }

    var codingPath: [any CodingKey] { decoder.codingPath }
    var count: Int? { Int(decoder.tree.nodes[decoder.node].count) }
    var isAtEnd: Bool { place >= Int(decoder.tree.nodes[decoder.node].next) }

    private func current() throws -> DocumentDecoder {
        if !isAtEnd { return decoder.at(place) }
        throw DecodingError.valueNotFound(
            JSONValue.self, DecodingError.Context(codingPath: codingPath, debugDescription: "no more elements"))
    }

    /// Reads the current element, and goes to the next where that succeeds.
    private mutating func take<T>(_ read: (DocumentDecoder) throws -> T) throws -> T {
        let value = try read(try current())
        place = Int(decoder.tree.nodes[place].next)
        currentIndex += 1
        return value
    }

    mutating func decodeNil() throws -> Bool {
        guard try current().kind == .null else { return false }
        return try take { _ in true }
    }

    mutating func decode(_ type: Bool.Type) throws -> Bool { try take { try $0.bool() } }
    mutating func decode(_ type: String.Type) throws -> String { try take { try $0.string() } }
    mutating func decode(_ type: Double.Type) throws -> Double { try take { try $0.double() } }
    mutating func decode(_ type: Float.Type) throws -> Float { try take { Float(try $0.double()) } }
    mutating func decode(_ type: Int.Type) throws -> Int { try take { try $0.integer(type) } }
    mutating func decode(_ type: Int8.Type) throws -> Int8 { try take { try $0.integer(type) } }
    mutating func decode(_ type: Int16.Type) throws -> Int16 { try take { try $0.integer(type) } }
    mutating func decode(_ type: Int32.Type) throws -> Int32 { try take { try $0.integer(type) } }
    mutating func decode(_ type: Int64.Type) throws -> Int64 { try take { try $0.integer(type) } }
    mutating func decode(_ type: UInt.Type) throws -> UInt { try take { try $0.integer(type) } }
    mutating func decode(_ type: UInt8.Type) throws -> UInt8 { try take { try $0.integer(type) } }
    mutating func decode(_ type: UInt16.Type) throws -> UInt16 { try take { try $0.integer(type) } }
    mutating func decode(_ type: UInt32.Type) throws -> UInt32 { try take { try $0.integer(type) } }
    mutating func decode(_ type: UInt64.Type) throws -> UInt64 { try take { try $0.integer(type) } }
    mutating func decode<T: Decodable>(_ type: T.Type) throws -> T { try take { try $0.value(type) } }

    mutating func nestedContainer<NestedKey: CodingKey>(
        keyedBy type: NestedKey.Type
    ) throws -> KeyedDecodingContainer<NestedKey> { try take { try $0.container(keyedBy: type) } }

    mutating func nestedUnkeyedContainer() throws -> any UnkeyedDecodingContainer { try take { try $0.unkeyedContainer() } }
    mutating func superDecoder() throws -> any Decoder { try take { $0 } }
}

private struct ValueContainer: SingleValueDecodingContainer {
    let decoder: DocumentDecoder

    var codingPath: [any CodingKey] { decoder.codingPath }

    func decodeNil() -> Bool { decoder.kind == .null }
    func decode(_ type: Bool.Type) throws -> Bool { try decoder.bool() }
    func decode(_ type: String.Type) throws -> String { try decoder.string() }
    func decode(_ type: Double.Type) throws -> Double { try decoder.double() }
    func decode(_ type: Float.Type) throws -> Float { Float(try decoder.double()) }
    func decode(_ type: Int.Type) throws -> Int { try decoder.integer(type) }
    func decode(_ type: Int8.Type) throws -> Int8 { try decoder.integer(type) }
    func decode(_ type: Int16.Type) throws -> Int16 { try decoder.integer(type) }
    func decode(_ type: Int32.Type) throws -> Int32 { try decoder.integer(type) }
    func decode(_ type: Int64.Type) throws -> Int64 { try decoder.integer(type) }
    func decode(_ type: UInt.Type) throws -> UInt { try decoder.integer(type) }
    func decode(_ type: UInt8.Type) throws -> UInt8 { try decoder.integer(type) }
    func decode(_ type: UInt16.Type) throws -> UInt16 { try decoder.integer(type) }
    func decode(_ type: UInt32.Type) throws -> UInt32 { try decoder.integer(type) }
    func decode(_ type: UInt64.Type) throws -> UInt64 { try decoder.integer(type) }
    func decode<T: Decodable>(_ type: T.Type) throws -> T { try decoder.value(type) }
}
