import ArgumentParser
import ContentStorage
import ImageStorage
import OCISpec
import Reclamation
import Reports
import StorageIO

/// `strata images`.
struct Images: ResultCommand {
    static let configuration = CommandConfiguration(
        commandName: "images", abstract: "List the images of the store.",
        discussion: """
            Conditions are reference=GLOB (or ref=), label=KEY[=VALUE], label!=KEY[=VALUE], dangling=true, before=IMAGE, \
            since=IMAGE, until=24h (made longer ago, or before a date), imported<7d and used<30d (longer ago), and size>500MB \
            (bytes that no other image shares). All must hold; within a value `a|b` is either.
            """)

    @Argument(help: "Only names that match: a repository, a name with its tag, or a pattern.")
    var reference: String?

    @Option(
        name: .shortAndLong,
        help: ArgumentHelp("Only images that fulfil the condition, such as dangling=true.", valueName: "condition"))
    var filter: [String] = []

    @Flag(help: "Show the digests of manifests.")
    var digests = false

    @Flag(help: "Do not cut IDs.")
    var noTrunc = false

    @Flag(
        name: [.customShort("a"), .long], help: "Also images without a name that others are built on; all are shown in any case.")
    var all = false

    @Flag(name: .customLong("ids"), help: "Only IDs, as -q does.")
    var onlyIDs = false

    @OptionGroup var globals: GlobalOptions

    func run() throws {
        let filter = try conditions()
        try Workspace.run(globals) { workspace in
            let report = ImageListReport(try workspace.imageRows(filter) { globals.note($0) })
            switch (globals.format, onlyIDs || globals.quiet) {
            case (.json, _): try Output.write(report.json())
            case (.text, true): try Output.write(report.ids(isWhole: noTrunc))
            case (.text, false):
                try Output.write(report.text(now: Clock.now, showsDigests: digests, isWhole: noTrunc))
            }
        }
    }

    private func conditions() throws -> ImageFilter {
        var conditions = try ImageFilter(parsing: filter)
        if let reference { conditions.conditions.append(.reference([try ReferenceGlob(reference)])) }
        return conditions
    }
}

extension Workspace {
    /// A row for every entry of the store that the filter means, the newest image first; what cannot be read is said and left
    /// out.
    func imageRows(_ filter: ImageFilter, note: (String) -> Void) throws -> [ImageListReport.Row] {
        // The catalog and the index of a large store take as long as all the rest.
        let ((index, names), documents) = try together(
            { () throws(ContentError) in
                let index = try store.content.readIndex()
                return (index, ImageStore.names(of: index))
            }, { () throws(ContentError) in DocumentReader(store) })
        documents.lookAhead()
        Process.leave(documents, names, index)
        let (images, contentBytes) = together(
            { store.summaries(listedBy: names, documents).used(by: containersInUse(note), at: Clock.now) },
            { store.catalog.allContentBytes() })
        for entry in index.oddEntries {
            let title = entry.name ?? entry.digest ?? "an entry"
            note("cannot list \(PathText.printable(title)) (\(entry.id)): \(PathText.printable(entry.detail))")
        }
        let uniqueBytes = try filter.needsUniqueBytes ? uniqueBytes() : [:]
        let now = Clock.now
        let context = try store.context(for: filter, among: images, now: now, uniqueBytes: uniqueBytes)
        var rows: [(created: Timestamp?, row: ImageListReport.Row)] = []
        for image in images {
            for entry in image.listed {
                if let problem = image.problem, filter.names.matches(entry, of: image, context) {
                    let name = entry.familiar ?? entry.descriptor.digest.short
                    note("cannot read \(name): \(ErrorSentence(problem).message)")
                }
                guard image.isImage, filter.matches(entry, of: image, context) else { continue }
                rows.append((image.created(now: now), ImageListReport.Row(entry, of: image, contentBytes, now: now)))
            }
        }
        return rows.sorted(by: Self.isListedBefore).map(\.row)
    }

    /// The containers of the store; where the record of one cannot be read that is said, and none counts.
    private func containersInUse(_ note: (String) -> Void) -> [ContainerRecord] {
        do throws(ContentError) { return try store.content.containers() } catch {
            note("cannot tell which images containers use: \(ErrorSentence(error).message)")
            return []
        }
    }

    /// Of every image, what `df -v` says that it alone takes.
    private func uniqueBytes() throws -> [Digest: Int64] {
        let look = try StoreLook(store)
        return Dictionary(
            look.images.map { ($0.digest, look.graph.uniqueBytes(of: .image($0.digest))) }, uniquingKeysWith: max)
    }

    /// The newest first, those of unknown age last; then by name, nameless ones last.
    private static func isListedBefore(
        _ left: (created: Timestamp?, row: ImageListReport.Row), _ right: (created: Timestamp?, row: ImageListReport.Row)
    ) -> Bool {
        guard left.created == right.created else {
            guard let new = left.created else { return false }
            return right.created.map { new > $0 } ?? true
        }
        return (left.row.repository ?? "~", left.row.tag ?? "") < (right.row.repository ?? "~", right.row.tag ?? "")
    }
}

extension ImageListReport.Row {
    /// The row of one entry; `contentBytes` are those of every layer of which they are known.
    fileprivate init(_ entry: NamedImage, of image: ImageSummary, _ contentBytes: [Digest: Int64], now: Timestamp) {
        var repository: String?
        var tag: String?
        switch entry.name {
        case .reference(let reference):
            repository = reference.familiarRepository
            tag = reference.tag
        case .bare(let text): tag = text
        case nil: break
        }
        let layers = (image.variants.first?.diffIDs ?? []).map { contentBytes[$0] }
        self.init(
            repository: repository, tag: tag, digest: entry.descriptor.digest, imageID: image.imageID,
            created: image.created(now: now) == nil ? nil : image.variants.first?.created,
            contentBytes: layers.contains(nil) ? nil : layers.reduce(0) { $0 + ($1 ?? 0) }, imported: image.imported,
            lastUsed: image.used, isPinned: image.isPinned)
    }
}

extension ImageFilter {
    /// The conditions on names alone.
    fileprivate var names: ImageFilter {
        ImageFilter(conditions.filter { if case .reference = $0 { true } else { false } })
    }
}
