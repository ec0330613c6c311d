// https://pkg.go.dev/path/filepath#Match
// https://docs.docker.com/build/concepts/context/#pattern-matching
// https://man7.org/linux/man-pages/man3/fnmatch.3.html

/// What the signs of a pattern mean where it is used: the rows of the table in docs/patterns.md.
package struct GlobDialect: Hashable, Sendable {
    /// What two stars or more mean.
    enum DoubleStar: Hashable, Sendable {
        /// The same as one.
        case star
        /// Any number of characters, boundaries too.
        case anything
        /// `**/` any number of whole parts of a path; at the end everything.
        case parts
    }

    /// How a set of characters is written.
    enum Brackets: Hashable, Sendable {
        /// A bracket is a letter.
        case letters
        /// As shells read them: `[!a]` as well as `[^a]`; a bracket that is not closed is a letter, `]` in the first place is a
        /// member, and so is `-` in the last.
        case shell
        /// As Go reads them: `]` and `-` must be escaped, and what is malformed is refused.
        case go
    }

    /// The characters that no wildcard but `**` stands for.
    let boundaries: [Unicode.Scalar]
    let doubleStar: DoubleStar
    let brackets: Brackets
    /// Takes the character behind it as it is.
    let escape: Unicode.Scalar?
    /// What makes a set mean all other characters, at its beginning.
    let negations: [Unicode.Scalar]
    /// Whether a set may hold a boundary.
    let setsHaveBoundaries: Bool
    /// Whether a range such as `z-a` is refused, rather than empty.
    let refusesBackwardRanges: Bool

    private init(
        boundaries: [Unicode.Scalar], doubleStar: DoubleStar, brackets: Brackets, escape: Unicode.Scalar? = "\\",
        negations: [Unicode.Scalar] = ["^"], setsHaveBoundaries: Bool = false, refusesBackwardRanges: Bool = true
    ) {
        self.boundaries = boundaries
        self.doubleStar = doubleStar
        self.brackets = brackets
        self.escape = escape
        self.negations = negations
        self.setsHaveBoundaries = setsHaveBoundaries
        self.refusesBackwardRanges = refusesBackwardRanges
    }

    /// Sources of `COPY` and `ADD`: Go's `filepath.Match`.
    package static let go = GlobDialect(
        boundaries: ["/"], doubleStar: .star, brackets: .go, setsHaveBoundaries: true, refusesBackwardRanges: false)

    /// Lines of a `.dockerignore`, and `--exclude`: moby's patternmatcher, which makes regular expressions of them.
    package static let ignoreFile = GlobDialect(
        boundaries: ["/"], doubleStar: .parts, brackets: .go, setsHaveBoundaries: true)

    /// Names of images.
    package static let reference = GlobDialect(
        boundaries: ["/", ":"], doubleStar: .anything, brackets: .go, negations: ["^", "!"])

    /// Patterns within `${name#pattern}` of a Dockerfile: `*`, `?` and the file's escape character.
    static func expansion(escape: Unicode.Scalar) -> GlobDialect {
        GlobDialect(boundaries: [], doubleStar: .star, brackets: .letters, escape: escape)
    }

    /// What every text is a pattern of; see `Glob.init(shell:boundaries:)`.
    static func shell(boundaries: [Unicode.Scalar]) -> GlobDialect {
        GlobDialect(
            boundaries: boundaries, doubleStar: .star, brackets: .shell, escape: nil, negations: ["^", "!"],
            refusesBackwardRanges: false)
    }
}
