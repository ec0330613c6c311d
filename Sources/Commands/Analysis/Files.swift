import ArgumentParser
import LayerAnalysis
import Operations
import Reports

/// `strata files SOURCE [PATH]`.
struct Files: ResultCommand {
    enum Format: String, CaseIterable { case text, json, csv, ncdu }

    static let configuration = CommandConfiguration(
        commandName: "files", abstract: "List the files of an image, or of one layer, with their bytes.",
        discussion: "Formats: text, json, csv, ncdu (for `ncdu -f FILE` and `gdu -f FILE`).")

    @Argument(help: "The image: a path, a name in the store, or `-`.")
    var source: String

    @Argument(help: "Path in the image to start from.")
    var path: String = "/"

    @Option(help: "List only what this layer stores; layers are counted from 0.")
    var layer: Int?

    @Option(help: "Sort order within a directory: name or size.")
    var sort: ListingOptions.Order = .name

    @Option(help: "Number of directory levels to list.")
    var depth: Int?

    @Flag(help: "List only paths with wasted bytes, deleted ones included.")
    var wasted = false

    @OptionGroup var remote: RemoteOption

    @Option(help: "Use the image of an index for this platform, such as linux/arm64.")
    var platform: String?

    @OptionGroup var limits: LimitOptions
    @OptionGroup(title: "Registries") var registry: RegistryOptions
    @OptionGroup var globals: GlobalOptions

    func validate() throws {
        try remote.requireRegistries([source])
        if let depth, depth < 0 { throw ValidationError("`--depth` takes a number from 0 on, not \(depth)") }
        if globals.formatName == Format.ncdu.rawValue, wasted || depth != nil {
            throw ValidationError("`--format ncdu` lists everything: leave out `--wasted` and `--depth`")
        }
        if layer != nil, wasted { throw ValidationError("`--wasted` is about the whole image: leave out `--layer`") }
    }

    func run() throws {
        try Workspace.run(globals, platform: platform, limits: limits.scanLimits, registry: registry) { workspace in
            let image = try workspace.image(source, isRemote: remote.isOn, globals.reading)
            let found = try workspace.files(
                of: image, under: path, layer: layer, ListingOptions(order: sort, maximumDepth: depth, onlyWasted: wasted))
            let report = ListingReport(
                image: image.analyzed, path: found.root, layer: layer, entries: found.entries, knowledge: found.knowledge)
            switch try chosenFormat() {
            case .text: try Output.stream(.reading) { try report.writeText(globals.style, to: $0) }
            case .json: try Output.stream { try report.writeJSON(to: $0) }
            case .csv: try Output.stream(.format) { try report.writeCSV(to: $0) }
            case .ncdu:
                try Output.stream(.format) { try report.writeNcdu(version: StrataVersion.text, now: Clock.now, to: $0) }
            }
        }
    }
}

extension ListingOptions.Order: ExpressibleByArgument {}
