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
        commandName: "df", abstract: "Show the disk usage of the store, and how much can be reclaimed.",
        discussion: """
            Every byte of the store's directory is counted in exactly one line, so the lines add up to what `du` \
            reports. RECLAIMABLE is what a command removes: `image prune -a` images that no container uses and nobody \
            pinned, and their unpacked layers; `container prune` stopped containers; `builder prune -a` the build cache; \
            `gc --min-age 0s` orphaned blobs and partial downloads; `gc --empty-trash` the trash. Formats: text, json, \
            markdown, csv.
            """)

    @Flag(
        name: .customShort("v"), help: "Also list each image with the bytes it shares and frees, orphaned blobs and stray files.")
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
