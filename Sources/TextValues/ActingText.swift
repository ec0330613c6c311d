/// What of a text acts on a terminal instead of being seen, and how it is written out.
///
/// The one rule for reports, sentences and screens.
package enum ActingText {
    /// How a scalar is written that acts; nil for any other.
    ///
    /// Those are control characters (`\x1B`), C1 ones and line breaks among them, and what turns the direction of a line or breaks it
    /// (`\u{202E}`): the characters that Unicode calls Bidi_Control, and its separators of lines and paragraphs.
    package static func written(_ scalar: Unicode.Scalar) -> String? {
        switch scalar.value {
        case 0..<0x20, 0x7F...0x9F: escaped(UInt8(truncatingIfNeeded: scalar.value))
        case 0x061C, 0x200E...0x200F, 0x2028...0x202E, 0x2066...0x2069: code(scalar)
        default: nil
        }
    }

    /// A scalar by its number: `\u{202E}`.
    package static func code(_ scalar: Unicode.Scalar) -> String {
        "\\u{" + String(scalar.value, radix: 16, uppercase: true) + "}"
    }

    /// A byte by its number: `\x1B`.
    package static func escaped(_ byte: UInt8) -> String {
        let hex = String(byte, radix: 16, uppercase: true)
        return "\\x" + (hex.count < 2 ? "0" : "") + hex
    }
}
