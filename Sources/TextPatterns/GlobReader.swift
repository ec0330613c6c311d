/// Reads a pattern once.
struct GlobReader {
    private(set) var steps: [GlobStep] = []
    private(set) var sets: [GlobSet] = []
    /// Whether the text is no pattern of its dialect; never where brackets are as shells have them.
    private(set) var isMalformed = false

    private var letters: [UInt32] = []
    private var at = 0
    private let dialect: GlobDialect

    init(_ text: some Sequence<UInt8>, _ dialect: GlobDialect) {
        self.dialect = dialect
        let bytes = Array(text)[...]
        var place = 0
        while place < bytes.endIndex {
            let letter = GlobLetter(bytes, place)
            letters.append(letter.value)
            place += letter.length
        }
    }

    mutating func read() {
        while !isMalformed, let letter = next() {
            switch letter {
            case Self.star: readStars()
            case Self.question: steps.append(.one)
            case Self.open where dialect.brackets == .shell: steps.append(shellSet() ?? .letter(letter))
            case Self.open where dialect.brackets == .go: if let set = goSet() { steps.append(set) } else { isMalformed = true }
            case dialect.escape?.value: if let escaped = next() { steps.append(.letter(escaped)) } else { isMalformed = true }
            default: steps.append(.letter(letter))
            }
        }
    }

    // MARK: Stars

    /// Reads the stars behind a first one.
    private mutating func readStars() {
        switch dialect.doubleStar {
        case .star: steps.append(.run)
        case .anything:
            var count = 1
            while take(Self.star) { count += 1 }
            steps.append(count == 1 ? .run : .anything)
        case .parts: if take(Self.star) { readParts() } else { steps.append(.run) }
        }
    }

    /// Reads what follows `**` where that means parts of a path.
    ///
    /// At the beginning of a pattern that has no other wildcard and no slash behind, it means what ends so, whatever stands before.
    private mutating func readParts() {
        let isFirst = steps.isEmpty
        let hasSlash = take(Self.slash)
        if at == letters.count {
            steps.append(.anything)
        } else if isFirst, !hasSlash, !letters[at...].contains(where: isWildcard) {
            steps.append(.anything)
        } else {
            steps += [.parts, .partsEnd]
        }
    }

    private func isWildcard(_ letter: UInt32) -> Bool {
        [Self.star, Self.question, Self.open, Self.close].contains(letter) || letter == dialect.escape?.value
    }

    // MARK: Brackets

    /// What stands in brackets for a shell; nil, with nothing taken, where they are not closed.
    private mutating func shellSet() -> GlobStep? {
        let start = at
        let isNegated = takeNegation()
        var ranges: [ClosedRange<UInt32>] = []
        while let low = next() {
            if low == Self.close, at - start > (isNegated ? 2 : 1) { return set(ranges, isNegated) }
            // A dash in the last place is a member.
            if peek == Self.dash, at + 1 < letters.count, letters[at + 1] != Self.close, take(Self.dash), let high = next() {
                if low <= high { ranges.append(low...high) }
            } else {
                ranges.append(low...low)
            }
        }
        at = start
        return nil
    }

    /// What stands in brackets for Go; nil for what is malformed.
    private mutating func goSet() -> GlobStep? {
        let isNegated = takeNegation()
        var ranges: [ClosedRange<UInt32>] = []
        var isFirst = true
        while isFirst || peek != Self.close {
            isFirst = false
            guard let low = goMember() else { return nil }
            guard take(Self.dash) else {
                ranges.append(low...low)
                continue
            }
            guard let high = goMember() else { return nil }
            if low <= high { ranges.append(low...high) } else if dialect.refusesBackwardRanges { return nil }
        }
        at += 1
        return set(ranges, isNegated)
    }

    private mutating func goMember() -> UInt32? {
        guard let letter = next(), letter != Self.dash, letter != Self.close else { return nil }
        return letter == dialect.escape?.value ? next() : letter
    }

    private mutating func set(_ ranges: [ClosedRange<UInt32>], _ isNegated: Bool) -> GlobStep {
        sets.append(GlobSet(ranges: ranges, isNegated: isNegated, hasBoundaries: dialect.setsHaveBoundaries))
        return .member(sets.count - 1)
    }

    private mutating func takeNegation() -> Bool {
        for sign in dialect.negations where take(sign.value) { return true }
        return false
    }

    // MARK: Letters

    private var peek: UInt32? { at < letters.count ? letters[at] : nil }

    private mutating func next() -> UInt32? {
        guard at < letters.count else { return nil }
        at += 1
        return letters[at - 1]
    }

    private mutating func take(_ letter: UInt32) -> Bool {
        guard peek == letter else { return false }
        at += 1
        return true
    }

    private static let star = ("*" as Unicode.Scalar).value
    private static let question = ("?" as Unicode.Scalar).value
    private static let open = ("[" as Unicode.Scalar).value
    private static let close = ("]" as Unicode.Scalar).value
    private static let dash = ("-" as Unicode.Scalar).value
    private static let slash = ("/" as Unicode.Scalar).value
}

/// The character that stands at a place of a text.
struct GlobLetter {
    /// The code point; for a byte that is no part of UTF-8 a number above all of them.
    let value: UInt32
    /// Bytes.
    let length: Int

    init(_ text: ArraySlice<UInt8>, _ at: Int) {
        let first = text[at]
        var (codec, rest) = (Unicode.UTF8(), text[at...].makeIterator())
        if first >= 0x80, case .scalarValue(let scalar) = codec.decode(&rest) {
            (value, length) = (scalar.value, Unicode.UTF8.width(scalar))
        } else {
            (value, length) = (first < 0x80 ? UInt32(first) : 0x11_0000 + UInt32(first), 1)
        }
    }
}
