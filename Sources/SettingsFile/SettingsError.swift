/// What is wrong with a settings file, and where.
///
/// `Own` are the faults that only one kind of file can have.
package struct SettingsError<Own: Hashable & Sendable>: Error, Hashable, Sendable {
    /// What is wrong.
    package enum Problem: Hashable, Sendable {
        /// It is no YAML; the parser's words.
        case syntax(String)
        /// A key that the file does not have there, and one that may be meant.
        case unknownKey(String, suggestion: String?)
        /// A key that must be there.
        case missingKey(String)
        /// A value of another kind, or one that does not parse; what the key takes.
        case badValue(key: String, expected: String)
        /// The version of the format is not known.
        case unknownVersion(String)
        /// A fault of this kind of file.
        case own(Own)
    }

    /// From 1; nil where the parser does not say.
    package var line: Int?
    /// From 1.
    package var column: Int?
    /// What kind of mistake it is; the words for it are made where it is shown.
    package var problem: Problem

    /// An error from its parts.
    package init(line: Int?, column: Int?, problem: Problem) {
        self.line = line
        self.column = column
        self.problem = problem
    }

    /// The text of a settings file's bytes; what is no UTF-8 is no YAML.
    package static func text(of bytes: [UInt8]) throws(SettingsError) -> String {
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw SettingsError(line: nil, column: nil, problem: .syntax("not UTF-8"))
        }
        return text
    }
}
