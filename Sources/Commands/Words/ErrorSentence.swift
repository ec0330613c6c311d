import ContainerRuntime
import ContentStorage
import Distribution
import DockerfileLanguage
import ImageBuild
import ImageStorage
import ImageTransfer
import LayerAnalysis
import LayerArchive
import OCISpec
import Operations
import Reclamation
import Reports
import StorageIO
import SystemPackage

/// A failure in words: what is wrong with which thing, and the next step where there is one.
///
/// All wording of the program's errors stands in this type's extensions, one for each module's errors.
struct ErrorSentence {
    /// A word for scripts.
    var code: String
    var status: Int32
    /// A sentence without a full stop.
    var message: String
    var hint: String?

    init(code: String, status: Int32 = 3, message: String, hint: String? = nil) {
        self.code = code
        self.status = status
        self.message = message
        self.hint = hint
    }

    /// The sentence for whatever was thrown: what has none of its own is a fault of this program.
    init(any error: any Error) {
        if let explained = error as? any ExplainedError {
            self = explained.sentence
        } else {
            self.init(
                code: "internal", status: 70, message: "internal error: \(error)",
                hint: "this is a fault of strata: please report it, with the command and this line")
        }
    }
}

/// An error that people are told in a sentence of its own.
protocol ExplainedError: Error {
    var sentence: ErrorSentence { get }
}

extension ReferenceError: ExplainedError {
    var sentence: ErrorSentence { ErrorSentence(self) }
}

extension CommandError: ExplainedError {
    var sentence: ErrorSentence { ErrorSentence(self) }
}

extension ErrorSentence {
    init(_ error: CommandError) {
        switch error {
        case .noStorePath:
            self.init(
                code: "no-store", status: 2,
                message: "cannot determine the default store: HOME is not set to an absolute path",
                hint: "name a directory with `--store DIR` or STRATA_STORE")
        case .notUTF8(let what, let bytes):
            self.init(
                code: "not-utf8", status: 2, message: "\(what) is not UTF-8: `\(PathText.display(bytes))`",
                hint: "rename the file or directory, or reach it through a symlink")
        case .noCurrentDirectory(let path, let errno):
            self.init(
                code: "no-directory",
                message: "cannot tell where \(Self.place(path)) is: the current directory has no path: \(Self.reason(errno))",
                hint: "change to a directory that exists, or give an absolute path")
        case .tooFewFiles(let limit):
            self.init(
                code: "too-few-files", message: "this process may open \(limit) files at a time, which is too few",
                hint: "raise the limit to 64 or more: see `ulimit -n`")
        case .notAFileToReplace(let path):
            self.init(
                code: "copy-failed", status: 1, message: "cannot copy to \(path): it is neither a file nor a directory",
                hint: "`-` writes a tar to standard output")
        case .badRegistry(let text):
            self.init(
                code: "usage", status: 2, message: "`\(AddressText.withoutUser(text))` is not a valid registry",
                hint: "write it as registry.example.com or registry.example.com:5000, with a port from 1 to 65535")
        case .loginIncomplete(let missing):
            self.init(
                code: "usage", status: 2, message: "cannot ask for the \(missing): standard input is not a terminal",
                hint: "give `-u USER` and `--password-stdin`")
        case .emptyLogin(let missing): self.init(code: "usage", status: 2, message: "the \(missing) is empty")
        case .passwordInput(let fault):
            let reason =
                switch fault {
                case .unreadable(let errno): "it cannot be read: \(Self.reason(errno))"
                case .tooLong(let limit): "it has more than \(limit) bytes"
                case .notText: "it is not UTF-8"
                }
            self.init(code: "usage", status: 2, message: "standard input is not a password: \(reason)")
        case .nothingToExplore:
            self.init(code: "usage", status: 2, message: "name an image to explore")
        case .noEngines:
            self.init(
                code: "no-engine", message: "no engine of this machine has a root that can be read",
                hint: "`strata engines` says what there is; name a root with `--engine docker=ROOT`")
        case .noTrash(let kind):
            self.init(
                code: "usage", status: 2, message: "\(kind.title) has no trash, and the policy asks for one",
                hint: "take `trash` out of the policy")
        case .badPlatform(let text):
            self.init(
                code: "bad-platform", status: 2, message: "`\(text)` is not a valid platform", hint: "write it as linux/arm64")
        case .terminalInput:
            self.init(
                code: "terminal-input", status: 1, message: "requested load from stdin, but stdin is empty",
                hint: "name the archive with `-i FILE` or redirect it")
        case .terminalOutput(let verb):
            self.init(
                code: "terminal-output", status: 1,
                message: "cowardly refusing to \(verb) to a terminal. Use the -o flag or redirect")
        case .folderWithoutPath:
            self.init(
                code: "usage", status: 2, message: "`--type oci` writes a directory, which standard output cannot be",
                hint: "name a new directory with `-o DIR`")
        case .noSuchFormat(let name, let available):
            self.init(
                code: "usage", status: 2, message: "this command has no format `\(name)`",
                hint: "it writes \(available.joined(separator: ", "))")
        case .noSuchBudget(let path):
            self.init(code: "no-such-budget", status: 2, message: "there is no budget file \(path)")
        case .badBudget(let path, let error): self.init(error, path: path)
        case .nothingToCheck:
            self.init(
                code: "usage", status: 2, message: "nothing to check",
                hint: "name a budget with `--budget FILE`, or a limit such as `--max-size 500MB`")
        case .growthWithoutBaseline:
            self.init(
                code: "usage", status: 2, message: "`max-growth` needs something to compare with",
                hint: "name an image or a kept report with `--against`")
        case .badBaseline(let path, let error): self.init(error, path: path)
        case .reportsNotWritten(let path, let error):
            let sentence = ErrorSentence(error)
            self.init(code: "output-failed", message: "cannot write \(path): \(sentence.message)")
        case .badEpoch(let text):
            self.init(
                code: "bad-epoch", status: 2, message: "SOURCE_DATE_EPOCH is `\(text)`, which is not a number of seconds")
        case .templateFormat(let text):
            self.init(
                code: "usage", status: 2, message: "`--format` takes no templates: `\(text)`",
                hint: "`--format json` gives every field; `jq` picks some of them")
        case .outputFailed(let errno):
            self.init(
                code: "output", message: "cannot write the result: \(Self.reason(errno))",
                hint: "the output is incomplete")
        case .badPattern(let option, let text, let error): self.init(error, pattern: text, of: option)
        case .badOption(let option, let value, let expected):
            self.init(code: "usage", status: 2, message: "`\(option)` takes \(expected), not `\(value)`")
        case .unreadableFile(let option, let path, let error):
            self.init(
                code: "unreadable", status: 2,
                message: "cannot read the file \(Self.place(path)) of `\(option)`: \(Self.reason(error.errno.rawValue))")
        case .idFileExists(let path):
            self.init(
                code: "id-file-exists", status: 2, message: "the file \(path) of `--cidfile` exists already",
                hint: "another container may have its ID there: remove the file, or name another one")
        case .idFileNotWritten(let path, let error):
            self.init(
                code: "output-failed", message: "cannot write \(Self.place(path)): \(Self.reason(error.errno.rawValue))")
        case .badUnit(.controlCharacter(let text)):
            self.init(
                code: "bad-unit", status: 2,
                message: "a unit of systemd cannot hold `\(text)`: it has a line break or another control character")
        case .badUnit(.unfitProgram(let path)):
            self.init(
                code: "bad-unit", status: 2, message: "systemd does not start \(path): the path has quotes or backslashes",
                hint: "install the program elsewhere, for example in /usr/local/bin")
        case .pathOfProcess(let path):
            self.init(
                code: "bad-unit", status: 2, message: "\(path) is not a file that will be there when the timer runs",
                hint: "name a regular file")
        case .unitOfOtherStore(let path):
            self.init(
                code: "bad-unit", status: 2, message: "\(path) is about another store",
                hint: "disable its timer and remove it, or write the units elsewhere with `--unit-dir DIR`")
        case .noThread(let reason):
            self.init(
                code: "no-thread", message: "cannot start a thread: \(Self.reason(reason))",
                hint: "the user or the control group has reached its limit of processes: see `ulimit -u` and pids.max")
        case .programNotFound:
            self.init(code: "no-program", message: "cannot find the file of this program: it has been removed")
        case .noSuchPolicy(let path):
            self.init(code: "no-such-policy", status: 2, message: "no policy file \(path)")
        case .badPolicy(let path, let error): self.init(error, path: path)
        case .notConfirmed:
            self.init(
                code: "not-confirmed", status: 2,
                message: "cannot ask for confirmation: standard input is not a terminal (use --force)",
                hint: "`--force` removes without asking, `--dry-run` shows what would be removed")
        case .declined: self.init(code: "declined", status: 1, message: "nothing was removed")
        }
    }

    init(_ error: ReferenceError) {
        let (text, reason): (String, String) =
            switch error {
            case .empty: ("an empty text", "a name looks like `busybox`, `busybox:1.36` or `registry.example.com/team/app:v2`")
            case .badPort(let text, let port):
                ("`\(Self.shown(text))`", "the port `\(port)` is not a number from 1 to 65535")
            case .malformed(let text):
                ("`\(Self.shown(text))`", "a name looks like `busybox:1.36` or `registry.example.com/team/app:v2`")
            case .upperCase(let text): ("`\(Self.shown(text))`", "repositories are written in lower case")
            case .tooLong(let text, let limit): ("`\(Self.shown(text).prefix(40))…`", "a name has at most \(limit) characters")
            case .imageID(let text): ("`\(text)`", "64 hexadecimal digits are an image ID")
            case .digestAlgorithm(let text): ("`\(text)`", "`sha256:` and `sha512:` begin an ID; choose another repository name")
            case .badDigest(let text, _):
                ("`\(Self.shown(text))`", "what follows `@` must be `sha256:` and 64 hexadecimal digits")
            case .badPattern(let text): ("`\(text)`", "the pattern has an open bracket or ends in a backslash")
            }
        self.init(code: "bad-name", status: 2, message: "\(text) is not a valid image name", hint: reason)
    }

    /// A name as it was typed, without a user and a password where it is an address; `@` also stands before a digest.
    private static func shown(_ name: String) -> String {
        guard let at = name.firstIndex(of: "@"), name.contains("://") || name[at...].contains("/") else { return name }
        return AddressText.withoutUser(name)
    }

    static func text(_ path: [UInt8]) -> String { PathText.text(path).text }

    /// A path or a name within a sentence: an empty one is seen as the shell has it.
    static func place(_ path: String) -> String { path.isEmpty ? "''" : path }
}
