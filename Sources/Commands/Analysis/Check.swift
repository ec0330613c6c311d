import ArgumentParser
import ImageTransfer
import LayerAnalysis
import Operations
import Reports
import SettingsFile

/// `strata check IMAGE`.
struct Check: ResultCommand {
    enum Format: String, CaseIterable { case text, json, markdown, junit, sarif, github }

    static let configuration = CommandConfiguration(
        commandName: "check", abstract: "Check an image against a budget, for CI; exit 1 when a rule fails.",
        discussion: """
            Rules come from a budget file (docs/check.md; .dive-ci and .dive.yaml are read as dive reads them) and from \
            flags, which replace those of the file. All rules are reported, passed or failed. Formats: text, json, \
            markdown (a comment for a pull request), junit, sarif, github (annotations).
            """)

    @Argument(help: "The image: a path, a name in the store, docker://NAME, or `-`.")
    var source: String

    @Option(help: ArgumentHelp("The budget file.", valueName: "file"))
    var budget: String?

    @Option(
        help: ArgumentHelp(
            "Measure growth against this: an image, a JSON report of `analyze` or `check`, or `previous` (the image before it in its repository).",
            valueName: "source"))
    var against: String?

    @Option(help: ArgumentHelp("Largest growth allowed against the image of `--against`: 5% or 50MB.", valueName: "amount"))
    var maxGrowth: String?

    @Option(help: ArgumentHelp("Largest size of all layers together (docker's SIZE).", valueName: "bytes"))
    var maxSize: String?

    @Option(help: ArgumentHelp("Largest size of the files that the image shows.", valueName: "bytes"))
    var maxVisible: String?

    @Option(help: ArgumentHelp("Largest number of bytes that a pull fetches.", valueName: "bytes"))
    var maxCompressed: String?

    @Option(help: ArgumentHelp("Largest size of one layer above the base image.", valueName: "bytes"))
    var maxLayer: String?

    @Option(help: ArgumentHelp("Largest waste allowed: 20MB or 5%.", valueName: "amount"))
    var maxWasted: String?

    @Option(help: ArgumentHelp("Lowest efficiency allowed: 95% or 0.95.", valueName: "part"))
    var minEfficiency: String?

    @Flag(help: "Use dive's own figures for its three rules instead of the true ones.")
    var diveCompat = false

    @Option(help: ArgumentHelp("Base image; the figures of your own layers exclude it.", valueName: "source"))
    var base: String?

    @Option(help: "Number of contributors listed for a failure (text).")
    var top = 5

    @OptionGroup var remote: RemoteOption

    @Option(help: "Use the image of an index for this platform, such as linux/arm64.")
    var platform: String?

    @OptionGroup var limits: StreamLimitOptions
    @OptionGroup(title: "Registries") var registry: RegistryOptions
    @OptionGroup var globals: GlobalOptions

    func validate() throws {
        try remote.requireRegistries([source])
        if top < 0 { throw ValidationError("`--top` takes a number from 0 on, not \(top)") }
    }

    func run() throws {
        let rules = try wholeBudget()
        let result = try Workspace.run(globals, platform: platform, limits: limits.scanLimits, registry: registry) { workspace in
            try check(rules, workspace)
        }
        switch try chosenFormat() {
        case .text: try Output.write(CheckText.text(result, globals.style, top: top))
        case .json: try Output.write(CheckJSON.document(result))
        case .markdown: try Output.write(CheckMarkdown.text(result), .format)
        case .junit: try Output.write(CheckJUnit.text(result), .format)
        case .sarif: try Output.write(CheckSARIF.document(result, file: budget, version: StrataVersion.text))
        case .github: try Output.write(CheckGitHub.text(result, file: budget), .format)
        }
        if !result.isPassed { throw BadFinding() }
    }

    private func check(_ rules: Budget, _ workspace: Workspace) throws -> CheckResult {
        let progress = globals.reading(source)
        // The baseline first: one that cannot be read should not cost a scan.
        let given = try against.flatMap { try $0 == Previous.word ? nil : readBaseline($0, workspace) }
        let image = try workspace.image(source, isRemote: remote.isOn, globals.reading)
        let analysis = try workspace.analysis(image, base: try workspace.findBase(of: image, asked: base, progress))
        let baseline = try against == Previous.word ? workspace.previous(to: image, progress) : given
        return try workspace.check(image, analysis, by: rules, against: baseline, isDiveCompatible: diveCompat)
    }

    /// What the check is held against: a report that somebody kept, else an image.
    private func readBaseline(_ text: String, _ workspace: Workspace) throws -> Baseline {
        if text.hasSuffix(".json"), let bytes = try InputFile.bytes(text, limit: 256 << 20) {
            do { return try Baseline(parsing: bytes) } catch {
                throw CommandError.badBaseline(text, error)
            }
        }
        // What is here is read as it always is.
        var isRemote = false
        if case .registry = SourceSpec(parsing: text) { isRemote = remote.isOn }
        return Baseline(
            try workspace.analysis(try workspace.image(text, isRemote: isRemote, globals.reading), base: nil))
    }
}
