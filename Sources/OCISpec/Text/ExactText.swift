// https://www.unicode.org/reports/tr15/

/// A text that equals another one where their bytes do: a name that somebody else gave.
///
/// Swift's `String` takes for one what Unicode calls canonically equivalent: `é` as one letter and as two, `K` and the sign for kelvin.
/// For Linux, JSON and every tool written in Go they are two names: of labels, annotations, variables, volumes and files. So keys of
/// dictionaries and sets that hold such names are of this type, and `isExactly` compares their values.
package struct ExactText: Sendable {
    /// The text as it was given, not normalised.
    package let text: String

    /// A text as it is.
    package init(_ text: some StringProtocol) { self.text = String(text) }
}

extension ExactText: Hashable {
    /// Whether the bytes are the same.
    package static func == (left: ExactText, right: ExactText) -> Bool { left.text.isExactly(right.text) }

    /// Hashes the bytes.
    package func hash(into hasher: inout Hasher) {
        var copy = text
        copy.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
        // No byte of UTF-8: where one text ends and the next begins.
        hasher.combine(0xFF as UInt8)
    }
}

extension ExactText: Comparable {
    /// The order of the bytes.
    package static func < (left: ExactText, right: ExactText) -> Bool {
        left.text.utf8.lexicographicallyPrecedes(right.text.utf8)
    }
}

extension ExactText: ExpressibleByStringInterpolation, CustomStringConvertible {
    /// A name of this program's own.
    package init(stringLiteral value: String) { self.init(value) }

    /// The text itself.
    package var description: String { text }
}

extension ExactText: Codable, CodingKeyRepresentable {
    /// Decodes a string.
    package init(from decoder: any Decoder) throws { self.init(try decoder.singleValueContainer().decode(String.self)) }

    /// Encodes a string.
    package func encode(to encoder: any Encoder) throws {
        var value = encoder.singleValueContainer()
        try value.encode(text)
    }

    /// The name of a field, so that dictionaries of such keys are objects.
    package var codingKey: any CodingKey { FieldName(stringValue: text) }

    /// The key that a field's name is.
    package init?(codingKey: some CodingKey) { self.init(codingKey.stringValue) }
}

extension StringProtocol {
    /// Whether two texts are the same to their last byte.
    package func isExactly(_ other: some StringProtocol) -> Bool { utf8.elementsEqual(other.utf8) }
}

extension String? {
    /// Whether both are absent, or the same to their last byte.
    package func isExactly(_ other: String?) -> Bool {
        switch (self, other) {
        case (let own?, let other?): own.isExactly(other)
        case (nil, nil): true
        default: false
        }
    }
}

extension CodingKey {
    /// The name of a field in JSON.
    var field: ExactText { ExactText(stringValue) }
}
