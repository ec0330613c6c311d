/// `NAME=value`, as variables, labels and options have it, taken apart at the first `=`.
///
/// By bytes: with an accent behind it the sign is no `Character` of its own.
package struct NameValue: Sendable {
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
}
