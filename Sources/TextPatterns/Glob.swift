/// A pattern with `*`, `?`, `[a-z]` and `**`, each meaning what its dialect says.
///
/// A character is a code point, as for Go and fnmatch(3): an accent that stands for itself is one of its own. Texts are bytes; one
/// that is no part of UTF-8 is a character that equals nothing but itself. Whatever pattern and text are, a match takes no more
/// steps than the product of their lengths: all ways through the pattern are followed at once.
package struct Glob: Hashable, Sendable {
    let steps: [GlobStep]
    /// What the steps `.member` mean, by number.
    let sets: [GlobSet]
    /// The characters that no wildcard stands for but `**`.
    let boundaries: [UInt32]

    /// The pattern that a text is in a dialect.
    package init(_ text: some Sequence<UInt8>, _ dialect: GlobDialect) throws(GlobError) {
        var reader = GlobReader(text, dialect)
        reader.read()
        guard !reader.isMalformed else { throw .malformed }
        self.init(reader, dialect)
    }

    /// The pattern that a text is for a shell, where every text is one: a bracket that is not closed is a letter.
    package init(shell text: some Sequence<UInt8>, boundaries: String.UnicodeScalarView = "".unicodeScalars) {
        let dialect = GlobDialect.shell(boundaries: Array(boundaries))
        var reader = GlobReader(text, dialect)
        reader.read()
        self.init(reader, dialect)
    }

    private init(_ reader: GlobReader, _ dialect: GlobDialect) {
        self.init(steps: reader.steps, sets: reader.sets, boundaries: dialect.boundaries.map(\.value))
    }

    init(steps: [GlobStep], sets: [GlobSet], boundaries: [UInt32]) {
        self.steps = steps
        self.sets = sets
        self.boundaries = boundaries
    }

    /// Whether the pattern means all of `text`.
    package func matches(_ text: ArraySlice<UInt8>) -> Bool {
        var isMeant = false
        forEachEnd(in: text) { end in
            isMeant = end == text.endIndex
            return true
        }
        return isMeant
    }

    /// Whether the pattern means all of `text`.
    package func matches(_ text: String) -> Bool { matches(Array(text.utf8)[...]) }

    /// Whether the pattern means `path`, or a directory above it.
    package func matchesPathOrAbove(_ path: ArraySlice<UInt8>) -> Bool {
        var isMeant = false
        forEachEnd(in: path) { end in
            isMeant = end == path.endIndex || path[end] == UInt8(ascii: "/")
            return !isMeant
        }
        return isMeant
    }
}

/// Why a text is no pattern.
package enum GlobError: Error, Hashable, Sendable {
    /// A bracket is not closed or holds nothing that is allowed there, or the text ends with its escape character.
    case malformed
}

/// What a pattern takes of a text, one after another.
enum GlobStep: Hashable, Sendable {
    case letter(UInt32)
    /// `?`: one character, no boundary.
    case one
    /// One character of the set with this number.
    case member(Int)
    /// `*`: any number of characters, no boundary.
    case run
    /// Any number of characters.
    case anything
    /// The beginning of `**/`, any number of whole parts of a path: what follows next, or `partsEnd`.
    case parts
    /// The end of `**/`, if it means any part: all up to a slash.
    case partsEnd
}

/// What stands in brackets.
struct GlobSet: Hashable, Sendable {
    var ranges: [ClosedRange<UInt32>]
    /// Whether all other characters are meant.
    var isNegated: Bool
    /// Whether a boundary may be one of them.
    var hasBoundaries: Bool

    func contains(_ letter: UInt32) -> Bool { ranges.contains { $0.contains(letter) } != isNegated }
}
