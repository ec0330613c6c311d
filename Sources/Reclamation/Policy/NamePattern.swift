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

    /// Whether the pattern keeps an image of that name: some part of the full name, or of the one that docker shows, matches.
    ///
    /// So does any name that is longer than every registry takes: to find out takes the time of the name's length times the
    /// pattern's, and what is not known is kept.
    package func keeps(_ name: EntryName) -> Bool {
        name.text.utf8.count > Self.longestName || matches(name.text) || matches(name.familiar)
    }

    /// In bytes; the repositories of registries have 255 at most, and tags 128.
    private static let longestName = 4096
}
