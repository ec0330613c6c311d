import ArgumentParser
import ImageTransfer
import LayerAnalysis
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
            let image = try workspace.image(source, remote, globals)
            let knowledge = try workspace.knowledge(image)
            let start = Array(path.utf8).split(separator: UInt8(ascii: "/")).filter { $0 != [UInt8(ascii: ".")] }
            let root = Array(start.joined(separator: [UInt8(ascii: "/")]))
            let options = ListingOptions(order: sort, maximumDepth: depth, onlyWasted: wasted)
            let entries: FileListing?
            if let layer {
                guard image.layers.indices.contains(layer) else {
                    throw CommandError.noSuchLayer(layer, count: image.layers.count)
                }
                guard knowledge.isKnown(layer: layer) else { throw CommandError.layerNotKnown(layer, image: image.label) }
                entries = LayerListing(try workspace.layerIndex(image.layers[layer])).entries(under: root, options)
            } else if !image.layers.isEmpty, image.layers.allSatisfy(\.isAbsent) {
                throw CommandError.filesNotKnown(image: image.label)
            } else {
                entries = try workspace.tree(image).listing(under: root, options)
            }
            // The root is always there, even where nothing is in it.
            let isEmptyRoot = root.isEmpty && !image.layers.contains(where: \.isAbsent)
            guard entries != nil || isEmptyRoot else {
                throw layer == nil ? workspace.noPath(path, in: image) : CommandError.noSuchPath(path, image: image.label)
            }
            let report = ListingReport(
                image: image.analyzed, path: root, layer: layer, entries: entries, knowledge: layer == nil ? knowledge : nil)
            switch try chosenFormat() {
            case .text: try Output.stream(.reading) { try report.writeText(globals.style, to: $0) }
            case .json: try Output.stream { try report.writeJSON(to: $0) }
            case .csv: try Output.stream(.format) { try report.writeCSV(to: $0) }
            }
        }
    }
}

extension ListingOptions.Order: ExpressibleByArgument {}

extension Workspace {
    /// Why nothing shows at a path: because nothing is there, or because that is not known.
    func noPath(_ path: String, in image: ScannedImage) -> CommandError {
        let unknown = image.layers.count(where: \.isAbsent)
        if unknown == 0 { return .noSuchPath(path, image: image.label) }
        return unknown == image.layers.count ? .filesNotKnown(image: image.label) : .pathNotKnown(path, image: image.label)
    }
}
