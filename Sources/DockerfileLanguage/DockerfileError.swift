/// What is wrong with a Dockerfile, and where.
package struct DockerfileError: Error, Hashable, Sendable {
    /// What is wrong.
    package enum Problem: Hashable, Sendable {
        /// No instruction at all.
        case empty
        /// A parser directive that stands there twice.
        case repeatedDirective(String)
        /// An escape directive that is neither a backslash nor a backquote.
        case badEscape(String)
        /// A part of a check directive that means nothing.
        case badCheck(String)
        /// A line without an instruction that one may be meant for; the nearest one.
        case unknownInstruction(String, suggestion: String?)
        /// A heredoc whose end the file does not have.
        case unfinishedHeredoc(String)
        /// An instruction that only a stage can have, before the first `FROM`.
        case beforeFrom(String)
        /// `FROM` of an expression that expands to nothing.
        case emptyBase(String)
        /// A stage's name is letters, digits and `-_.`, a letter first.
        case badStageName(String)
        /// An instruction that cannot be read.
        case instruction(InstructionError)
        /// A file of more bytes than any Dockerfile has.
        case tooLarge(limit: Int)
    }

    /// From 1.
    package var line: Int
    /// What kind of mistake it is; the words for it are made where it is shown.
    package var problem: Problem

    /// An error from its parts.
    package init(line: Int, problem: Problem) {
        self.line = line
        self.problem = problem
    }
}

/// Why a word cannot be expanded.
package enum ExpansionError: Error, Hashable, Sendable {
    /// A quote that is not closed.
    case openQuote(Character)
    /// `${` without `}`.
    case missingBrace
    /// `${name/pattern` without its second slash.
    case missingSlash
    /// `${}`, `${:…}`, `${{…`.
    case badSubstitution
    /// A modifier that there is not.
    case unsupportedModifier(String)
    /// `${name:?message}` of a variable that is unset or, with the colon, empty; the message, where there is one.
    case required(name: String, message: String)
    /// A pattern that ends in its escape.
    case badPattern(String)
}
