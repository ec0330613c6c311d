/// `NAME=value`, as variables, labels and options have it, taken apart at the first `=`.
///
/// By bytes: with an accent behind it the sign is no `Character` of its own.
package struct NameValue: Hashable, Sendable {
    /// All before the first `=`; empty where the text begins with it.
    package let name: String
    /// nil without `=`.
    package let value: String?

    /// The parts of a text; without `=` all of it is the name.
    package init(_ text: some StringProtocol) {
        let bytes = text.utf8
        let end = bytes.firstIndex(of: UInt8(ascii: "=")) ?? bytes.endIndex
        name = String(decoding: bytes[..<end], as: UTF8.self)
        value = end == bytes.endIndex ? nil : String(decoding: bytes[end...].dropFirst(), as: UTF8.self)
    }

    /// The fields of a text such as `type=bind,source=/a`; empty ones do not count.
    ///
    /// As docker reads them: a field that begins with a double quote ends with the next one, may hold commas, and has `""` for a
    /// quote. nil for one that does not end so.
    package static func fields(_ text: some StringProtocol) -> [NameValue]? {
        var fields: [NameValue] = []
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            guard let field = rest.first == quote ? quoted(&rest) : plain(&rest) else { return nil }
            if !field.isEmpty { fields.append(NameValue(String(decoding: field, as: UTF8.self))) }
            rest = rest.dropFirst()
        }
        return fields
    }

    private static let comma = UInt8(ascii: ",")
    private static let quote = UInt8(ascii: "\"")

    /// Takes all up to the next comma.
    private static func plain(_ rest: inout ArraySlice<UInt8>) -> [UInt8]? {
        let field = rest.prefix { $0 != comma }
        rest = rest.dropFirst(field.count)
        return Array(field)
    }

    /// Takes a field in quotes; nil where it is not closed, or something but a comma is behind it.
    private static func quoted(_ rest: inout ArraySlice<UInt8>) -> [UInt8]? {
        var field: [UInt8] = []
        while rest.popFirst() == quote {
            let part = rest.prefix { $0 != quote }
            rest = rest.dropFirst(part.count)
            guard rest.popFirst() == quote else { return nil }
            field += part
            if rest.isEmpty || rest.first == comma { return field }
            // Two quotes are one of the field's.
            field.append(quote)
        }
        return nil
    }
}
