/// Why a text is no condition of an `ImageFilter`.
package enum ImageFilterError: Error, Hashable, Sendable {
    /// What a value must be.
    package enum Expectation: Hashable, Sendable {
        case pattern, label, boolean, spanOrDate, byteCount, image
    }

    /// The text has no key, or nothing between key and value.
    case malformed(String)
    /// There is no such key.
    case unknownKey(String)
    /// The key takes other relations than this one.
    case wrongRelation(ImageFilter.Key, ImageFilter.Relation)
    /// The value, or one of its alternatives, is not what the key takes.
    case badValue(ImageFilter.Key, value: String, expected: Expectation)
}
