extension ExpressionParser {
    /// What a backslash outside brackets means; it was read, and stands at `start`.
    mutating func escape(from start: Int) throws(RegularExpressionError) -> (ExpressionNode, isRepeatable: Bool) {
        guard let letter = next else { throw error(.loneBackslash, at: start) }
        switch letter {
        case "A":
            place += 1
            return (.assertion(.textStart), false)
        case "z":
            place += 1
            return (.assertion(.textEnd), false)
        case "b":
            place += 1
            return (.assertion(.wordBoundary), false)
        case "Q":
            place += 1
            return (quoted(), false)
        default: break
        }
        if let (kind, isNegated) = Self.classes[letter] {
            place += 1
            return (.letter(ScalarSet(kind, isNegated: isNegated)), true)
        }
        return (.letter(ScalarSet(try escapedLetter(from: start), ignoresCase: flags.ignoresCase)), true)
    }

    /// The letters up to `\E`, or to the end.
    private mutating func quoted() -> ExpressionNode {
        var parts: [ExpressionNode] = []
        while let letter = next, !take("\\E") {
            parts.append(.letter(ScalarSet(letter, ignoresCase: flags.ignoresCase)))
            place += 1
        }
        return .sequence(parts)
    }

    private static let classes: [Unicode.Scalar: (ScalarSet.Kind, isNegated: Bool)] = [
        "d": (.digit, false), "D": (.digit, true), "w": (.word, false), "W": (.word, true), "s": (.space, false),
        "S": (.space, true),
    ]

    /// The letter that a backslash at `start`, which was read, and what follows it stand for.
    private mutating func escapedLetter(from start: Int) throws(RegularExpressionError) -> Unicode.Scalar {
        guard let letter = next else { throw error(.loneBackslash, at: start) }
        place += 1
        switch letter {
        case "n": return "\n"
        case "r": return "\r"
        case "t": return "\t"
        case "f": return "\u{0C}"
        case "a": return "\u{07}"
        case "x":
            if let letter = hexadecimal() { return letter }
        default:
            // Any mark may be escaped; what letters and digits mean differs between programs.
            if letter.isASCII, !letter.properties.isAlphabetic, letter.properties.numericType == nil { return letter }
        }
        throw error(.unsupported(text(from: start)), at: start)
    }

    /// Two digits, or any number of them in braces.
    private mutating func hexadecimal() -> Unicode.Scalar? {
        var digits = letters[place...].prefix(2)
        var length = 2
        if next == "{", let end = letters[place...].firstIndex(of: "}") {
            digits = letters[(place + 1)..<end]
            length = digits.count + 2
        }
        let text = String(String.UnicodeScalarView(digits))
        guard length > 2 || digits.count == 2, text.first != "+", text.first != "-" else { return nil }
        guard let letter = UInt32(text, radix: 16).flatMap(Unicode.Scalar.init) else { return nil }
        place += length
        return letter
    }

    /// What stands in brackets, of which the opening one, at `start`, was read.
    mutating func set(from start: Int) throws(RegularExpressionError) -> ScalarSet {
        let isNegated = take("^")
        var ranges: [ClosedRange<UInt32>] = []
        var members: [ScalarSet.Member] = []
        var isFirst = true
        while isFirst || next != "]" {
            isFirst = false
            guard next != nil else { throw error(.unclosed("["), at: start) }
            // Operations on sets for some programs, letters for others.
            for sign in ["&&", "--", "~~"] where isNext(sign) { throw error(.ambiguous(sign)) }
            if take("[:") {
                try addClass(to: &ranges, &members)
            } else if next == "[" {
                throw error(.ambiguous("["))
            } else if let member = takeClass() {
                members.append(member)
                // A range cannot begin at a class.
                if isNext("-"), !isNext("-]") { throw error(.badRange(text(from: start))) }
            } else {
                ranges.append(try range(from: start))
            }
        }
        place += 1
        return ScalarSet(ranges, members, isNegated: isNegated, ignoresCase: flags.ignoresCase)
    }

    /// `\d` and its like.
    private mutating func takeClass() -> ScalarSet.Member? {
        guard next == "\\", place + 1 < letters.count, let (kind, isNegated) = Self.classes[letters[place + 1]] else {
            return nil
        }
        place += 2
        return ScalarSet.Member(kind: kind, isNegated: isNegated)
    }

    /// One letter, or a range of them.
    private mutating func range(from start: Int) throws(RegularExpressionError) -> ClosedRange<UInt32> {
        let low = try setLetter(from: start).value
        guard isNext("-"), !isNext("-]") else { return low...low }
        if isNext("--") { throw error(.ambiguous("--")) }
        place += 1
        if takeClass() != nil || next == "[" { throw error(.badRange(text(from: start))) }
        let high = try setLetter(from: start).value
        guard low <= high else { throw error(.badRange(text(from: start))) }
        return low...high
    }

    private mutating func setLetter(from start: Int) throws(RegularExpressionError) -> Unicode.Scalar {
        guard let letter = next else { throw error(.unclosed("["), at: start) }
        place += 1
        return letter == "\\" ? try escapedLetter(from: place - 1) : letter
    }

    /// `[:alpha:]` and its like, of which `[:` was read.
    private mutating func addClass(
        to ranges: inout [ClosedRange<UInt32>], _ members: inout [ScalarSet.Member]
    ) throws(RegularExpressionError) {
        let start = place - 2
        let name = String(String.UnicodeScalarView(letters[place...].prefix { $0 != ":" }))
        place += name.unicodeScalars.count
        guard take(":]") else { throw error(.unsupported("[:\(name)"), at: start) }
        if let kinds = Self.namedKinds[name] {
            members += kinds.map { ScalarSet.Member(kind: $0, isNegated: false) }
        } else if let found = Self.namedRanges[name] {
            ranges += found
        } else {
            throw error(.unsupported("[:\(name):]"), at: start)
        }
    }

    private static let namedKinds: [String: [ScalarSet.Kind]] = [
        "alpha": [.alphabetic], "digit": [.digit], "alnum": [.alphabetic, .digit], "lower": [.lowercase], "upper": [.uppercase],
        "space": [.space], "word": [.word],
    ]
    private static let namedRanges: [String: [ClosedRange<UInt32>]] = [
        "xdigit": [0x30...0x39, 0x41...0x46, 0x61...0x66], "blank": [0x09...0x09, 0x20...0x20],
        "punct": [0x21...0x2F, 0x3A...0x40, 0x5B...0x60, 0x7B...0x7E],
    ]
}
