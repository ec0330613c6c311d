import Foundation
import TestSupport
import Testing
import TextPatterns

/// An expression by its definition: at which places it may end when it begins at one.
///
/// Nothing of it is shared with the module.
private indirect enum Model {
    case letter(Character)
    case any
    case oneOf([Character], isNegated: Bool)
    case start, end
    case group(Model, isRemembered: Bool)
    case sequence([Model])
    case choice([Model])
    case repetition(Model, min: Int, max: Int?, isLazy: Bool)

    var text: String {
        switch self {
        case .letter(let letter): ".*+?()[]{}|^$\\".contains(letter) ? "\\\(letter)" : "\(letter)"
        case .any: "."
        case .oneOf(let letters, let isNegated): "[\(isNegated ? "^" : "")\(letters.map { "\($0)" }.joined())]"
        case .start: "^"
        case .end: "$"
        case .group(let inner, let isRemembered): "(\(isRemembered ? "" : "?:")\(inner.text))"
        case .sequence(let parts): parts.map(\.text).joined()
        case .choice(let parts): parts.map(\.text).joined(separator: "|")
        case .repetition(let inner, let min, let max, let isLazy): inner.text + Self.sign(min, max) + (isLazy ? "?" : "")
        }
    }

    private static func sign(_ min: Int, _ max: Int?) -> String {
        switch (min, max) {
        case (0, nil): "*"
        case (1, nil): "+"
        case (0, 1): "?"
        default: min == max ? "{\(min)}" : "{\(min),\(max.map(String.init) ?? "")}"
        }
    }

    func ends(_ text: [Character], from start: Int) -> Set<Int> {
        func one(_ isMeant: (Character) -> Bool) -> Set<Int> {
            start < text.count && isMeant(text[start]) ? [start + 1] : []
        }
        switch self {
        case .letter(let letter): return one { $0 == letter }
        case .any: return one { $0 != "\n" }
        case .oneOf(let letters, let isNegated): return one { letters.contains($0) != isNegated }
        case .start: return start == 0 ? [start] : []
        case .end: return start == text.count ? [start] : []
        case .group(let inner, _): return inner.ends(text, from: start)
        case .sequence(let parts):
            return parts.reduce([start]) { places, part in Set(places.flatMap { part.ends(text, from: $0) }) }
        case .choice(let parts): return Set(parts.flatMap { $0.ends(text, from: start) })
        case .repetition(let inner, let min, let max, _):
            var places: Set<Int> = [start]
            var found: Set<Int> = min == 0 ? [start] : []
            // After as many rounds as there are letters, and the least, nothing new can be reached.
            for round in 1...(max ?? min + text.count + 1) where !places.isEmpty {
                places = Set(places.flatMap { inner.ends(text, from: $0) })
                if round >= min { found.formUnion(places) }
            }
            return found
        }
    }

    func matches(_ text: [Character]) -> Bool { (0...text.count).contains { !ends(text, from: $0).isEmpty } }

    /// Whether it can match nothing: matchers differ in what loops of nothing remember.
    var isNullable: Bool { !ends([], from: 0).isEmpty || hasAnchor }

    private var hasAnchor: Bool {
        switch self {
        case .start, .end: true
        case .letter, .any, .oneOf: false
        case .group(let inner, _), .repetition(let inner, _, _, _): inner.hasAnchor
        case .sequence(let parts), .choice(let parts): parts.contains(where: \.hasAnchor)
        }
    }

    /// Whether something is repeated that can be nothing.
    var hasLoopOfNothing: Bool {
        switch self {
        case .letter, .any, .oneOf, .start, .end: false
        case .group(let inner, _): inner.hasLoopOfNothing
        case .sequence(let parts), .choice(let parts): parts.contains(where: \.hasLoopOfNothing)
        case .repetition(let inner, _, _, _): inner.isNullable || inner.hasLoopOfNothing
        }
    }
}

/// Expressions and texts by chance, the same ones for a seed.
private struct Chance {
    private var numbers: SeededNumbers

    init(seed: Int) { numbers = SeededNumbers(seed: seed) }

    mutating func number(_ range: ClosedRange<Int>) -> Int { numbers.number(range) }

    static let letters: [Character] = ["a", "b", "/", ".", "-"]

    mutating func letter() -> Character { Self.letters[number(0...(Self.letters.count - 1))] }

    mutating func text() -> String { String((0..<number(0...8)).map { _ in letter() }) }

    mutating func expression(depth: Int) -> Model {
        switch number(0...(depth > 0 ? 9 : 4)) {
        case 0, 1, 2: return .letter(letter())
        case 3: return .any
        case 4:
            let letters = (0...number(0...2)).map { _ in letter() }.filter { $0 != "-" }
            return letters.isEmpty ? .letter("-") : .oneOf(letters, isNegated: number(0...2) == 0)
        case 5:
            return .group(
                .choice((0...number(1...2)).map { _ in expression(depth: depth - 1) }), isRemembered: number(0...1) == 0)
        case 6, 7:
            let parts = (0...number(0...2)).map { _ in expression(depth: depth - 1) }
            return .group(.sequence(parts), isRemembered: number(0...1) == 0)
        case 8:
            let anchor = number(0...1) == 0 ? Model.start : .end
            return .group(.sequence([anchor, expression(depth: depth - 1)]), isRemembered: false)
        default:
            let min = number(0...2)
            let max = number(0...2) == 0 ? nil : min + number(0...2)
            // What is repeated is one letter, or has parentheses.
            return .repetition(
                expression(depth: depth - 1).repeatable, min: min, max: max == 0 ? 1 : max, isLazy: number(0...3) == 0)
        }
    }

    mutating func whole() -> Model {
        .choice((0...number(0...1)).map { _ in .sequence((0...number(0...2)).map { _ in expression(depth: 3) }) })
    }
}

extension Model {
    fileprivate var repeatable: Model {
        switch self {
        case .letter, .any, .oneOf, .group: self
        default: .group(self, isRemembered: false)
        }
    }
}

@Suite struct RegularExpressionModelTests {
    @Test func expressionsMatchWhatTheirDefinitionSays() throws {
        var chance = Chance(seed: 1)
        for _ in 0..<20_000 {
            let model = chance.whole()
            let expression = try RegularExpression(model.text)
            for _ in 0..<4 {
                let text = chance.text()
                #expect(expression.matches(text) == model.matches(Array(text)), "\(model.text) on \(text)")
            }
        }
    }

    /// Patterns of earlier versions were Swift's: for such names they mean what they meant.
    @Test func expressionsMeanWhatSwiftsMean() throws {
        var chance = Chance(seed: 2)
        for _ in 0..<2_000 {
            let model = chance.whole()
            let (expression, swifts) = (try RegularExpression(model.text), try Regex(model.text))
            for _ in 0..<4 {
                let text = chance.text()
                #expect(expression.matches(text) == text.contains(swifts), "\(model.text) on \(text)")
            }
        }
    }

    /// Where they match, and what their groups have, a matcher that backtracks says as well.
    @Test func placesAreThoseOfAMatcherThatBacktracks() throws {
        var chance = Chance(seed: 3)
        var count = 0
        while count < 5_000 {
            let model = chance.whole()
            guard !model.hasLoopOfNothing else { continue }
            count += 1
            let (expression, peer) = (try RegularExpression(model.text), try NSRegularExpression(pattern: model.text))
            let text = chance.text()
            let match = expression.matches(in: Array(text.unicodeScalars)).first
            let known = peer.firstMatch(in: text, range: NSRange(location: 0, length: text.utf16.count))
            let ranges = known.map { known in
                (0..<known.numberOfRanges).map { number -> Range<Int>? in
                    let range = known.range(at: number)
                    return range.location == NSNotFound ? nil : range.location..<(range.location + range.length)
                }
            }
            #expect(match?.ranges == ranges, "\(model.text) on \(text)")
        }
    }
}
