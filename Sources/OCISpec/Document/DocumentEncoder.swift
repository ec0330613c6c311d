/// Encodes values of this program as JSON: one writer for all documents, see `encodeDocument`.
///
/// Keys are told apart by their bytes. Containers write into the encoder that made them, whenever they do.
final class DocumentEncoder: Encoder {
    private enum Content {
        case nothing
        case value(JSONValue)
        case object([ExactText: DocumentEncoder])
        case array([DocumentEncoder])
    }

    let codingPath: [any CodingKey]
    var userInfo: [CodingUserInfoKey: Any] { [:] }
    private var content = Content.nothing

    init(_ codingPath: [any CodingKey] = []) { self.codingPath = codingPath }

    /// What was encoded; a value that encodes nothing is an object without fields.
    var json: JSONValue {
        switch content {
        case .nothing: .object([:])
        case .value(let value): value
        case .object(let fields): .object(fields.mapValues(\.json))
        case .array(let elements): .array(elements.map(\.json))
        }
    }

    func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
        if case .object = content {} else { content = .object([:]) }
        return KeyedEncodingContainer(FieldWriter<Key>(encoder: self))
    }

    func unkeyedContainer() -> any UnkeyedEncodingContainer {
        if case .array = content {} else { content = .array([]) }
        return ElementWriter(encoder: self)
    }

    func singleValueContainer() -> any SingleValueEncodingContainer { ValueWriter(encoder: self) }

    /// Makes this the whole value.
    func set(_ value: JSONValue) { content = .value(value) }

    fileprivate func field(_ key: any CodingKey) -> DocumentEncoder {
        guard case .object(var fields) = content else { return self }
        content = .nothing
        let child = DocumentEncoder(codingPath + [key])
        fields[ExactText(key.stringValue)] = child
        content = .object(fields)
        return child
    }

    fileprivate func element() -> DocumentEncoder {
        guard case .array(var elements) = content else { return self }
        content = .nothing
        let child = DocumentEncoder(codingPath + [PathKey(index: elements.count)])
        elements.append(child)
        content = .array(elements)
        return child
    }

    fileprivate var elementCount: Int { if case .array(let elements) = content { elements.count } else { 0 } }

    fileprivate func set(_ number: some BinaryInteger) throws {
        guard let whole = Int64(exactly: number) else {
            throw EncodingError.invalidValue(
                number, EncodingError.Context(codingPath: codingPath, debugDescription: "no number of 64 bits"))
        }
        set(.integer(whole))
    }

    fileprivate func set(_ number: Double) throws {
        guard number.isFinite else {
            throw EncodingError.invalidValue(
                number, EncodingError.Context(codingPath: codingPath, debugDescription: "no number that JSON has"))
        }
        set(.number(number))
    }
}

private struct FieldWriter<Key: CodingKey>: KeyedEncodingContainerProtocol {
    let encoder: DocumentEncoder

    var codingPath: [any CodingKey] { encoder.codingPath }

    func encodeNil(forKey key: Key) { encoder.field(key).set(.null) }
    func encode(_ value: Bool, forKey key: Key) { encoder.field(key).set(.bool(value)) }
    func encode(_ value: String, forKey key: Key) { encoder.field(key).set(.string(value)) }
    func encode(_ value: Double, forKey key: Key) throws { try encoder.field(key).set(value) }
    func encode(_ value: Float, forKey key: Key) throws { try encoder.field(key).set(Double(value)) }
    func encode(_ value: Int, forKey key: Key) throws { try encoder.field(key).set(value) }
    func encode(_ value: Int8, forKey key: Key) throws { try encoder.field(key).set(value) }
    func encode(_ value: Int16, forKey key: Key) throws { try encoder.field(key).set(value) }
    func encode(_ value: Int32, forKey key: Key) throws { try encoder.field(key).set(value) }
    func encode(_ value: Int64, forKey key: Key) throws { try encoder.field(key).set(value) }
    func encode(_ value: UInt, forKey key: Key) throws { try encoder.field(key).set(value) }
    func encode(_ value: UInt8, forKey key: Key) throws { try encoder.field(key).set(value) }
    func encode(_ value: UInt16, forKey key: Key) throws { try encoder.field(key).set(value) }
    func encode(_ value: UInt32, forKey key: Key) throws { try encoder.field(key).set(value) }
    func encode(_ value: UInt64, forKey key: Key) throws { try encoder.field(key).set(value) }
    func encode<T: Encodable>(_ value: T, forKey key: Key) throws { try value.encode(to: encoder.field(key)) }

    func nestedContainer<NestedKey: CodingKey>(
        keyedBy type: NestedKey.Type, forKey key: Key
    ) -> KeyedEncodingContainer<NestedKey> { encoder.field(key).container(keyedBy: type) }

    func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer { encoder.field(key).unkeyedContainer() }
    func superEncoder() -> any Encoder { encoder.field(FieldName(stringValue: "super")) }
    func superEncoder(forKey key: Key) -> any Encoder { encoder.field(key) }
}

private struct ElementWriter: UnkeyedEncodingContainer {
    let encoder: DocumentEncoder

    var codingPath: [any CodingKey] { encoder.codingPath }
    var count: Int { encoder.elementCount }

    func encodeNil() { encoder.element().set(.null) }
    func encode<T: Encodable>(_ value: T) throws { try value.encode(to: encoder.element()) }

    func nestedContainer<NestedKey: CodingKey>(keyedBy type: NestedKey.Type) -> KeyedEncodingContainer<NestedKey> {
        encoder.element().container(keyedBy: type)
    }

    func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer { encoder.element().unkeyedContainer() }
    func superEncoder() -> any Encoder { encoder.element() }
}

private struct ValueWriter: SingleValueEncodingContainer {
    let encoder: DocumentEncoder

    var codingPath: [any CodingKey] { encoder.codingPath }

    func encodeNil() { encoder.set(.null) }
    func encode(_ value: Bool) { encoder.set(.bool(value)) }
    func encode(_ value: String) { encoder.set(.string(value)) }
    func encode(_ value: Double) throws { try encoder.set(value) }
    func encode(_ value: Float) throws { try encoder.set(Double(value)) }
    func encode(_ value: Int) throws { try encoder.set(value) }
    func encode(_ value: Int8) throws { try encoder.set(value) }
    func encode(_ value: Int16) throws { try encoder.set(value) }
    func encode(_ value: Int32) throws { try encoder.set(value) }
    func encode(_ value: Int64) throws { try encoder.set(value) }
    func encode(_ value: UInt) throws { try encoder.set(value) }
    func encode(_ value: UInt8) throws { try encoder.set(value) }
    func encode(_ value: UInt16) throws { try encoder.set(value) }
    func encode(_ value: UInt32) throws { try encoder.set(value) }
    func encode(_ value: UInt64) throws { try encoder.set(value) }
    func encode<T: Encodable>(_ value: T) throws { try value.encode(to: encoder) }
}
