import ArgumentParser
import ContainerRuntime
import ContentStorage
import LayerAnalysis
import Operations
import Reports

/// `strata diff A B`, `strata diff SOURCE --layer N`, `strata diff CONTAINER`.
struct Diff: ResultCommand {
    enum Format: String, CaseIterable { case text, json, markdown, html, csv }

    static let configuration = CommandConfiguration(
        commandName: "diff", abstract: "Show what changed between two images, in one layer, or in a container.",
        discussion: """
            Compares paths with their bytes, layers by content, packages by version and measured bytes, configs and \
            histories. Formats: text, json, markdown (a comment for a pull request), html, csv (the paths). For a \
            container, lists the paths that it changed as docker does, A added, C changed, D deleted; text or json.
            """)

    @Argument(
        help: ArgumentHelp(
            "The image before, and the one after: paths, names in the store, or docker://NAME. Or one container.",
            valueName: "source"))
    var sources: [String]

    @Option(help: "With one image: show what this layer changes; layers are counted from 0.")
    var layer: Int?

    @Flag(help: "Ignore modification times.")
    var ignoreTimes = false

    @Flag(help: "Exit with 1 when something differs.")
    var exitCode = false

    @Option(help: "Number of rows in each list (text and markdown: 10, json: all).")
    var top: Int?

    @OptionGroup var remote: RemoteOption

    @Option(help: "Use the image of an index for this platform, such as linux/arm64.")
    var platform: String?

    @OptionGroup var limits: LimitOptions
    @OptionGroup(title: "Registries") var registry: RegistryOptions
    @OptionGroup var globals: GlobalOptions

    func validate() throws {
        if let top, top < 0 { throw ValidationError("`--top` takes a number from 0 on, not \(top)") }
        if layer == nil, sources.count > 2 {
            throw ValidationError("`diff` takes two images, or one and `--layer N`, or a container")
        }
        if layer != nil, sources.count > 1 { throw ValidationError("with `--layer`, `diff` takes one image") }
        try remote.requireRegistries(sources)
        if isOfContainer, let option = imageOption {
            throw ValidationError("`\(option)` is for images: `diff` takes two of them, or one and `--layer N`")
        }
    }

    /// One name alone can only be a container's.
    private var isOfContainer: Bool { sources.count == 1 && layer == nil }

    /// An option that was given and that only images have.
    private var imageOption: String? {
        if ignoreTimes { return "--ignore-times" }
        if top != nil { return "--top" }
        if platform != nil { return "--platform" }
        return remote.isOn ? "--remote" : nil
    }

    func run() throws {
        guard exitCode else { return try compare() }
        do {
            try compare()
        } catch let finding as BadFinding {
            throw finding
        } catch {
            // 1 says that something differs, and nothing else.
            guard ErrorSentence(any: error).status == 1 else { throw error }
            throw StatusOverride(error: error, status: 3)
        }
    }

    private func compare() throws {
        if isOfContainer { return try containerDiff() }
        let diff = try Workspace.run(globals, platform: platform, limits: limits.scanLimits, registry: registry) { workspace in
            let images = try workspace.images(sources, isRemote: remote.isOn, globals.reading)
            if let layer { return try workspace.diff(of: layer, in: images[0], ignoringTimes: ignoreTimes) }
            return try workspace.diff(from: images[0], to: images[1], ignoringTimes: ignoreTimes)
        }
        try write(diff)
        if exitCode, !diff.isEmpty { throw BadFinding() }
    }

    private func write(_ diff: ImageDiff) throws {
        switch try chosenFormat() {
        case .text: try Output.write(DiffText.text(diff, globals.style, top: top ?? 10))
        case .json: try Output.stream { try DiffJSON.write(diff, top: top, to: $0) }
        case .markdown: try Output.write(DiffMarkdown.text(diff, top: top ?? 10), .format)
        case .html: try Output.write(HTMLPage.page(diff))
        case .csv: try Output.stream(.format) { try DiffCSV.write(diff, to: $0) }
        }
    }

    private func containerDiff() throws {
        switch try chosenFormat() {
        case .text, .json: break
        case .markdown, .html, .csv: throw CommandError.noSuchFormat(globals.formatName, available: ["text", "json"])
        }
        do {
            let isChanged = try ContainerDiffCommand.run(sources[0], globals)
            if exitCode, isChanged { throw BadFinding() }
        } catch ContentError.containerAbsent(let name) {
            throw ContainerError.noneToDiff(name)
        }
    }
}
