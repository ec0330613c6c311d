/// Which letters one place of an expression may be: `a`, `.`, `[a-z_]`, `\d`.
struct ScalarSet: Hashable, Sendable {
    /// A class of letters that has a name.
    enum Kind: Hashable, Sendable {
        case alphabetic, lowercase, uppercase, digit, word, space, newline, any
    }

    /// A class, or all but it.
    struct Member: Hashable, Sendable {
        var kind: Kind
        var isNegated: Bool
    }

    private let ranges: [ClosedRange<UInt32>]
    private let members: [Member]
    private let isNegated: Bool
    private let ignoresCase: Bool
    /// The answers for ASCII, which nearly every name is made of.
    private var low: UInt64 = 0
    private var high: UInt64 = 0

    /// The letters of the ranges and classes, or with `isNegated` all others.
    init(_ ranges: [ClosedRange<UInt32>], _ members: [Member] = [], isNegated: Bool = false, ignoresCase: Bool = false) {
        self.ranges = ranges
        self.members = members
        self.isNegated = isNegated
        self.ignoresCase = ignoresCase
        for value in UInt8(0)..<64 {
            if computed(Unicode.Scalar(value)) { low |= 1 << UInt64(value) }
            if computed(Unicode.Scalar(value + 64)) { high |= 1 << UInt64(value) }
        }
    }

    /// One letter.
    init(_ letter: Unicode.Scalar, ignoresCase: Bool) {
        let cases = ignoresCase ? Self.cases(letter) : [letter]
        self.init(cases.map { $0.value...$0.value }, ignoresCase: ignoresCase)
    }

    /// A class, or all but it.
    init(_ kind: Kind, isNegated: Bool = false) { self.init([], [Member(kind: kind, isNegated: isNegated)]) }

    /// Whether the letter is one of them.
    func contains(_ letter: Unicode.Scalar) -> Bool {
        switch letter.value {
        case 0..<64: low & (1 << UInt64(letter.value)) != 0
        case 64..<128: high & (1 << UInt64(letter.value - 64)) != 0
        default: computed(letter)
        }
    }

    private func computed(_ letter: Unicode.Scalar) -> Bool {
        (ignoresCase ? Self.cases(letter).contains(where: holds) : holds(letter)) != isNegated
    }

    private func holds(_ letter: Unicode.Scalar) -> Bool {
        ranges.contains { $0.contains(letter.value) } || members.contains { $0.kind.holds(letter) != $0.isNegated }
    }

    /// The letter, and what it is in upper and lower case where that is one letter.
    private static func cases(_ letter: Unicode.Scalar) -> [Unicode.Scalar] {
        let mapped = [letter.properties.lowercaseMapping, letter.properties.uppercaseMapping]
        return [letter] + mapped.compactMap { $0.unicodeScalars.count == 1 ? $0.unicodeScalars.first : nil }
    }
}

extension ScalarSet.Kind {
    /// Whether the letter is of this class.
    func holds(_ letter: Unicode.Scalar) -> Bool {
        let properties = letter.properties
        switch self {
        case .any: return true
        case .alphabetic: return properties.isAlphabetic
        case .lowercase: return properties.isLowercase
        case .uppercase: return properties.isUppercase
        case .digit: return properties.numericType == .decimal
        case .space: return properties.isWhitespace
        case .newline: return (0x0A...0x0D).contains(letter.value) || [0x85, 0x2028, 0x2029].contains(letter.value)
        // https://www.unicode.org/reports/tr18/#word
        case .word:
            if properties.isAlphabetic || properties.numericType == .decimal || properties.isJoinControl { return true }
            switch properties.generalCategory {
            case .nonspacingMark, .spacingMark, .enclosingMark, .connectorPunctuation: return true
            default: return false
            }
        }
    }
}
