/// A pattern for paths of an image: `*`, `?` and `[a-z]` within a part, `**` for any number of parts.
///
/// A pattern that names a directory also means all it holds. A leading slash changes nothing: every pattern begins at
/// the root.
package struct PathGlob: Hashable, Sendable {
    /// The pattern as it was written.
    package let text: String
    private let parts: [[UInt8]]

    /// A pattern; nil for one that names nothing.
    package init?(_ text: String) {
        self.text = text
        parts = text.utf8.split(separator: UInt8(ascii: "/")).map(Array.init)
        guard !parts.isEmpty else { return nil }
    }

    /// Whether the pattern means `path` (raw bytes, no leading slash) or a directory above it.
    package func matches(_ path: [UInt8]) -> Bool {
        Self.matches(parts[...], path.split(separator: UInt8(ascii: "/"))[...])
    }

    /// In steps that grow with the product of the lengths at most: a `**` that fails takes one part more, and none before it is
    /// tried again, since what they could take is a part of what it may.
    private static func matches(_ pattern: ArraySlice<[UInt8]>, _ path: ArraySlice<ArraySlice<UInt8>>) -> Bool {
        var (pattern, path) = (pattern, path)
        var stars: (pattern: ArraySlice<[UInt8]>, path: ArraySlice<ArraySlice<UInt8>>)?
        while let first = pattern.first {
            if first.elementsEqual("**".utf8) {
                pattern = pattern.dropFirst()
                // At the end it means what is below, not the directory itself.
                if pattern.isEmpty { return !path.isEmpty }
                stars = (pattern, path)
            } else if let part = path.first, TextGlob.matches(first[...], part) {
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

/// A pattern for words: `*`, `?`, `[a-z]` and `[!a-z]`, byte by byte.
package enum TextGlob {
    /// Whether `pattern` means all of `text`.
    package static func matches(_ pattern: String, _ text: String) -> Bool {
        matches(Array(pattern.utf8)[...], Array(text.utf8)[...])
    }

    /// In steps that grow with the product of the lengths at most: a star that fails takes one byte more.
    static func matches(_ pattern: ArraySlice<UInt8>, _ text: ArraySlice<UInt8>) -> Bool {
        var (pattern, text) = (pattern, text)
        var star: (pattern: ArraySlice<UInt8>, text: ArraySlice<UInt8>)?
        while !text.isEmpty {
            if pattern.first == UInt8(ascii: "*") {
                pattern = pattern.dropFirst()
                star = (pattern, text)
            } else if let rest = matchOne(pattern, text[text.startIndex]) {
                pattern = rest
                text = text.dropFirst()
            } else if let last = star {
                star?.text = last.text.dropFirst()
                pattern = last.pattern
                text = last.text.dropFirst()
            } else {
                return false
            }
        }
        return pattern.allSatisfy { $0 == UInt8(ascii: "*") }
    }

    /// The pattern behind what means `byte`; nil where it means another one.
    private static func matchOne(_ pattern: ArraySlice<UInt8>, _ byte: UInt8) -> ArraySlice<UInt8>? {
        guard let first = pattern.first else { return nil }
        switch first {
        case UInt8(ascii: "?"): return pattern.dropFirst()
        case UInt8(ascii: "["):
            if let end = pattern.dropFirst(2).firstIndex(of: UInt8(ascii: "]")) {
                let members = pattern[(pattern.startIndex + 1)..<end]
                return isMember(byte, of: members) ? pattern[(end + 1)...] : nil
            }
            return byte == first ? pattern.dropFirst() : nil
        default: return byte == first ? pattern.dropFirst() : nil
        }
    }

    private static func isMember(_ byte: UInt8, of members: ArraySlice<UInt8>) -> Bool {
        let isNegated = members.first == UInt8(ascii: "!") || members.first == UInt8(ascii: "^")
        var rest = isNegated ? members.dropFirst() : members
        var isFound = false
        while let low = rest.popFirst() {
            var high = low
            if rest.first == UInt8(ascii: "-"), rest.count > 1 {
                high = rest[rest.startIndex + 1]
                rest = rest.dropFirst(2)
            }
            if low <= byte, byte <= high { isFound = true }
        }
        return isFound != isNegated
    }
}
