import ArgumentParser
import ImageTransfer
import LayerAnalysis
import Operations
import Reports

/// `strata scan SOURCE…`.
struct Scan: ResultCommand {
    enum Format: String, CaseIterable { case text, json, markdown, csv }

    static let configuration = CommandConfiguration(
        commandName: "scan", abstract: "Import images, and show where their bytes are and what they share.",
        discussion: """
            Prints the layers of each image with the instruction that made each, and the wasted bytes by cause; over all \
            images, the layers that they share and what that saves. Formats: text, json, markdown, csv (the layers).
            """)

    @Argument(help: ArgumentHelp("Images: paths, names in the store, or `-`.", valueName: "source"))
    var sources: [String]

    @Flag(name: .customLong("no-import"), help: "Do not import the images: keep only their layer indexes.")
    var isOnlyLooking = false

    @Option(help: "Use the image of an index for this platform, such as linux/arm64.")
    var platform: String?

    @OptionGroup var limits: LimitOptions
    @OptionGroup(title: "Registries") var registry: RegistryOptions
    @OptionGroup var globals: GlobalOptions

    func run() throws {
        try Workspace.run(globals, platform: platform, limits: limits.scanLimits, registry: registry) { workspace in
            var images: [ScannedImage] = []
            for source in sources {
                images += try workspace.images(
                    source, isImporting: !isOnlyLooking, globals.showing("scanning \(source)"))
            }
            let analyses = try images.map { image in
                try workspace.analysis(image, base: try workspace.findBase(of: image, asked: nil, .silent))
            }
            let sharing = LayerSharing(of: analyses)
            switch try chosenFormat() {
            case .text: try Output.write(ScanText.text(analyses, sharing, globals.style))
            case .json: try Output.write(ScanJSON.document(analyses, sharing))
            case .markdown: try Output.write(analyses.map { AnalysisMarkdown.text($0) }.joined(separator: "\n"), .format)
            case .csv: try Output.write(AnalysisCSV.layers(analyses), .format)
            }
        }
    }
}
