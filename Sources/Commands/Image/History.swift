import ArgumentParser
import ImageStorage
import ImageTransfer
import Operations
import Reports

/// `strata history IMAGE`.
struct History: ResultCommand {
    static let configuration = CommandConfiguration(
        commandName: "history", abstract: "Show the history of an image, newest first.")

    @Argument(help: "The image: a path, a name in the store, or `-`.")
    var source: String

    @Flag(help: "Do not truncate IDs and instructions.")
    var noTrunc = false

    @Flag(name: .customLong("ids"), help: "Print only IDs, as -q does.")
    var onlyIDs = false

    @Option(help: "Use the image of an index for this platform, such as linux/arm64.")
    var platform: String?

    @OptionGroup(title: "Registries") var registry: RegistryOptions
    @OptionGroup var globals: GlobalOptions

    func run() throws {
        try Workspace.run(globals, platform: platform, registry: registry) { workspace in
            let image = try workspace.image(source, globals.reading(source))
            let bytes = image.layers.map(workspace.contentBytes)
            let report = HistoryReport(
                imageID: image.imageID, name: image.name, HistoryReport.rows(image.config, layerBytes: bytes))
            switch (globals.format, onlyIDs || globals.quiet) {
            case (.json, _): try Output.write(report.json())
            case (.text, true): try Output.write(report.ids(isWhole: noTrunc))
            case (.text, false): try Output.write(report.text(now: Clock.now, isWhole: noTrunc))
            }
        }
    }
}
