package import SettingsFile
package import TextPatterns

/// What is wrong with a policy file, and where.
package typealias PolicyFileError = SettingsError<PolicyProblem>

/// What only a policy file can have wrong.
package enum PolicyProblem: Hashable, Sendable {
    /// A condition of a rule that is none.
    case badFilter(FilterProblem)
    /// A regular expression that is none, or none that is supported.
    case badPattern(String, RegularExpressionError)
    /// A rule that says neither to keep nor to remove anything.
    case noAction
    /// A rule that says both.
    case twoActions
}
