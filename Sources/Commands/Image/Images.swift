import ArgumentParser
import EngineStores
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
            Filters: reference=GLOB (or ref=), label=KEY[=VALUE], label!=KEY[=VALUE], dangling=true, before=IMAGE, \
            since=IMAGE, until=24h (created longer ago, or before a date), imported<7d (not imported in the last 7 \
            days), used<30d (not used in the last 30 days), and size>500MB (bytes that no other image shares). An image \
            must match every filter; within a value, `a|b` matches either.

            With `--engine` the images of another engine, read in place: SIZE is what each takes on the disk, USED when it was \
            last used, and KNOWN BY what tells: the access time of its last layer, a container, or a build.
            """)

    @Argument(help: "List only names that match a repository, a name with its tag, or a pattern.")
    var reference: String?

    @Option(
        name: .shortAndLong,
        help: ArgumentHelp("Filter by a condition, such as dangling=true.", valueName: "condition"))
    var filter: [String] = []

    @Flag(help: "Show the digests of manifests.")
    var digests = false

    @Flag(help: "Do not truncate IDs.")
    var noTrunc = false

    @Flag(
        name: [.customShort("a"), .long], help: "Accepted for docker's sake: all images are always shown.")
    var all = false

    @Flag(name: .customLong("ids"), help: "Print only IDs, as -q does.")
    var onlyIDs = false

    @OptionGroup var selection: EngineOption
    @OptionGroup var globals: GlobalOptions

    func run() throws {
        let filter = try conditions()
        if let choice = try selection.choice() { return try show(choice, filter) }
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

    private func show(_ choice: EngineChoice, _ filter: ImageFilter) throws {
        let (look, answer) = try EngineAccess().look(choice, globals.lookMemory)
        guard look.inventory.isDriverKnown else {
            throw EngineError.unknownDriver(look.kind, root: look.root, driver: look.inventory.driver)
        }
        globals.note(about: look)
        let now = Clock.now
        let report = EngineImageListReport(try EngineUsage(look).listed(filter, now: now), look, answer)
        switch (globals.format, onlyIDs || globals.quiet) {
        case (.json, _): try Output.write(report.json())
        case (.text, true): try Output.write(report.ids(isWhole: noTrunc))
        case (.text, false): try Output.write(report.text(now: now, showsDigests: digests, isWhole: noTrunc))
        }
    }

    private func conditions() throws -> ImageFilter {
        var conditions = try ImageFilter(parsing: filter)
        if let reference { conditions.conditions.append(.reference([try ReferenceGlob(reference)])) }
        return conditions
    }
}
