// https://pkg.go.dev/path/filepath#Match
// https://man7.org/linux/man-pages/man3/fnmatch.3.html

/// A pattern for one name: `*`, `?` and `[a-z]`, of which the last two mean one character.
///
/// A character is a code point, as for Go and fnmatch(3): an accent that stands for itself is one of its own. Names are bytes; one
/// that is no part of UTF-8 is a character that equals nothing but itself.
package struct NameGlob: Hashable, Sendable {
    /// What else means something.
    package enum Dialect: Sendable {
        /// `[!a]` as well as `[^a]`; no escapes, and a bracket that is not closed is a letter.
        case shell
        /// Go's `filepath.Match`: `\` escapes, `[^a]` alone; what is malformed means nothing.
        case go
    }

    fileprivate enum Part: Hashable, Sendable {
        case letter(UInt32)
        case one
        case any
        case member([ClosedRange<UInt32>], isNegated: Bool)
        case nothing
    }

    private let parts: [Part]

    /// The pattern that a text is.
    package init(_ text: some Sequence<UInt8>, _ dialect: Dialect) {
        var reader = GlobReader(text, dialect)
        parts = reader.parts()
    }

    /// Whether the pattern means all of `name`.
    ///
    /// In steps that grow with the product of the lengths at most: a star that fails takes one character more, and none before it is
    /// tried again.
    package func matches(_ name: ArraySlice<UInt8>) -> Bool {
        var (part, at) = (0, name.startIndex)
        var star: (part: Int, at: Int)?
        while at < name.endIndex {
            let letter = NameLetter(name, at)
            if part < parts.count, case .any = parts[part] {
                star = (part, at)
                part += 1
            } else if part < parts.count, Self.isMeant(letter.value, parts[part]) {
                part += 1
                at += letter.length
            } else if let last = star {
                at = last.at + NameLetter(name, last.at).length
                star = (last.part, at)
                part = last.part + 1
            } else {
                return false
            }
        }
        return parts[part...].allSatisfy { $0 == .any }
    }

    private static func isMeant(_ letter: UInt32, _ part: Part) -> Bool {
        switch part {
        case .letter(let own): own == letter
        case .one: true
        case .any, .nothing: false
        case .member(let ranges, let isNegated): ranges.contains { $0.contains(letter) } != isNegated
        }
    }
}

/// The character that stands at a place of a name.
private struct NameLetter {
    /// The code point; for a byte that is no part of UTF-8 a number above all of them.
    let value: UInt32
    /// Bytes.
    let length: Int

    init(_ name: ArraySlice<UInt8>, _ at: Int) {
        let first = name[at]
        var (codec, rest) = (Unicode.UTF8(), name[at...].makeIterator())
        if first >= 0x80, case .scalarValue(let scalar) = codec.decode(&rest) {
            (value, length) = (scalar.value, Unicode.UTF8.width(scalar))
        } else {
            (value, length) = (first < 0x80 ? UInt32(first) : 0x11_0000 + UInt32(first), 1)
        }
    }
}

/// Reads a pattern once.
private struct GlobReader {
    private var letters: [UInt32] = []
    private var at = 0
    private let dialect: NameGlob.Dialect

    init(_ text: some Sequence<UInt8>, _ dialect: NameGlob.Dialect) {
        self.dialect = dialect
        let bytes = Array(text)[...]
        var place = 0
        while place < bytes.endIndex {
            let letter = NameLetter(bytes, place)
            letters.append(letter.value)
            place += letter.length
        }
    }

    mutating func parts() -> [NameGlob.Part] {
        var parts: [NameGlob.Part] = []
        while let letter = next() {
            switch letter {
            case Self.code("*"): parts.append(.any)
            case Self.code("?"): parts.append(.one)
            case Self.code("["): parts.append(members() ?? (dialect == .go ? .nothing : .letter(letter)))
            case Self.code("\\") where dialect == .go: parts.append(next().map { .letter($0) } ?? .nothing)
            default: parts.append(.letter(letter))
            }
        }
        return parts
    }

    /// What stands in brackets; nil, with nothing taken, where they are not closed.
    private mutating func members() -> NameGlob.Part? {
        let start = at
        let isNegated = peek == Self.code("^") || (dialect == .shell && peek == Self.code("!"))
        if isNegated { at += 1 }
        var ranges: [ClosedRange<UInt32>] = []
        // A bracket that stands first is a member.
        while let low = member(isFirst: ranges.isEmpty) {
            var high = low
            if peek == Self.code("-"), at + 1 < letters.count, dialect == .go || letters[at + 1] != Self.code("]") {
                at += 1
                high = escaped() ?? low
            }
            if low <= high { ranges.append(low...high) } else { ranges.append(Self.none) }
        }
        guard next() == Self.code("]"), !ranges.isEmpty else {
            at = start
            return nil
        }
        return .member(ranges, isNegated: isNegated)
    }

    /// A range without a character.
    private static let none: ClosedRange<UInt32> = .max ... .max

    private mutating func member(isFirst: Bool) -> UInt32? {
        guard let letter = peek, isFirst || letter != Self.code("]") else { return nil }
        return escaped()
    }

    private mutating func escaped() -> UInt32? {
        if dialect == .go, peek == Self.code("\\"), at + 1 < letters.count { at += 1 }
        return next()
    }

    private var peek: UInt32? { at < letters.count ? letters[at] : nil }

    private mutating func next() -> UInt32? {
        defer { at += 1 }
        return peek
    }

    private static func code(_ letter: Unicode.Scalar) -> UInt32 { letter.value }
}
