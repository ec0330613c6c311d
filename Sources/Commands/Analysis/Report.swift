import ArgumentParser
import Glibc
import ImageStorage
import ImageTransfer
import LayerAnalysis
import OCISpec
import Operations
import PackageDatabases
import Reports
import StorageIO
import SystemPackage

/// `strata report IMAGE -o DIR`.
struct Report: ResultCommand {
    static let configuration = CommandConfiguration(
        commandName: "report", abstract: "Write every report of an image to a directory.",
        discussion: """
            report.txt, .json, .md and .html, and the lists as CSV: layers, wasted paths, duplicates, packages. With \
            --budget also check.json, .md, .sarif and junit.xml; with --against also diff.json, .md, .html and .csv.
            """)

    @Argument(help: "The image: a path, a name in the store, docker://NAME, or `-`.")
    var source: String

    @Option(name: .shortAndLong, help: ArgumentHelp("Output directory; created if it does not exist.", valueName: "dir"))
    var output: String

    @Option(help: ArgumentHelp("Budget file to check the image against.", valueName: "file"))
    var budget: String?

    @Option(
        help: ArgumentHelp(
            "Image to compare with, or `previous` (the one before it in its repository).", valueName: "source"))
    var against: String?

    @Option(help: ArgumentHelp("Base image; the figures of your own layers exclude it.", valueName: "source"))
    var base: String?

    @Option(help: "Use the image of an index for this platform, such as linux/arm64.")
    var platform: String?

    @OptionGroup var limits: LimitOptions
    @OptionGroup(title: "Registries") var registry: RegistryOptions
    @OptionGroup var globals: GlobalOptions

    func run() throws {
        let rules = try budget.map { try BudgetSource.read($0) }
        let folder = try ReportFolder(output)
        let names = try Workspace.run(globals, platform: platform, limits: limits.scanLimits, registry: registry) { workspace in
            let progress = globals.reading(source)
            let given = try against.flatMap { try $0 == Previous.word ? nil : workspace.image($0, progress) }
            let image = try workspace.image(source, progress)
            let before = try against == Previous.word ? workspace.previousImage(to: image, progress) : given
            let analysis = try workspace.analysis(image, base: try workspace.findBase(of: image, asked: base, progress))
            let (tree, inventory) = try workspace.treeWithInventory(image)
            let stored = tree.storedBytes()
            try folder.write(analysis, inventory, stored, workspace.pageTrend(image))
            if let before {
                try folder.write(try workspace.diff(from: before, to: image, ignoringTimes: false))
            }
            if let rules {
                // Of an image before that has gone there are figures still.
                let noted = try against == Previous.word ? workspace.previous(to: image, progress, isTold: false) : nil
                let baseline = try noted ?? before.map { Baseline(try workspace.analysis($0, base: nil)) }
                let check = BudgetCheck(
                    rules, analysis, against: baseline, stored: stored, inventory: inventory, at: Clock.now)
                try folder.write(try check.result(of: image), budget: budget)
            }
            return folder.written
        }
        switch globals.format {
        case .text: try Output.write(globals.quiet ? "" : names.map { "\(output)/\($0)\n" }.joined())
        case .json:
            try Output.write(
                JSONReport.document("reports", ["folder": .string(output), "files": .array(names.map { .string($0) })]))
        }
    }
}
