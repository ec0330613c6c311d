/// What is wrong with a regular expression, and where.
package struct RegularExpressionError: Error, Hashable, Sendable {
    /// What is wrong.
    package enum Problem: Hashable, Sendable {
        /// A part of the syntax that is not supported, as it stands there.
        case unsupported(String)
        /// A letter that has a meaning of its own for some programs and must be escaped here, such as `[` within brackets.
        case ambiguous(String)
        /// A bracket or parenthesis that is never closed.
        case unclosed(String)
        /// A closing parenthesis without an opening one.
        case unopened
        /// A repetition of nothing, or of a repetition.
        case nothingToRepeat(String)
        /// A repetition whose bounds are the wrong way round, or over `maxRepetitions`.
        case badBounds(String)
        /// A range in brackets that ends before it begins, or at a class.
        case badRange(String)
        /// A group's name that is empty, malformed or taken.
        case badGroupName(String)
        /// A backslash at the end.
        case loneBackslash
        /// More letters, deeper groups or, with repetitions written out, more steps than are allowed.
        case tooLarge
    }

    /// What kind of mistake it is; the words for it are made where it is shown.
    package var problem: Problem
    /// The letter at which it was found, from 1.
    package var column: Int

    /// The most times that `{n}` may repeat, as with Go.
    package static let maxRepetitions = 1000
    /// The longest expression, in Unicode scalars.
    package static let maxLength = 4096
    /// The deepest group.
    package static let maxDepth = 100
    /// The most steps of a program; what one letter of a name costs at most.
    package static let maxInstructions = 10_000

    /// An error from its parts.
    package init(_ problem: Problem, column: Int) {
        self.problem = problem
        self.column = column
    }
}
