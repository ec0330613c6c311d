/// A pattern for paths of an image: `*`, `?` and `[a-z]` within a part, `**` for any number of parts.
///
/// A pattern that names a directory also means all it holds. A leading slash changes nothing: every pattern begins at
/// the root.
package struct PathGlob: Hashable, Sendable {
    /// The pattern as it was written.
    package let text: String
    private let glob: Glob

    /// A pattern; nil for one that names nothing.
    package init?(_ text: String) {
        self.text = text
        let slash = UInt8(ascii: "/")
        let parts = text.utf8.split(separator: slash).filter { !$0.elementsEqual(".".utf8) }
        guard !parts.isEmpty else { return nil }
        var (steps, sets): ([GlobStep], [GlobSet]) = ([], [])
        for (number, part) in parts.enumerated() {
            let isLast = number == parts.count - 1
            guard !part.elementsEqual("**".utf8) else {
                // At the end it means what is below, not the directory itself.
                steps += isLast ? [.one, .anything] : [.parts, .partsEnd]
                continue
            }
            let name = Glob(shell: part, boundaries: "/".unicodeScalars)
            steps += name.steps.map { step in
                if case .member(let set) = step { .member(set + sets.count) } else { step }
            }
            sets += name.sets
            if !isLast { steps.append(.letter(UInt32(slash))) }
        }
        glob = Glob(steps: steps, sets: sets, boundaries: [UInt32(slash)])
    }

    /// Whether the pattern means `path` (raw bytes, no leading slash) or a directory above it; the root is meant by none.
    package func matches(_ path: [UInt8]) -> Bool { !path.isEmpty && glob.matchesPathOrAbove(path[...]) }
}
