import ArgumentParser
import ImageStorage
import ImageTransfer
import LayerAnalysis
import LayerArchive
import OCISpec
import StorageIO

/// `strata export IMAGE`.
struct Export: ResultCommand {
    static let configuration = CommandConfiguration(
        abstract: "Write an image's root file system as one tar.",
        discussion: """
            What all layers together show: every file once, with its owner, mode, times and extended attributes; other names of \
            it are hard links. The same image gives the same bytes.
            """)

    @Option(name: .shortAndLong, help: ArgumentHelp("Where to write; standard output without it.", valueName: "file"))
    var output: String?

    @Option(help: "The image of an index to take, such as linux/arm64.")
    var platform: String?

    @Argument(help: "A name or an ID in the store.")
    var image: String

    @OptionGroup var limits: LimitOptions
    @OptionGroup var globals: GlobalOptions

    func run() throws {
        let path = output == "-" ? nil : output
        if path == nil, Terminal.standardOutput.isTerminal { throw CommandError.terminalOutput(verb: "export") }
        try Workspace.run(globals, platform: platform, limits: limits.scanLimits) { workspace in
            let progress = ProgressDisplay(globals, title: "exporting \(image)")
            defer { progress.finish() }
            let record = try workspace.store.image(image, platform: workspace.options.platform)
            let scanned = try workspace.indexed(record, progress)
            for layer in scanned.layers where layer.isAbsent {
                globals.note("layer \(layer.descriptor.digest) is foreign and not in the store: it is left out")
            }
            let exporter = TreeExporter(
                workspace: workspace, image: scanned, export: try workspace.tree(scanned).export(), progress: progress)
            try workspace.write(to: path) { try exporter.write(to: $0) }
        }
    }
}
