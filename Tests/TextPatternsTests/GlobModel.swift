import TextPatterns

/// What patterns mean, letter by letter and way by way, from the table in docs/patterns.md alone.
struct GlobModel {
    typealias Letters = ArraySlice<Unicode.Scalar>
    enum DoubleStar { case star, anything, parts }
    private struct Malformed: Error {}

    var boundaries: Set<Unicode.Scalar>
    var doubleStar: DoubleStar
    var isShell = false
    var setsHoldBoundaries = false
    var negations: Set<Unicode.Scalar> = ["^"]
    var refusesBackwards = true

    static let dialects: [(GlobDialect, GlobModel)] = [
        (.go, GlobModel(boundaries: ["/"], doubleStar: .star, setsHoldBoundaries: true, refusesBackwards: false)),
        (.ignoreFile, GlobModel(boundaries: ["/"], doubleStar: .parts, setsHoldBoundaries: true)),
        (.reference, GlobModel(boundaries: ["/", ":"], doubleStar: .anything, negations: ["^", "!"])),
    ]
    static let words = GlobModel(
        boundaries: [], doubleStar: .star, isShell: true, negations: ["^", "!"], refusesBackwards: false)

    /// Whether the pattern means the text; nil for what is no pattern.
    func isMeant(_ pattern: [Unicode.Scalar], _ text: [Unicode.Scalar]) -> Bool? {
        do {
            var rest = pattern[...]
            while let sign = rest.popFirst() {
                if sign == "\\", !isShell { if rest.popFirst() == nil { throw Malformed() } }
                if sign == "[", let found = try set(rest) { rest = found.rest }
            }
            if doubleStar == .parts, pattern.starts(with: ["*", "*"]), pattern.count > 2, pattern[2] != "/",
                !pattern.dropFirst(2).contains(where: { "*?[]\\".unicodeScalars.contains($0) })
            {
                return text.suffix(pattern.count - 2).elementsEqual(pattern.dropFirst(2))
            }
            return try means(pattern[...], text[...])
        } catch {
            // nil is this model's word for a pattern that means nothing.
            return nil
        }
    }

    private func means(_ pattern: Letters, _ text: Letters) throws -> Bool {
        guard let sign = pattern.first else { return text.isEmpty }
        let rest = pattern.dropFirst()
        let next = text.first.map { ($0, isBoundary: boundaries.contains($0)) }
        switch sign {
        case "*" where rest.first == "*" && doubleStar == .anything:
            let behind = rest.drop { $0 == "*" }
            return try splits(text).contains { try means(behind, text[$0...]) }
        case "*" where rest.first == "*" && doubleStar == .parts:
            let behind = rest.dropFirst(rest.dropFirst().first == "/" ? 2 : 1)
            if behind.isEmpty { return true }
            return try splits(text).contains { place in
                try (place == text.startIndex || text[place - 1] == "/") && means(behind, text[place...])
            }
        case "*":
            return try splits(text).contains { place in
                try !text[..<place].contains(where: boundaries.contains) && means(rest, text[place...])
            }
        case "?":
            guard let next, !next.isBoundary else { return false }
            return try means(rest, text.dropFirst())
        case "[":
            guard let found = try set(rest) else { break }
            guard let next, !next.isBoundary || setsHoldBoundaries, found.holds(next.0) else { return false }
            return try means(found.rest, text.dropFirst())
        case "\\" where !isShell: return try text.first == rest.first && means(rest.dropFirst(), text.dropFirst())
        default: break
        }
        return try text.first == sign && means(rest, text.dropFirst())
    }

    private func splits(_ text: Letters) -> ClosedRange<Int> { text.startIndex...text.endIndex }

    /// The set that begins behind a bracket; nil where a shell sees none.
    private func set(_ text: Letters) throws -> (holds: (Unicode.Scalar) -> Bool, rest: Letters)? {
        var rest = text
        let isNegated = rest.first.map(negations.contains) ?? false
        if isNegated { rest.removeFirst() }
        var members: [(low: Unicode.Scalar, high: Unicode.Scalar)] = []
        var count = 0
        func member() throws -> Unicode.Scalar {
            guard let letter = rest.popFirst() else { throw Malformed() }
            if isShell { return letter }
            if letter == "-" || letter == "]" { throw Malformed() }
            guard letter == "\\" else { return letter }
            guard let escaped = rest.popFirst() else { throw Malformed() }
            return escaped
        }
        while count == 0 || rest.first != "]" {
            count += 1
            if isShell, rest.isEmpty { return nil }
            let low = try member()
            var high = low
            if rest.first == "-", !isShell || (rest.count > 1 && rest.dropFirst().first != "]") {
                rest.removeFirst()
                high = try member()
            }
            if low > high, refusesBackwards { throw Malformed() }
            members.append((low, high))
        }
        rest.removeFirst()
        return ({ letter in members.contains { $0.low <= letter && letter <= $0.high } != isNegated }, rest)
    }
}
