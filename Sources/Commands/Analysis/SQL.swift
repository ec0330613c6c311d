import ArgumentParser
import ImageStorage
import ImageTransfer
import Operations
import Reports

/// `strata sql SOURCE… "SELECT …"`.
struct SQL: ResultCommand {
    static let configuration = CommandConfiguration(
        commandName: "sql",
        abstract: "Query images with SQL: their layers and entries are tables.",
        discussion: """
            Tables (layers and entries are counted from 0; join them USING (image) or USING (image, layer)):

              image  image, name, imageID, manifestDigest, platform, created, layerCount, entryCount,
                     compressedBytes, tarBytes, contentBytes, visibleBytes, wastedBytes
              layer  image, layer, diffID, digest, mediaType, createdBy, compressedBytes, tarBytes,
                     contentBytes, hiddenBytes, hidesBytes, entryCount, addedCount, modifiedCount,
                     removedCount, isAbsent
              entry  image, layer, entry, path, pathBytes, type, mode, uid, gid, size, mtime,
                     mtimeNanoseconds, linkTarget, contentHash, device, isWhiteout, isOpaque, isVisible,
                     wastedCause, hiddenBy
              file   image, path, pathBytes, type, size, inode, layer, entry, linkTarget
                     (what the merged tree shows, but for directories)

            The one statement may only read them. docs/sql.md says what each column means.
            """)

    @Argument(
        help: ArgumentHelp("Images as for analyze, then the statement.", valueName: "source… statement"))
    var arguments: [String]

    @Flag(help: "Write the rows as CSV.")
    var csv = false

    @Option(help: "Use the image of an index for this platform, such as linux/arm64.")
    var platform: String?

    @OptionGroup var limits: LimitOptions
    @OptionGroup(title: "Registries") var registry: RegistryOptions
    @OptionGroup var globals: GlobalOptions

    func validate() throws {
        if arguments.count < 2 { throw ValidationError("`sql` takes at least one image, and last a statement") }
        if csv, globals.format == .json { throw ValidationError("`--csv` and `--format json` exclude each other") }
    }

    func run() throws {
        guard let statement = arguments.last else { return }
        let rows = try Workspace.run(globals, platform: platform, limits: limits.scanLimits, registry: registry) { workspace in
            let database = try QueryDatabase()
            let loader = try QueryLoader(workspace: workspace, database: database) { PathText.text($0).text }
            var images: [ScannedImage] = []
            for source in arguments.dropLast() {
                images += try workspace.images(source, isImporting: false, globals.reading(source))
            }
            for image in try workspace.alike(images) { try loader.add(image) }
            return try database.rows(of: statement)
        }
        let report = QueryReport(rows)
        switch globals.format {
        case .text where csv: try Output.stream(.format) { try report.writeCSV(to: $0) }
        case .text: try Output.stream(.reading) { try report.writeText(globals.style, to: $0) }
        case .json: try Output.stream { try report.writeJSON(to: $0) }
        }
    }
}

extension QueryError: ExplainedError {
    var sentence: ErrorSentence { ErrorSentence(self) }
}

extension ErrorSentence {
    /// The sentence for a statement that gave no result.
    init(_ error: QueryError) {
        switch error {
        case .bad(let message):
            self.init(
                code: "bad-query", status: 2, message: "SQLite refuses the statement: \(message)",
                hint: "`strata sql --help` lists the tables and their columns")
        case .notReadOnly(let message):
            self.init(
                code: "not-read-only", status: 2, message: "the statement may only read the tables: \(message)",
                hint: "write a SELECT")
        case .empty: self.init(code: "bad-query", status: 2, message: "the last argument holds no statement")
        case .several:
            self.init(code: "bad-query", status: 2, message: "the last argument holds more than one statement")
        case .noRoom(let message):
            self.init(
                code: "query-failed", message: "SQLite has no space for the tables: \(message)",
                hint: "set TMPDIR to a directory with some hundred megabytes for each million entries")
        case .failed(let message): self.init(code: "query-failed", message: "SQLite cannot go on: \(message)")
        }
    }
}
