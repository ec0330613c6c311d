import EngineStores
import ImageStorage
import LayerAnalysis
import OCISpec
import PackageDatabases
import Reclamation
import Reports
import StorageIO
import TextPatterns

/// What a command itself finds wrong.
enum CommandError: Error {
    /// Neither a store was given nor does the environment tell where it should be.
    case noStorePath
    /// A word of the command line, a variable or the current directory that is not UTF-8, and so cannot be taken for text.
    case notUTF8(what: String, [UInt8])
    /// Where a relative path leads is not known, since the current directory was removed; `errno` is the system's reason.
    case noCurrentDirectory(path: String, errno: Int32)
    /// This process may open so many files at a time, which is too few.
    case tooFewFiles(limit: Int)
    /// Something was to be copied to a device, a pipe or a socket of this machine.
    case notAFileToReplace(String)
    /// The text is not a registry's address.
    case badRegistry(String)
    /// A registry's name or user cannot be asked for: standard input is no terminal.
    case loginIncomplete(missing: String)
    /// The user, or the password, that was given is empty.
    case emptyLogin(missing: String)
    /// The password cannot be taken from standard input.
    case passwordInput(PasswordInputFault)
    /// There is nothing to look at.
    case nothingToExplore
    /// No engine of this machine has a root that can be read.
    case noEngines
    /// An engine has no trash, and a policy wants one.
    case noTrash(EngineKind)
    /// The text is no platform.
    case badPlatform(String)
    /// An archive was to be read from standard input, and that is a terminal.
    case terminalInput
    /// An archive was to be written to standard output, and that is a terminal.
    case terminalOutput(verb: String)
    /// The form is a folder, which standard output cannot be.
    case folderWithoutPath
    /// The format asked for is a template, as docker has them.
    case templateFormat(String)
    /// The command has no format of that name.
    case noSuchFormat(String, available: [String])
    /// There is no budget file of that name.
    case noSuchBudget(String)
    /// A budget file is wrong.
    case badBudget(String, BudgetFileError)
    /// Neither a file nor a flag says what to check.
    case nothingToCheck
    /// A rule on growth, and nothing to compare with.
    case growthWithoutBaseline
    /// A kept report cannot be compared with.
    case badBaseline(String, Baseline.ParseError)
    /// The folder for reports is something else.
    case reportsNotWritten(String, StorageError)
    /// SOURCE_DATE_EPOCH is not a number of seconds.
    case badEpoch(String)
    /// Standard output did not take the result; `errno` is the system's reason.
    case outputFailed(errno: Int32)
    /// The value of an option is not what it takes.
    case badOption(String, String, expected: String)
    /// The file that an option names cannot be read.
    case unreadableFile(String, String, StorageError)
    /// The file that is to get a container's ID is there already.
    case idFileExists(String)
    /// The file that is to get a container's ID cannot be written.
    case idFileNotWritten(String, StorageError)
    /// The option's value is no regular expression, or none that is supported.
    case badPattern(String, String, RegularExpressionError)
    /// A unit of systemd cannot say what was asked for.
    case badUnit(TimerUnitsError)
    /// What a unit would name means something else at night: standard input, a pipe, another file of this process.
    case pathOfProcess(String)
    /// The unit at the path is about another store.
    case unitOfOtherStore(String)
    /// The system gives the process no further thread; `errno` is its reason.
    case noThread(errno: Int32)
    /// This program's own file is gone.
    case programNotFound
    /// There is no policy file of that name.
    case noSuchPolicy(String)
    /// A policy file is wrong.
    case badPolicy(String, PolicyFileError)
    /// Something is to be deleted, and there is neither `--force` nor somebody to ask.
    case notConfirmed
    /// Somebody was asked, and said no.
    case declined
}
