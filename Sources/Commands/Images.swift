import ArgumentParser
import ImageStorage
import ImageTransfer
import OCISpec
import Reports

/// `strata images`.
struct Images: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "List the images of the store.")

    @Argument(help: "Only names that match: a repository, a name with its tag, or a pattern.")
    var reference: String?

    @Flag(help: "Show the digests of manifests.")
    var digests = false

    @Flag(help: "Do not cut IDs.")
    var noTrunc = false

    @Flag(
        name: [.customShort("a"), .long], help: "Also images without a name that others are built on; all are shown in any case.")
    var all = false

    @Flag(name: [.customShort("q"), .customLong("ids")], help: "Only IDs.")
    var onlyIDs = false

    @OptionGroup var globals: GlobalOptions

    func run() throws {
        try Workspace.run(globals) { workspace in
            let report = ImageListReport(try workspace.imageRows(matching: reference) { globals.note($0) })
            switch (globals.format, onlyIDs || globals.quiet) {
            case (.json, _): try Output.write(report.json())
            case (.text, true): try Output.write(report.ids(isWhole: noTrunc))
            case (.text, false):
                try Output.write(report.text(now: Clock.now, showsDigests: digests, isWhole: noTrunc))
            }
        }
    }
}

extension Workspace {
    /// A row for every name of the store, the newest image first; what cannot be read is said and left out.
    func imageRows(matching pattern: String?, note: (String) -> Void) throws -> [ImageListReport.Row] {
        let glob = try pattern.map { try ReferenceGlob($0) }
        var rows: [ImageListReport.Row] = []
        for entry in try store.names() {
            if let glob, !entry.isMatched(by: glob) { continue }
            do throws(ImageError) {
                rows.append(row(entry, try store.load(entry.descriptor, platform: options.platform)))
            } catch .notAnImage {
                continue
            } catch {
                note("cannot read \(entry.familiar ?? entry.descriptor.digest.short): \(ErrorSentence(error).message)")
            }
        }
        return rows.sorted { left, right in
            let (newer, older) = (Timestamp.known(left.created), Timestamp.known(right.created))
            if newer != older { return newer.map { new in older.map { new > $0 } ?? true } ?? false }
            return (left.repository ?? "~", left.tag ?? "") < (right.repository ?? "~", right.tag ?? "")
        }
    }

    /// Bytes of the layers' content, as docker's SIZE; `nil` where the catalog does not know a layer.
    func contentBytes(of record: ImageRecord) -> Int64? {
        var sum: Int64 = 0
        for layer in record.layers {
            guard let facts = store.catalog.layerFacts(layer.diffID) else { return nil }
            sum += facts.contentBytes
        }
        return sum
    }

    private func row(_ entry: NamedImage, _ record: ImageRecord) -> ImageListReport.Row {
        var repository: String?
        var tag: String?
        switch entry.name {
        case .reference(let reference):
            repository = reference.familiarRepository
            tag = reference.tag
        case .bare(let text): tag = text
        case nil: break
        }
        return ImageListReport.Row(
            repository: repository, tag: tag, digest: entry.descriptor.digest, imageID: record.imageID,
            created: Timestamp.known(record.config.created) == nil ? nil : record.config.created,
            contentBytes: contentBytes(of: record))
    }
}

extension NamedImage {
    fileprivate func isMatched(by glob: ReferenceGlob) -> Bool {
        switch name {
        case .reference(let reference): glob.matches(reference)
        case .bare(let text): glob.matches(text)
        case nil: false
        }
    }
}
