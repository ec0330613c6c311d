package import OCISpec

/// Turns a document's value into text: keys sorted, one value a line, a newline at the end.
package enum JSONReport {
    /// The version of every document's keys.
    ///
    /// Keys are only added within a version.
    package static let schemaVersion: Int64 = 1

    /// The document as UTF-8 text.
    package static func text(_ document: JSONValue) -> [UInt8] {
        JSONText(document).bytes
    }

    /// A document: `fields` with its kind and schema version.
    package static func document(_ kind: String, _ fields: JSONFields) -> JSONValue {
        .object(fields.merging(["kind": .string(kind), "schemaVersion": .integer(schemaVersion)]) { own, _ in own })
    }
}

extension JSONValue {
    /// A string, or null.
    static func optional(_ value: String?) -> JSONValue { value.map { .string($0) } ?? .null }
    /// A number, or null.
    static func optional(_ value: Double?) -> JSONValue { value.map { .number($0) } ?? .null }
    /// A number of bytes, or null.
    static func optional(_ value: Int64?) -> JSONValue { value.map { .integer($0) } ?? .null }
    /// A claim, or null.
    static func optional(_ value: Bool?) -> JSONValue { value.map { .bool($0) } ?? .null }
    /// A count, or null.
    static func optional(_ value: Int?) -> JSONValue { value.map { count($0) } ?? .null }
    /// A count.
    static func count(_ value: Int) -> JSONValue { .integer(Int64(value)) }
}
