// https://docs.docker.com/reference/dockerfile/

/// A Dockerfile as its text has it: instructions in order, nothing expanded and nothing looked up.
package struct Dockerfile: Hashable, Sendable {
    /// Comments at the top that steer the reading.
    package struct Directives: Hashable, Sendable {
        /// The character that escapes, and at a line's end continues it.
        package var escape: Unicode.Scalar = "\\"
        /// A frontend's image, which is not fetched: the language is built in.
        package var syntax: String?
        /// What `--check` is told.
        package var check = LintSettings()

        /// No directives.
        package init() {}
    }

    /// What the comments before the first instruction set.
    package var directives = Directives()
    /// In the order of the file, comments and continuation lines already taken out.
    package internal(set) var instructions: [Instruction] = []
    /// Lines, from 1, at which an empty line stands within a continued instruction.
    package internal(set) var emptyContinuations: [Int] = []
}

/// One instruction of a Dockerfile.
package struct Instruction: Hashable, Sendable {
    /// A text that follows an instruction in the file itself.
    package struct Heredoc: Hashable, Sendable {
        /// The word that announces it, as written: `<<-"END"`.
        package var word: String
        /// The word that ends it.
        package var name: String
        /// The descriptor before `<<`; 0 where none stands.
        package var descriptor: Int
        /// The lines up to the delimiter, each with its line feed; with `<<-` without leading tabs.
        package var content: String
        /// Whether variables in it are expanded: its name is not quoted.
        package var isExpanded: Bool
        /// Whether leading tabs are dropped: `<<-`.
        package var dropsTabs: Bool
    }

    /// The keyword, in capitals.
    package var name: String
    /// `--flag` and `--flag=value` before the arguments, as written.
    package var flags: [String] = []
    /// What follows, cut up in the instruction's own way; pairs of `ENV` and `LABEL` are three each: name, value, `=` or nothing.
    package var arguments: [String] = []
    /// Whether the arguments were a JSON list.
    package var isJSON = false
    /// In the order in which the instruction names them.
    package var heredocs: [Heredoc] = []
    /// The instruction that `ONBUILD` keeps for later.
    package var trigger: [Instruction] = []
    /// The instruction as written, continuations joined.
    package var text: String
    /// The lines it stands on, from 1, heredocs included.
    package var lines: ClosedRange<Int>
}

extension Instruction {
    /// All that there are.
    package static let names = [
        "ADD", "ARG", "CMD", "COPY", "ENTRYPOINT", "ENV", "EXPOSE", "FROM", "HEALTHCHECK", "LABEL", "MAINTAINER", "ONBUILD",
        "RUN",
        "SHELL", "STOPSIGNAL", "USER", "VOLUME", "WORKDIR",
    ]
}
