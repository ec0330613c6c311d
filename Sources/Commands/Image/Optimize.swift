import ArgumentParser
import ImageStorage
import LayerArchive
import OCISpec
import Operations
import Reports
import TextPatterns

/// `strata optimize IMAGE`, `strata optimize --all`, `strata optimize --across IMAGE…`.
struct Optimize: ResultCommand {
    enum Format: String, CaseIterable { case text, json, markdown }

    static let configuration = CommandConfiguration(
        commandName: "optimize", abstract: "Write an image again without what nobody sees: the same tree and configuration.",
        discussion: """
            The layers of the base image stay byte for byte, so that they stay shared. Of those above, entries that a later layer \
            replaces or deletes are left out, and whiteouts that then hide nothing; a layer that holds nothing any more goes. \
            Everything else is as it was: names, metadata, links, instruction by instruction. What is wasted within kept layers \
            stays. Of an index every platform's image is written. `--dry-run` tells the figures, measured by compressing, and leaves \
            the store as it is. The old image is not touched; signatures and attestations of it do not hold for the new one. \
            With `--all` every image that has a name is written again, and its names move to the new one; layers that images share \
            stay shared, and pinned images stay as they are. SOURCE_DATE_EPOCH in the environment is a `--timestamp`.
            """)

    @Argument(help: "A name in the store, or the beginning of an ID.")
    var image: String?

    @Flag(help: "All images of the store that have a name, which then means the new image.")
    var all = false

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

    @Option(
        help: ArgumentHelp(
            "Compression of the layers above the base: gzip[:1-12], zstd[:1-19], none, or keep for each as it was.",
            valueName: "method[:level]"))
    var compression = "keep"

    @Option(
        help: ArgumentHelp(
            "Table of contents for the layers above the base, so that `--remote` reads no layer: estargz or zstd:chunked.",
            valueName: "form"))
    var toc: String?

    @Option(
        help: ArgumentHelp(
            "Make no time in what is written later than this one: a date, or seconds since 1970.", valueName: "time"))
    var timestamp: String?

    @Option(help: "Use only the image of an index for this platform, such as linux/arm64.")
    var platform: String?

    @Flag(help: "Tell what would come out, and write nothing.")
    var dryRun = false

    @OptionGroup(title: "Several images") var acrossOptions: AcrossOptions

    @OptionGroup var globals: GlobalOptions

    func validate() throws {
        try acrossOptions.check(isDryRun: dryRun, hasOther: isOfOneOrAll)
        if acrossOptions.isGiven { return }
        if all {
            if image != nil || tag != nil || keep != nil || squash || !drop.isEmpty || platform != nil {
                throw ValidationError(
                    "`--all` takes no image, and none of `--tag`, `--keep`, `--squash`, `--drop` and `--platform`")
            }
        } else if image == nil {
            throw ValidationError("`optimize` needs an image, `--all`, or `--across` and several images")
        } else if tag == nil, !dryRun {
            throw ValidationError("`optimize` needs `--tag NAME`, or `--dry-run`")
        }
    }

    /// Whether something is given that goes with one image, or all, alone.
    private var isOfOneOrAll: Bool {
        image != nil || all || tag != nil || squash || !drop.isEmpty
    }

    func run() throws {
        let request = try self.request()
        if acrossOptions.isGiven { return try runAcross(request.form) }
        let moment = try Clock.buildMoment()
        let format = try chosenFormat()
        guard let image else { return try runAll(request, moment, format) }
        let name = try tag.map { try Reference(naming: $0) }
        let result = try Workspace.run(globals, platform: platform) { workspace in
            try workspace.optimize(image, as: dryRun ? nil : name, request, at: moment, globals.reading(image))
        }
        let report = OptimizeReport(result, of: image, as: dryRun ? nil : name?.familiar)
        switch format {
        case .text: try Output.write(report.text(globals.style))
        case .json: try Output.write(report.json())
        case .markdown: try Output.write(report.markdown(), .format)
        }
    }

    private func runAll(_ request: OptimizeRequest, _ moment: Timestamp, _ format: Format) throws {
        let result = try Workspace.run(globals) { workspace in
            try workspace.optimizeAll(request, isDryRun: dryRun, at: moment, globals.reading("all images"))
        }
        let report = OptimizeStoreReport(result, isDryRun: dryRun) { ErrorSentence(any: $0).message }
        switch format {
        case .text: try Output.write(report.text(globals.style))
        case .json: try Output.write(report.json())
        case .markdown: try Output.write(report.markdown(), .format)
        }
        let failed = result.items.count { if case .failed = $0.outcome { true } else { false } }
        if failed > 0 { throw OperationError.notAllOptimized(count: failed) }
    }

    // MARK: Options

    private func request() throws -> OptimizeRequest {
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
        (request.form.compression, request.form.level) = try chosenCompression()
        request.form.table = try chosenTable(request.form.compression)
        request.form.latestSeconds = try latestSeconds()
        return request
    }

    /// `method[:level]`.
    private func chosenCompression() throws(CommandError) -> (LayerCompression?, level: Int?) {
        if compression == "keep" { return (nil, nil) }
        let expected = "gzip, gzip:1 to gzip:12, zstd, zstd:1 to zstd:19, none or keep"
        let parts = compression.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        guard let method = LayerCompression(rawValue: String(parts[0])) else {
            throw .badOption("--compression", compression, expected: expected)
        }
        guard parts.count == 2 else { return (method, nil) }
        guard let level = Int(parts[1]), LayerPacking.levels(method)?.contains(level) == true else {
            throw .badOption("--compression", compression, expected: expected)
        }
        return (method, level)
    }

    private func chosenTable(_ compression: LayerCompression?) throws(CommandError) -> TableOfContents.Form? {
        let form: TableOfContents.Form
        switch toc {
        case nil: return nil
        case "estargz": form = .estargz
        case "zstd:chunked": form = .zstdChunked
        case let text?: throw .badOption("--toc", text, expected: "estargz or zstd:chunked")
        }
        guard compression == nil || compression == form.compression else {
            throw .badOption(
                "--compression", self.compression, expected: "\(form.compression.rawValue), which `--toc \(toc ?? "")` is made of"
            )
        }
        return form
    }

    /// The last second that a time may have.
    private func latestSeconds() throws -> Int64? {
        guard let timestamp else { return Environment.isSet(Clock.epochName) ? try Clock.buildMoment().seconds : nil }
        guard case .at(let moment)? = TimeBound(parsing: timestamp) else {
            throw CommandError.badOption("--timestamp", timestamp, expected: "a date such as 2026-01-31, or seconds since 1970")
        }
        return moment.seconds
    }
}
