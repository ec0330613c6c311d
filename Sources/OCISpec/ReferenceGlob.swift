/// A pattern for names.
///
/// `*` and `?` stay within a part (they stop at `/` and `:`), `**` crosses parts, `[a-z]` and `[^a-z]` are one of some
/// characters, and a backslash takes the next character as it is.
package struct ReferenceGlob: Hashable, Sendable {
    private enum Token: Hashable {
        case byte(UInt8)
        case anyByte
        case oneOf([ClosedRange<UInt8>], negated: Bool)
        case star
        case doubleStar
    }

    /// The pattern as it was written.
    package let pattern: String
    private let tokens: [Token]

    /// Parses a pattern; one with an open bracket, an empty class or a lone backslash at its end is refused.
    package init(_ pattern: String) throws(ReferenceError) {
        self.pattern = pattern
        var parser = Parser(pattern: pattern)
        tokens = try parser.tokens()
    }

    /// Whether the pattern fits the whole or the short name, with tag and digest or without.
    package func matches(_ reference: Reference) -> Bool {
        [reference.full, reference.familiar, reference.repository, reference.familiarRepository].contains { matches($0) }
    }

    /// Whether the pattern fits the whole text.
    ///
    /// The time is at most the product of both lengths.
    package func matches(_ text: String) -> Bool {
        // `reached[i]` says that the first `i` tokens fit the text read so far.
        var reached = [Bool](repeating: false, count: tokens.count + 1)
        reached[0] = true
        skipStars(in: &reached)
        for byte in text.utf8 {
            var next = [Bool](repeating: false, count: tokens.count + 1)
            for (place, token) in tokens.enumerated() where reached[place] {
                switch token {
                case .doubleStar: next[place] = true
                case .star where !Self.isBoundary(byte): next[place] = true
                default: if Self.fits(token, byte) { next[place + 1] = true }
                }
            }
            skipStars(in: &next)
            reached = next
        }
        return reached[tokens.count]
    }

    /// A star may stand for nothing.
    private func skipStars(in reached: inout [Bool]) {
        for (place, token) in tokens.enumerated() where reached[place] && (token == .star || token == .doubleStar) {
            reached[place + 1] = true
        }
    }

    private static func fits(_ token: Token, _ byte: UInt8) -> Bool {
        switch token {
        case .byte(let wanted): byte == wanted
        case .anyByte: !isBoundary(byte)
        case .oneOf(let ranges, let negated): !isBoundary(byte) && ranges.contains { $0.contains(byte) } != negated
        case .star, .doubleStar: false
        }
    }

    private static func isBoundary(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: "/") || byte == UInt8(ascii: ":")
    }
}

extension ReferenceGlob {
    private struct Parser {
        let pattern: String
        var rest: Substring.UTF8View

        init(pattern: String) {
            self.pattern = pattern
            rest = pattern[...].utf8
        }

        mutating func tokens() throws(ReferenceError) -> [Token] {
            var tokens: [Token] = []
            while let byte = rest.popFirst() {
                switch byte {
                case UInt8(ascii: "*"):
                    var count = 1
                    while rest.first == byte {
                        rest.removeFirst()
                        count += 1
                    }
                    tokens.append(count == 1 ? .star : .doubleStar)
                case UInt8(ascii: "?"): tokens.append(.anyByte)
                case UInt8(ascii: "["): tokens.append(try characterClass())
                case UInt8(ascii: "\\"): tokens.append(.byte(try literal()))
                default: tokens.append(.byte(byte))
                }
            }
            return tokens
        }

        private mutating func characterClass() throws(ReferenceError) -> Token {
            let negated = rest.first == UInt8(ascii: "^") || rest.first == UInt8(ascii: "!")
            if negated { rest.removeFirst() }
            var ranges: [ClosedRange<UInt8>] = []
            while rest.first != UInt8(ascii: "]") || ranges.isEmpty {
                let low = try classByte()
                var high = low
                if rest.first == UInt8(ascii: "-") {
                    rest.removeFirst()
                    high = try classByte()
                }
                guard low <= high else { throw .badPattern(pattern) }
                ranges.append(low...high)
            }
            rest.removeFirst()
            return .oneOf(ranges, negated: negated)
        }

        private mutating func classByte() throws(ReferenceError) -> UInt8 {
            switch rest.first {
            case UInt8(ascii: "]"), UInt8(ascii: "-"), nil: throw .badPattern(pattern)
            case UInt8(ascii: "\\"):
                rest.removeFirst()
                return try literal()
            default: return try literal()
            }
        }

        private mutating func literal() throws(ReferenceError) -> UInt8 {
            guard let byte = rest.popFirst() else { throw .badPattern(pattern) }
            return byte
        }
    }
}

extension Reference {
    /// Whether the pattern fits the name; see `ReferenceGlob`, which many names should share.
    package func matches(glob pattern: String) throws(ReferenceError) -> Bool {
        try ReferenceGlob(pattern).matches(self)
    }
}
