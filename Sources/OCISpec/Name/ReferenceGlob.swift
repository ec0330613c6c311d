import TextPatterns

/// A pattern for names.
///
/// `*` and `?` stay within a part (they stop at `/` and `:`), `**` crosses parts, `[a-z]` and `[^a-z]` are one of some
/// characters, and a backslash takes the next character as it is.
package struct ReferenceGlob: Hashable, Sendable {
    /// The pattern as it was written.
    package let pattern: String
    private let glob: Glob

    /// Parses a pattern; one with an open bracket, an empty class or a lone backslash at its end is refused.
    package init(_ pattern: String) throws(ReferenceError) {
        self.pattern = pattern
        do throws(GlobError) { glob = try Glob(pattern.utf8, .reference) } catch { throw .badPattern(pattern) }
    }

    /// Whether the pattern fits the whole or the short name, with tag and digest or without.
    package func matches(_ reference: Reference) -> Bool {
        [reference.full, reference.familiar, reference.repository, reference.familiarRepository].contains { matches($0) }
    }

    /// Whether the pattern fits the whole text.
    package func matches(_ text: String) -> Bool { glob.matches(text) }
}

extension Reference {
    /// Whether the pattern fits the name; see `ReferenceGlob`, which many names should share.
    package func matches(glob pattern: String) throws(ReferenceError) -> Bool {
        try ReferenceGlob(pattern).matches(self)
    }
}
