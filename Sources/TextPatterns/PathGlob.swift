/// A pattern for paths of an image: `*`, `?` and `[a-z]` within a part, `**` for any number of parts.
///
/// A pattern that names a directory also means all it holds. A leading slash changes nothing: every pattern begins at
/// the root.
package struct PathGlob: Hashable, Sendable {
    /// The pattern as it was written.
    package let text: String
    private let parts: [Part]

    private enum Part: Hashable, Sendable {
        case name(NameGlob)
        /// `**`
        case directories
    }

    /// A pattern; nil for one that names nothing.
    package init?(_ text: String) {
        self.text = text
        parts = text.utf8.split(separator: UInt8(ascii: "/")).map { part in
            part.elementsEqual("**".utf8) ? .directories : .name(NameGlob(part, .shell))
        }
        guard !parts.isEmpty else { return nil }
    }

    /// Whether the pattern means `path` (raw bytes, no leading slash) or a directory above it.
    package func matches(_ path: [UInt8]) -> Bool {
        Self.matches(parts[...], path.split(separator: UInt8(ascii: "/"))[...])
    }

    /// In steps that grow with the product of the lengths at most: a `**` that fails takes one part more, and none before it is
    /// tried again, since what they could take is a part of what it may.
    private static func matches(_ pattern: ArraySlice<Part>, _ path: ArraySlice<ArraySlice<UInt8>>) -> Bool {
        var (pattern, path) = (pattern, path)
        var stars: (pattern: ArraySlice<Part>, path: ArraySlice<ArraySlice<UInt8>>)?
        while let first = pattern.first {
            if case .directories = first {
                pattern = pattern.dropFirst()
                // At the end it means what is below, not the directory itself.
                if pattern.isEmpty { return !path.isEmpty }
                stars = (pattern, path)
            } else if case .name(let name) = first, let part = path.first, name.matches(part) {
                pattern = pattern.dropFirst()
                path = path.dropFirst()
            } else if let last = stars, !last.path.isEmpty {
                stars?.path = last.path.dropFirst()
                pattern = last.pattern
                path = last.path.dropFirst()
            } else {
                return false
            }
        }
        // What is left is below the directory that it means.
        return true
    }
}

/// A pattern for words: `*`, `?`, `[a-z]` and `[!a-z]`.
package enum TextGlob {
    /// Whether `pattern` means all of `text`.
    package static func matches(_ pattern: String, _ text: String) -> Bool {
        NameGlob(pattern.utf8, .shell).matches(Array(text.utf8)[...])
    }
}
