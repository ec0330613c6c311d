import ArgumentParser
import LayerArchive
import OCISpec
import Operations
import Reports
import TextPatterns

/// `strata optimize IMAGE`.
struct Optimize: ResultCommand {
    enum Format: String, CaseIterable { case text, json, markdown }

    static let configuration = CommandConfiguration(
        commandName: "optimize", abstract: "Write an image again without what nobody sees: the same tree and configuration.",
        discussion: """
            The layers of the base image stay byte for byte, so that they stay shared. Of those above, entries that a later layer \
            replaces or deletes are left out, and whiteouts that then hide nothing; a layer that holds nothing any more goes. \
            Everything else is as it was: names, metadata, links, instruction by instruction. What is wasted within kept layers \
            stays. `--dry-run` tells the figures, measured by compressing, and leaves the store as it is. The old image is not touched; \
            signatures and attestations of it do not hold for the new one.
            """)

    @Argument(help: "A name in the store, or the beginning of an ID.")
    var image: String?

    @Option(name: .shortAndLong, help: ArgumentHelp("The name of the new image.", valueName: "name"))
    var tag: String?

    @Option(
        help: ArgumentHelp(
            "Layers to keep byte for byte: base, none, or how many of the lowest (default: base).", valueName: "base|none|n"))
    var keep: String?

    @Flag(help: "Make one layer of all above those that are kept.")
    var squash = false

    @Option(
        help: ArgumentHelp(
            "Also leave out paths that match a pattern, with all below them, such as 'var/cache/**'.", valueName: "pattern"))
    var drop: [String] = []

    @Option(help: "Compression of the layers that are written: gzip, zstd, none, or keep for each as it was.")
    var compression = "keep"

    @Option(help: "Use the image of an index for this platform, such as linux/arm64.")
    var platform: String?

    @Flag(help: "Tell what would come out, and write nothing.")
    var dryRun = false

    @OptionGroup(title: "Several images") var acrossOptions: AcrossOptions

    @OptionGroup var globals: GlobalOptions

    func validate() throws {
        try acrossOptions.check(isDryRun: dryRun, hasOther: image != nil || tag != nil || squash || !drop.isEmpty)
        if acrossOptions.isGiven { return }
        if image == nil { throw ValidationError("`optimize` needs an image, or `--across` and several") }
        if tag == nil, !dryRun { throw ValidationError("`optimize` needs `--tag NAME`, or `--dry-run`") }
    }

    func run() throws {
        var request = OptimizeRequest()
        request.isSquashed = squash
        switch keep {
        case nil, "base": request.kept = .base
        case "none": request.kept = .lowest(0)
        case let text?:
            guard let count = Int(text), count >= 0 else {
                throw CommandError.badOption("--keep", text, expected: "base, none, or a number of layers")
            }
            request.kept = .lowest(count)
        }
        request.drops = try drop.map { text in
            guard let glob = PathGlob(text) else { throw CommandError.badOption("--drop", text, expected: "a pattern of paths") }
            return glob
        }
        if compression != "keep" {
            guard let chosen = LayerCompression(rawValue: compression) else {
                throw CommandError.badOption("--compression", compression, expected: "gzip, zstd, none or keep")
            }
            request.compression = chosen
        }
        guard let image else { return try runAcross(request.compression) }
        let name = try tag.map { try Reference(naming: $0) }
        let moment = try Clock.buildMoment()
        let result = try Workspace.run(globals, platform: platform) { [request] workspace in
            try workspace.optimize(image, as: dryRun ? nil : name, request, at: moment, globals.reading(image))
        }
        let report = OptimizeReport(result, of: image, as: dryRun ? nil : name?.familiar)
        switch try chosenFormat() {
        case .text: try Output.write(report.text(globals.style))
        case .json: try Output.write(report.json())
        case .markdown: try Output.write(report.markdown(), .format)
        }
    }
}
