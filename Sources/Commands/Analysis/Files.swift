import ArgumentParser
import LayerAnalysis
import Operations
import Reports

/// `strata files SOURCE [PATH]`.
struct Files: ResultCommand {
    enum Format: String, CaseIterable { case text, json, csv }

    static let configuration = CommandConfiguration(
        commandName: "files", abstract: "List the files of an image, or of one layer, with their bytes.",
        discussion: "Formats: text, json, csv.")

    @Argument(help: "The image: a path, a name in the store, or `-`.")
    var source: String

    @Argument(help: "Where in the image to begin.")
    var path: String = "/"

    @Option(help: "Only what this layer stores; layers are counted from 0.")
    var layer: Int?

    @Option(help: "The order within a directory: name or size.")
    var sort: ListingOptions.Order = .name

    @Option(help: "How many directories deep.")
    var depth: Int?

    @Flag(help: "Only paths with wasted bytes, also those that are gone.")
    var wasted = false

    @OptionGroup var remote: RemoteOption

    @Option(help: "The image of an index to take, such as linux/arm64.")
    var platform: String?

    @OptionGroup var limits: LimitOptions
    @OptionGroup(title: "Registries") var registry: RegistryOptions
    @OptionGroup var globals: GlobalOptions

    func validate() throws {
        try remote.requireRegistries([source])
        if let depth, depth < 0 { throw ValidationError("`--depth` takes a number from 0 on, not \(depth)") }
        if layer != nil, wasted { throw ValidationError("`--wasted` is about the whole image: leave out `--layer`") }
    }

    func run() throws {
        try Workspace.run(globals, platform: platform, limits: limits.scanLimits, registry: registry) { workspace in
            let image = try workspace.images([source], isRemote: remote.isOn, globals.reading)[0]
            let found = try workspace.files(
                of: image, under: path, layer: layer, ListingOptions(order: sort, maximumDepth: depth, onlyWasted: wasted))
            let report = ListingReport(
                image: image.analyzed, path: found.root, layer: layer, entries: found.entries, knowledge: found.knowledge)
            switch try chosenFormat() {
            case .text: try Output.stream(.reading) { try report.writeText(globals.style, to: $0) }
            case .json: try Output.stream { try report.writeJSON(to: $0) }
            case .csv: try Output.stream(.format) { try report.writeCSV(to: $0) }
            }
        }
    }
}

extension ListingOptions.Order: ExpressibleByArgument {}
