import ArgumentParser
import Reports
import StorageIO

/// How most results are written.
enum OutputFormat: String, CaseIterable {
    case text
    case json
}

/// A command that writes a result; most in text and JSON, reports in more.
protocol ResultCommand: StoreCommand {
    /// The formats it has, each a case, so that a new one is not forgotten in a `switch`.
    associatedtype Format: RawRepresentable<String>, CaseIterable = OutputFormat
}

extension ResultCommand {
    /// The format that was asked for; one that the command does not have is an error.
    func chosenFormat() throws(CommandError) -> Format {
        let name = globals.formatName
        if let format = Format(rawValue: name) { return format }
        // Docker's `--format` takes templates.
        if name.contains("{{") || name.hasPrefix("table") { throw .templateFormat(name) }
        throw .noSuchFormat(name, available: Format.allCases.map(\.rawValue))
    }
}

/// When progress is shown.
enum ProgressMode: String, ExpressibleByArgument, CaseIterable {
    /// A bar when standard error is a terminal.
    case auto
    /// Lines, for logs.
    case plain
    case none

    /// Docker's words for two of them are taken too.
    init?(argument: String) { self.init(rawValue: ["tty": "auto", "quiet": "none"][argument] ?? argument) }
}

/// The options that every command takes.
struct GlobalOptions: ParsableArguments {
    /// How the options that take a value are written.
    static let optionNames: Set = ["--store", "--format", "--progress"]
    /// How the others are.
    static let flagNames: Set = ["--quiet", "-q", "--verbose", "--no-color"]

    @Option(help: ArgumentHelp("Store directory (default: $STRATA_STORE, else the user's).", valueName: "dir"))
    var store: String?

    @Option(
        name: .customLong("format"),
        help: ArgumentHelp("Output format: text or json; reports have more.", valueName: "format"))
    var formatName = OutputFormat.text.rawValue

    @Flag(name: .shortAndLong, help: "Print only the result.")
    var quiet = false

    @Flag(help: "Print each step.")
    var verbose = false

    @Flag(help: "Do not use colors (also: NO_COLOR in the environment).")
    var noColor = false

    @Option(help: "When to show progress: auto, plain or none.")
    var progress: ProgressMode = .auto

    /// The format, for a command that has text and JSON only.
    var format: OutputFormat { OutputFormat(rawValue: formatName) ?? .text }

    /// The store's directory, from the root: as asked, from the environment, or where the user's data belongs.
    func storePath() throws(CommandError) -> String {
        guard let path = try Self.storePath(asked: store) else { throw .noStorePath }
        return path
    }

    /// The same for a store that the command line asked for, or none; nil where nothing says where the user's data belongs.
    static func storePath(asked: String?) throws(CommandError) -> String? {
        if let asked { return try AbsolutePath.of(asked) }
        if let store = try Environment.value("STRATA_STORE") { return try AbsolutePath.of(store) }
        return try defaultStorePath()
    }

    /// Where the user's data belongs; nil where the environment does not say.
    static func defaultStorePath() throws(CommandError) -> String? {
        if ProcessOwner.uid == 0 { return "/var/lib/strata" }
        if let data = try Environment.folder("XDG_DATA_HOME") { return data + "/strata" }
        return try Environment.folder("HOME").map { $0 + "/.local/share/strata" }
    }

    /// What text on standard output looks like.
    var style: TextStyle {
        let output = Terminal.standardOutput
        let usesColor = output.isScreen && !noColor && !Environment.isSet("NO_COLOR")
        return TextStyle(width: output.isTerminal ? output.width : 80, usesColor: usesColor)
    }

    /// A remark on standard error; what of it comes from elsewhere cannot act on the terminal.
    func note(_ text: String) {
        if !quiet { Terminal.standardError.write("strata: \(PathText.printable(text))\n") }
    }
}
