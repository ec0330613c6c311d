import ArgumentParser
import ImageStorage
import OCISpec
import Operations
import Reclamation
import Reports

/// `strata df`.
struct Df: ResultCommand {
    enum Format: String, CaseIterable { case text, json, markdown, csv }

    static let configuration = CommandConfiguration(
        commandName: "df", abstract: "Show what the store occupies on the disk, and what of it can go.",
        discussion: """
            Every byte of the store's directory stands in exactly one line, so the lines sum to what `du` says. RECLAIMABLE is \
            what a command removes: `image prune -a` images that no container uses and nobody pinned, and with them unpacked \
            layers; `container prune` containers that do not run; `builder prune -a` the build cache; `gc --min-age 0s` orphaned \
            blobs and partial downloads; `gc --empty-trash` the trash. Formats: text, json, markdown, csv.
            """)

    @Flag(name: .customShort("v"), help: "Also each image with what it shares and what removing it frees, orphans, stray files.")
    var detailed = false

    @OptionGroup var globals: GlobalOptions

    func run() throws {
        try Workspace.run(globals) { workspace in
            let look = try StoreLook(workspace.store)
            LeftMemory.keep(look)
            let usage = DiskUsage(look)
            for document in usage.unreadable {
                globals.note("nothing counts as reclaimable: \(ErrorSentence.problem(of: document))")
            }
            let report = DiskUsageReport(usage)
            switch try chosenFormat() {
            case .text:
                try Output.write(report.text(globals.style, now: Clock.now, isVerbose: detailed || globals.verbose))
            case .json: try Output.write(report.json())
            case .markdown: try Output.write(report.markdown(), .format)
            case .csv: try Output.write(report.csv(), .format)
            }
        }
    }
}
