package import ImageStorage
package import TextPatterns

/// A regular expression for names of images.
///
/// Names come from others, and are matched in linear time.
package struct NamePattern: Hashable, Sendable {
    private let expression: RegularExpression

    /// As it was written.
    package var text: String { expression.text }

    /// Compiles a pattern.
    package init(_ text: String) throws(RegularExpressionError) { expression = try RegularExpression(text) }

    /// Whether some part of the name matches.
    package func matches(_ name: String) -> Bool { expression.matches(name) }

    /// Whether some part of the full name or of the one that docker shows matches.
    package func matches(_ name: EntryName) -> Bool { matches(name.text) || matches(name.familiar) }
}
