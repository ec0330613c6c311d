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
            Filters: status=created|running|exited|mounted, name=TEXT, id=TEXT, ancestor=IMAGE, label=KEY[=VALUE] and \
            exited=STATUS. A container must match every filter; of several values for one key, except labels, one is enough.
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
                ContainerListReport.Row(item, diskBytes: size || globals.format == .json ? try item.folder.changedBytes() : nil)
            })
        switch (globals.format, onlyIDs || globals.quiet) {
        case (.json, _): try Output.write(report.json())
        case (.text, true): try Output.write(report.ids(isWhole: noTrunc))
        case (.text, false): try Output.write(report.text(now: Clock.now, isWhole: noTrunc))
        }
    }
}

/// Conditions on containers as docker reads them: one of the values of a kind must hold, and every label.
struct ContainerConditions {
    private let labels: [ContainerCondition]
    private let others: [[ContainerCondition]]

    init(_ conditions: [ContainerCondition]) {
        labels = conditions.filter { $0.kind == .label }
        others = Array(Dictionary(grouping: conditions.filter { $0.kind != .label }, by: \.kind).values)
    }

    var areAboutStatus: Bool { others.contains { $0.contains(where: \.isAboutStatus) } }

    func match(_ item: FoundContainer) -> Bool {
        labels.allSatisfy { $0.matches(item) } && others.allSatisfy { group in group.contains { $0.matches(item) } }
    }
}

/// A condition on containers, in docker's words.
struct ContainerCondition {
    enum Kind: String { case status, name, id, ancestor, label, exited }

    let kind: Kind
    private let value: String
    /// The value as the name of an image; nil for what cannot be one.
    private let reference: Reference?

    init(_ text: String) throws {
        guard let term = FilterTerm(text), term.relation == .equal, let kind = Kind(rawValue: term.key) else {
            throw CommandError.badOption(
                "--filter", text, expected: "status=, name=, id=, ancestor=, label= or exited=, with a value")
        }
        self.kind = kind
        value = term.value
        reference = kind == .ancestor ? Self.reference(value) : nil
    }

    /// The name that is looked up; nil for a text that is none, such as an ID.
    private static func reference(_ text: String) -> Reference? {
        Reference(ifValid: text)?.withDefaultTag
    }

    var isAboutStatus: Bool { kind == .status || kind == .exited }

    func matches(_ item: FoundContainer) -> Bool {
        let container = item.container
        switch kind {
        case .status: return item.status.word == value
        case .name: return container.name.contains(value)
        case .id: return container.id.hasPrefix(value)
        case .exited: return item.status.exitStatus.map { "\($0)" } == value
        case .ancestor:
            if container.imageName.isExactly(value) || (reference != nil && Self.reference(container.imageName) == reference) {
                return true
            }
            return container.imageID.hex.hasPrefix(value) || container.imageID.description.hasPrefix(value)
        case .label:
            let label = NameValue(value)
            guard let found = container.config.labels?[ExactText(label.name)] else { return false }
            return label.value?.isExactly(found) ?? true
        }
    }
}

extension ContainerListReport.Row {
    /// The row of one container; `diskBytes` is what it changed.
    init(_ item: FoundContainer, diskBytes: Int64?) {
        let container = item.container
        var state = State.created
        switch item.status {
        case .created: break
        case .mounted: state = .mounted
        case .running(let since): state = .running(since: since)
        case .paused(let since): state = .paused(since: since)
        case .exited(let status, let moment): state = .exited(status, at: moment)
        case .lost(let hasMachineRestarted): state = .lost(hasMachineRestarted: hasMachineRestarted)
        }
        self.init(
            id: container.id, name: container.name, imageName: container.imageName, imageID: container.imageID,
            command: container.command, created: container.created, state: state, diskBytes: diskBytes)
    }
}
