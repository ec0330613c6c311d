import ArgumentParser
import Glibc
import LayerArchive
import Operations
import StorageIO
import SystemPackage

/// `strata layers --stdin`, `strata layers --apply`.
struct Layers: ResultCommand {
    static let namespaceUse = UserNamespaceUse.never

    static let configuration = CommandConfiguration(
        commandName: "layers", abstract: "Read layers that standard input names, or sum up images from their entries.",
        discussion: """
            A worker for pipes: every line of JSON on standard input is answered by lines on standard output. Nothing is kept, and no \
            store is used. docs/fleet.md describes the lines.
            """)

    @Flag(help: "Read the layers that the lines of standard input name.")
    var stdin = false

    @Flag(help: "Compute the totals of images from their layers' entries.")
    var apply = false

    @Flag(help: "Also write a line for each entry.")
    var entries = false

    @Option(help: ArgumentHelp("Number of layers to read at a time (default: 2).", valueName: "count"))
    var concurrency: Int?

    @OptionGroup var politeness: PoliteOptions
    @OptionGroup var limits: LimitOptions
    @OptionGroup(title: "Registries") var registry: RegistryOptions
    @OptionGroup var globals: GlobalOptions

    func validate() throws {
        guard stdin != apply else { throw ValidationError("give either `--stdin` or `--apply`") }
        guard !apply || (!entries && concurrency == nil) else {
            throw ValidationError("`--entries` and `--concurrency` are for `--stdin`")
        }
        if let concurrency, !(1...64).contains(concurrency) {
            throw ValidationError("`--concurrency` takes a number from 1 to 64")
        }
    }

    func run() throws {
        let output = LineOutput { Terminal.standardOutput.write($0) }
        let input = LineInput(PipeSource(fd: 0, name: "standard input"))
        try PipeEnd.watch {
            guard stdin else { return try ImageSummation(ErrorSentence.line, to: output).run(input) }
            try LayerWorker(try settings(), to: output).run(input)
        }
    }

    private func settings() throws -> LayerWorker.Settings {
        let folder = try Environment.value("TMPDIR").flatMap { $0.isEmpty ? nil : $0 } ?? "/tmp"
        let registries = politeness.settings(registry, limits.scanLimits.documents)
        let globals = globals
        var settings = LayerWorker.Settings(
            registries: { try registries(globals.telling) },
            makeFile: { () throws(StorageError) in try Directory.open(FilePath(folder)).createUnnamedFile() },
            words: ErrorSentence.line)
        settings.limits = limits.scanLimits
        settings.workerCount = concurrency ?? 2
        settings.writesEntries = entries
        return settings
    }
}
