/// What is wrong with a policy file, and where.
package struct PolicyFileError: Error, Hashable, Sendable {
    /// What is wrong.
    package enum Problem: Hashable, Sendable {
        /// It is no YAML; the parser's words.
        case syntax(String)
        /// A key that a policy does not have there, and one that may be meant.
        case unknownKey(String, suggestion: String?)
        /// A key that must be there.
        case missingKey(String)
        /// A value of another kind, or one that does not parse; what the key takes.
        case badValue(key: String, expected: String)
        /// A condition of a rule that is none.
        case badFilter(FilterProblem)
        /// A rule that says neither to keep nor to remove anything.
        case noAction
        /// A rule that says both.
        case twoActions
        /// The version of the format is not known.
        case unknownVersion(String)
    }

    /// From 1; nil where the parser does not say.
    package var line: Int?
    /// From 1.
    package var column: Int?
    package var problem: Problem

    /// An error from its parts.
    package init(line: Int?, column: Int?, problem: Problem) {
        self.line = line
        self.column = column
        self.problem = problem
    }
}
