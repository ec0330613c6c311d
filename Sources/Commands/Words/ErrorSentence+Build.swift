import Distribution
import DockerfileLanguage
import ImageBuild
import Operations
import Reports

extension BuildFailure: ExplainedError {
    var sentence: ErrorSentence { ErrorSentence(self) }
}

extension BuildFindings: ExplainedError {
    var sentence: ErrorSentence {
        let lines = findings.prefix(5).map { "\(place):\($0.line): \($0.rule.rawValue): \($0.message)" }
        let more = findings.count > lines.count ? ["and \(findings.count - lines.count) more"] : []
        return ErrorSentence(
            code: "bad-dockerfile", status: 1, message: "the checks found: \((lines + more).joined(separator: "; "))",
            hint: "`strata build --check` shows them all; `# check=error=true` makes them errors")
    }
}

extension BuildContextError: ExplainedError {
    var sentence: ErrorSentence { ErrorSentence(self) }
}

extension GitError: ExplainedError {
    var sentence: ErrorSentence { ErrorSentence(self) }
}

extension GitAddress.Problem: ExplainedError {
    var sentence: ErrorSentence { ErrorSentence(self) }
}

extension DockerfileError: ExplainedError {
    var sentence: ErrorSentence { ErrorSentence(self) }
}

extension BuildError: ExplainedError {
    var sentence: ErrorSentence { ErrorSentence(self) }
}

extension ErrorSentence {
    /// The sentence for a repository that cannot be had.
    init(_ error: GitError) {
        switch error {
        case .notInstalled:
            self.init(
                code: "no-git", message: "git is not installed, which fetches repositories",
                hint: "install it: `apt-get install git`")
        case .failed(let what, let detail):
            self.init(
                code: "git-failed",
                message: "cannot fetch \(AddressText.shown(what)): \(detail.replacing(what, with: AddressText.shown(what)))",
                hint: detail.contains("certificate")
                    ? "the environment names whom to trust: GIT_SSL_CAINFO, a file of certificates"
                    : "git asks for no password here: use an ssh agent, or a clone of your own as the context")
        case .checksumMismatch(let url, let expected, let actual):
            self.init(code: "digest-mismatch", message: "\(AddressText.shown(url)) is at commit \(actual), not \(expected)")
        case .noSuchFolder(let url, let folder):
            self.init(
                code: "no-such-context", message: "\(AddressText.shown(url)) has no directory \(Self.place(folder))",
                hint: "symlinks on the way are not followed")
        }
    }

    /// The sentence for an address with a wrong fragment.
    init(_ problem: GitAddress.Problem) {
        switch problem {
        case .badReference(let name):
            self.init(
                code: "bad-address", status: 2, message: "`\(name)` is not a valid branch, tag or commit",
                hint: "write URL#BRANCH:DIRECTORY")
        case .badFolder(let path):
            self.init(code: "bad-address", status: 2, message: "`\(path)` leads out of the repository", hint: "leave out `..`")
        }
    }

    /// The sentence for a failure at a line: the place and the line itself around what is wrong.
    init(_ failure: BuildFailure) {
        let inner = ErrorSentence(any: failure.cause)
        // What is wrong with the Dockerfile is the caller's to mend, as a wrong flag is.
        let isLanguage = failure.cause is DockerfileError || failure.cause is InstructionError
        guard let numbers = failure.lineNumbers else {
            let text = failure.instruction.map { " in `\(Self.shown($0))`" } ?? ""
            self.init(
                code: inner.code, status: inner.status, message: "\(inner.message)\(text), a trigger of the base image",
                hint: inner.hint)
            return
        }
        let line = numbers.lowerBound <= failure.lines.count ? String(failure.lines[numbers.lowerBound - 1]) : ""
        let text = Self.shown(line)
        self.init(
            code: isLanguage ? "bad-dockerfile" : inner.code, status: isLanguage ? 2 : inner.status,
            message: "\(failure.place):\(numbers.lowerBound): \(inner.message)" + (text.isEmpty ? "" : ", in `\(text)`"),
            hint: inner.hint)
    }

    /// An instruction on one line, without the users and passwords of its addresses.
    private static func shown(_ instruction: String) -> String {
        let words = instruction.split { $0.isWhitespace }.map { word in
            word.contains("://") ? AddressText.withoutUser(String(word)) : String(word)
        }
        let text = words.joined(separator: " ")
        return text.count > 200 ? text.prefix(199) + "…" : text
    }

    /// The sentence for what is wrong with a Dockerfile, its line aside.
    init(_ error: DockerfileError) {
        let (message, hint): (String, String?) =
            switch error.problem {
            case .empty: ("there is no instruction", "begin with FROM")
            case .repeatedDirective(let name): ("the directive `\(name)` occurs twice", nil)
            case .badEscape(let text): ("`\(text)` cannot be the escape character", "it is \\ or `")
            case .badCheck(let text):
                (
                    "`\(text)` is not a valid setting for checks",
                    "write skip=RULE,RULE, error=true or experimental=RULE, with `;` between"
                )
            case .unknownInstruction(let name, let suggestion):
                ("there is no instruction \(name)", suggestion.map { "did you mean \($0)?" })
            case .unfinishedHeredoc(let name): ("the heredoc `\(name)` has no end", "end it with a line that is just \(name)")
            case .beforeFrom(let name): ("\(name) is not allowed before the first FROM", "only ARG may")
            case .emptyBase(let text): ("`\(text)` is empty after variable expansion", "give the ARG a default")
            case .badStageName(let name):
                ("`\(name)` cannot name a stage", "a name is letters, digits, `-`, `_` and `.`, a letter first")
            case .instruction(let error):
                (ErrorSentence(error).message, ErrorSentence(error).hint)
            case .tooLarge(let limit): ("the file is larger than \(ByteText.text(Int64(limit)))", nil)
            }
        self.init(code: "bad-dockerfile", status: 2, message: message, hint: hint)
    }

    /// The sentence for a step that cannot be done.
    init(_ error: BuildError) {
        func path(_ bytes: [UInt8]) -> String { PathText.display(bytes) }
        switch error {
        case .noSuchSource(let text):
            self.init(
                code: "no-such-source",
                message: "`\(text.contains("://") ? AddressText.shown(text) : text)` is not in the context",
                hint:
                    "paths are relative to the root of the context, and nothing outside it can be copied; .dockerignore may exclude it"
            )
        case .destinationIsNoDirectory(let text):
            self.init(
                code: "bad-destination", message: "cannot copy several files to `\(text)`",
                hint: "end the name of a directory with a slash")
        case .wrongKind(let source, let target):
            self.init(
                code: "bad-destination",
                message: "`\(path(source))` cannot replace /\(path(target)): one is a directory and the other is not")
        case .unsupportedKind(let file):
            self.init(code: "bad-source", message: "`\(path(file))` is neither a file, nor a directory, nor a symlink")
        case .markerName(let file):
            self.init(
                code: "bad-source", message: "`\(path(file))`: a name that begins with .wh. would delete something in the image")
        case .symlinkLoop(let file): self.init(code: "bad-source", message: "the symlinks of `\(path(file))` form a loop")
        case .changedMeanwhile(let file):
            self.init(code: "changed", message: "`\(path(file))` changed while it was read", hint: "build again")
        case .unreadable(let file, let errno):
            self.init(code: "unreadable", message: "cannot read `\(path(file))`: \(Self.reason(errno))")
        case .noSuchUser(let name):
            self.init(
                code: "no-such-user", message: "the image has no user `\(name)`", hint: "give a number, or add the user first")
        case .noSuchGroup(let name):
            self.init(
                code: "no-such-user", message: "the image has no group `\(name)`", hint: "give a number, or add the group first")
        case .noSuchTarget(let name, let suggestion):
            self.init(
                code: "no-such-stage", status: 2, message: "the Dockerfile has no stage `\(name)`",
                hint: suggestion.map { "did you mean `\($0)`?" })
        case .badPattern(let text):
            self.init(
                code: "bad-pattern", status: 2, message: "`\(text)` is not a valid pattern",
                hint: "close each `[` with `]`, and write \\ before a character that stands for itself")
        case .checksumMismatch(let url, let expected, let actual):
            self.init(code: "digest-mismatch", message: "\(AddressText.shown(url)) is \(actual), not \(expected)")
        case .badChecksum(let text):
            self.init(
                code: "bad-dockerfile", status: 2, message: "`\(text)` is not a valid checksum",
                hint: "write sha256: and 64 hexadecimal digits")
        case .checksumNotUsed:
            self.init(
                code: "bad-dockerfile", status: 2, message: "`--checksum` needs exactly one source, an HTTP address",
                hint: "remove the flag, or give the source an instruction of its own")
        case .notGit(let flag):
            self.init(code: "bad-dockerfile", status: 2, message: "`\(flag)` is only for a git repository as the source")
        case .noDirectory(let text): self.init(code: "bad-source", message: "`\(text)` is not a directory")
        case .noSuchSecret(let name):
            self.init(
                code: "no-secret", message: "the step needs the secret `\(name)`", hint: "give `--secret id=\(name),src=FILE`")
        case .noSuchAgent(let name):
            self.init(
                code: "no-agent", message: "the step needs the ssh agent `\(name)`",
                hint: "give `--ssh \(name)`, or `--ssh \(name)=SOCKET`")
        case .noSuchSourceIn(let text, let place):
            self.init(code: "no-such-source", message: "`\(text)` is not in `\(place)`")
        case .unsupported(let what): self.init(code: "unsupported", message: "\(what) is not supported")
        case .commandFailed(let command, let status):
            self.init(code: "command-failed", message: "the command ended with status \(status): `\(Self.shown(command))`")
        case .foreignPlatform(let platform):
            self.init(
                code: "foreign-platform", message: "this machine does not run programs for \(platform)",
                hint: "install an emulator that the kernel finds, such as `apt-get install qemu-user-static`")
        case .noCommand: self.init(code: "bad-dockerfile", status: 2, message: "RUN needs a command")
        case .badStage(let name): self.init(code: "bad-dockerfile", status: 2, message: "there is no earlier stage `\(name)`")
        }
    }
}

extension ErrorSentence {
    /// The sentence for what is wrong with where a build's files are.
    init(_ error: BuildContextError) {
        switch error {
        case .noSuchContext(let path):
            self.init(
                code: "no-such-context", message: "there is no context \(Self.place(path))",
                hint: "name a directory, a tarball, or `-` for standard input")
        case .badContext(let path):
            self.init(code: "bad-context", message: "\(path) is neither a directory nor a tarball")
        case .noContext:
            self.init(
                code: "no-such-context", message: "standard input was the Dockerfile: the build has no files to copy",
                hint: "name a directory or a tarball as the context, and the Dockerfile with `-f -`")
        case .noDockerfile(let path, let context):
            self.init(
                code: "no-dockerfile", message: "there is no \(path) in \(context)", hint: "name another one with `-f PATH`")
        case .notText(let place):
            self.init(code: "bad-dockerfile", status: 2, message: "\(place) is not text in UTF-8")
        case .badIgnoreFile(let place, let problem):
            switch problem {
            case .loneExclamationMark:
                self.init(code: "bad-ignore-file", status: 2, message: "\(place): `!` must be followed by a pattern")
            case .malformed(let pattern):
                self.init(
                    code: "bad-ignore-file", status: 2, message: "\(place): `\(pattern)` is not a valid pattern",
                    hint: "close its brackets, and escape special characters with a backslash")
            }
        }
    }
}
