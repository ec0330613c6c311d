import ArgumentParser
import ContainerRuntime
import ContentStorage
import OCISpec
import Operations
import Reports
import TextValues

/// `strata ps`.
struct PsCommand: ResultCommand {
    static let configuration = CommandConfiguration(
        commandName: "ps", abstract: "List containers.",
        discussion: """
            Filters: status=created|running|exited|mounted, name=TEXT, id=TEXT, ancestor=IMAGE, label=KEY[=VALUE], \
            volume=NAME-OR-PATH, network=NAME and exited=STATUS. A container must match every filter; of several values for one key, except labels, one is enough.
            """, aliases: ["ls", "list"])

    @Flag(name: .shortAndLong, help: "Show all containers, not only running ones.")
    var all = false

    @Flag(name: .customLong("ids"), help: "Print only IDs, as -q does.")
    var onlyIDs = false

    @Flag(help: "Do not truncate IDs and commands.")
    var noTrunc = false

    @Flag(name: .shortAndLong, help: "Show only the newest container, in any state.")
    var latest = false

    @Option(
        name: [.customShort("n"), .customLong("last")],
        help: ArgumentHelp("Show only this many of the newest containers, in any state.", valueName: "number"))
    var last: Int?

    @Flag(name: .shortAndLong, help: "Show the bytes that each container changed.")
    var size = false

    @Option(name: .shortAndLong, help: ArgumentHelp("Filter by a condition.", valueName: "condition"))
    var filter: [String] = []

    @OptionGroup var globals: GlobalOptions

    func run() throws {
        let conditions = ContainerConditions(try filter.map(ContainerCondition.init))
        let count = last ?? (latest ? 1 : nil)
        let showsAll = all || count != nil || conditions.areAboutStatus
        let (known, damaged) = try Containers.open(globals).scan()
        for one in damaged { globals.note(ErrorSentence(one).message) }
        var items = known.filter { item in
            (showsAll || item.status.isRunning) && conditions.match(item)
        }
        if let count { items = Array(items.prefix(max(0, count))) }
        let report = ContainerListReport(
            try items.map { item in
                let bytes = size || globals.format == .json ? try item.folder.changedBytes() : nil
                return try ContainerListReport.Row(item, diskBytes: bytes)
            })
        switch (globals.format, onlyIDs || globals.quiet) {
        case (.json, _): try Output.write(report.json())
        case (.text, true): try Output.write(report.ids(isWhole: noTrunc))
        case (.text, false): try Output.write(report.text(now: Clock.now, isWhole: noTrunc))
        }
    }
}
