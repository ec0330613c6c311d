import ArgumentParser
import LayerAnalysis
import Operations
import Reports

/// `strata analyze SOURCE`.
struct Analyze: ResultCommand {
    enum Format: String, CaseIterable { case text, json, markdown, html, csv }

    static let configuration = CommandConfiguration(
        commandName: "analyze", abstract: "Analyze one image in depth: layers, waste by cause and path, duplicates, hints.",
        discussion: """
            A source outside the store is read but not imported: only its layer indexes are kept. Formats: text, json, \
            markdown, html (one file with a map of the image), csv (the layers).
            """)

    @Argument(help: "The image: a path, a name in the store, or `-`.")
    var source: String

    @Option(help: ArgumentHelp("Base image; the figures of your own layers exclude it.", valueName: "source"))
    var base: String?

    @Option(help: "Use the image of an index for this platform, such as linux/arm64.")
    var platform: String?

    @Option(help: "Number of rows in each list (text: 10, json: all).")
    var top: Int?

    @OptionGroup var remote: RemoteOption

    @Flag(help: "Also list the packages with their measured bytes (text and json).")
    var packages = false

    @OptionGroup var limits: LimitOptions
    @OptionGroup(title: "Registries") var registry: RegistryOptions
    @OptionGroup var globals: GlobalOptions

    func validate() throws {
        try remote.requireRegistries([source])
        if let top, top < 0 { throw ValidationError("`--top` takes a number from 0 on, not \(top)") }
    }

    func run() throws {
        try Workspace.run(globals, platform: platform, limits: limits.scanLimits, registry: registry) { workspace in
            let image = try workspace.image(source, isRemote: remote.isOn, globals.reading)
            let found = try workspace.findBase(of: image, asked: base, globals.reading(source))
            let analysis = try workspace.analysis(image, base: found)
            switch try chosenFormat() {
            case .text:
                let inventory = packages ? try workspace.inventory(image) : nil
                try Output.write(AnalysisText.text(analysis, inventory, globals.style, top: top ?? 10))
            case .json:
                let inventory = packages ? try workspace.inventory(image) : nil
                try Output.stream { try AnalysisJSON.write(analysis, inventory, top: top, to: $0) }
            case .markdown: try Output.write(AnalysisMarkdown.text(analysis, top: top ?? 10), .format)
            case .html:
                let (tree, inventory) = try workspace.treeWithInventory(image)
                try Output.write(HTMLPage.page(analysis, inventory, tree.storedBytes(), workspace.pageTrend(image)))
            case .csv: try Output.write(AnalysisCSV.layers([analysis]), .format)
            }
        }
    }
}
