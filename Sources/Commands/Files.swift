import ArgumentParser
import ImageTransfer
import LayerAnalysis
import Reports

/// `strata files SOURCE [PATH]`.
struct Files: ResultCommand {
    static let configuration = CommandConfiguration(
        commandName: "files", abstract: "List the files of an image, or of one layer, with their bytes.")

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

    @Option(help: "The image of an index to take, such as linux/arm64.")
    var platform: String?

    @OptionGroup var limits: LimitOptions
    @OptionGroup(title: "Registries") var registry: RegistryOptions
    @OptionGroup var globals: GlobalOptions

    func validate() throws {
        if let depth, depth < 0 { throw ValidationError("`--depth` takes a number from 0 on, not \(depth)") }
        if layer != nil, wasted { throw ValidationError("`--wasted` is about the whole image: leave out `--layer`") }
    }

    func run() throws {
        try Workspace.run(globals, platform: platform, limits: limits.scanLimits, registry: registry) { workspace in
            let image = try workspace.image(source, ProgressDisplay(globals, title: "reading \(source)"))
            let start = Array(path.utf8).split(separator: UInt8(ascii: "/")).filter { $0 != [UInt8(ascii: ".")] }
            let root = Array(start.joined(separator: [UInt8(ascii: "/")]))
            let options = ListingOptions(order: sort, maximumDepth: depth, onlyWasted: wasted)
            let entries: [ListedEntry]?
            if let layer {
                guard image.layers.indices.contains(layer) else {
                    throw CommandError.noSuchLayer(layer, count: image.layers.count)
                }
                entries = LayerListing(try workspace.layerIndex(image.layers[layer])).entries(under: root, options)
            } else {
                entries = try workspace.tree(image).listing(under: root, options)
            }
            guard let entries else { throw CommandError.noSuchPath(path, image: image.label) }
            let report = ListingReport(image: image.analyzed, path: root, layer: layer, entries: entries)
            switch globals.format {
            case .text: try Output.write(report.text(globals.style))
            case .json: try Output.write(report.json())
            }
        }
    }
}

extension ListingOptions.Order: ExpressibleByArgument {}
