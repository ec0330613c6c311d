import ArgumentParser
import ImageStorage
import OCISpec
import Operations
import Reclamation
import Reports

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
            let report = ImageListReport(try workspace.listedImages(filter))
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
