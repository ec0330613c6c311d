import TextPatterns

extension ErrorSentence {
    /// What is wrong with the regular expression `pattern` that the option or key `name` was given.
    init(_ error: RegularExpressionError, pattern: String, of name: String) {
        let (problem, hint) = Self.words(error.problem)
        self.init(
            code: "bad-pattern", status: 2,
            message: "`\(name)` takes a regular expression; in `\(pattern)`, column \(error.column), \(problem)", hint: hint)
    }

    private static func words(_ problem: RegularExpressionError.Problem) -> (String, hint: String?) {
        switch problem {
        case .unsupported(let text):
            (
                "`\(text)` is not supported",
                "the syntax is that of Go's regexp: no references to groups, no looking ahead or behind; see docs/reclaim.md"
            )
        case .ambiguous(let text): ("`\(text)` means different things to different programs", "escape it with a backslash")
        case .unclosed(let text): ("`\(text)` is never closed", "escape it with a backslash to match it as it is")
        case .unopened: ("`)` closes nothing", "escape it with a backslash to match it as it is")
        case .nothingToRepeat(let text): ("nothing to repeat at `\(text)`", "put what is repeated in parentheses")
        case .badBounds(let text):
            ("`\(text)` is not a valid repetition", "the most is \(RegularExpressionError.maxRepetitions)")
        case .badRange(let text): ("the range in `\(text)` is not valid", nil)
        case .badGroupName(let name): ("`\(name)` is not a valid name for a group, or is taken", nil)
        case .loneBackslash: ("it ends in a backslash", nil)
        case .tooLarge: ("it is too large", "repetitions within repetitions multiply")
        }
    }
}
