/// A part of a regular expression as it was read.
indirect enum ExpressionNode: Hashable, Sendable {
    /// What must hold between two letters.
    enum Assertion: Hashable, Sendable {
        case textStart, textEnd, lineStart, lineEnd, wordBoundary
    }

    /// Nothing, which matches everywhere.
    case empty
    /// One letter.
    case letter(ScalarSet)
    case assertion(Assertion)
    /// A group whose place is remembered, by its number from 1.
    case group(Int, ExpressionNode)
    case sequence([ExpressionNode])
    /// The first that matches counts.
    case choice([ExpressionNode])
    /// `max` is nil for any number; lazy ones take as few as they can.
    case repetition(ExpressionNode, min: Int, max: Int?, isLazy: Bool)

    /// How many instructions it takes with its repetitions written out; `Int.max` for more than can be counted.
    var instructionCount: Int {
        switch self {
        case .empty: 0
        case .letter, .assertion: 1
        case .group(_, let inner): Self.sum(inner.instructionCount, 2)
        case .sequence(let parts): parts.reduce(0) { Self.sum($0, $1.instructionCount) }
        case .choice(let parts):
            parts.dropFirst().reduce(parts[0].instructionCount) { Self.sum($0, Self.sum($1.instructionCount, 2)) }
        case .repetition(let inner, let min, let max, _):
            Self.sum(
                Self.product(min, inner.instructionCount),
                Self.product(max.map { $0 - min } ?? 1, Self.sum(inner.instructionCount, max == nil ? 2 : 1)))
        }
    }

    private static func sum(_ left: Int, _ right: Int) -> Int {
        let (sum, isTooMuch) = left.addingReportingOverflow(right)
        return isTooMuch ? .max : sum
    }

    private static func product(_ left: Int, _ right: Int) -> Int {
        let (product, isTooMuch) = left.multipliedReportingOverflow(by: right)
        return isTooMuch ? .max : product
    }
}
