import ArgumentParser
import OCISpec
import Operations
import Reports
import TextValues

/// `strata network …`.
struct NetworkCommands: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "network", abstract: "Manage networks.",
        subcommands: [NetworkCreate.self, NetworkLs.self, NetworkInspect.self, NetworkRm.self, NetworkPrune.self])
}

/// `strata network create NAME`.
struct NetworkCreate: StoreCommand {
    static let namespaceUse = UserNamespaceUse.always
    static let configuration = CommandConfiguration(
        commandName: "create", abstract: "Create a network.",
        discussion: "Containers that join it with `run --network NAME` reach each other by their names.")

    @Option(name: .shortAndLong, help: ArgumentHelp("Accepted as `bridge`: there is no other kind.", visibility: .hidden))
    var driver: String = "bridge"

    @Option(help: ArgumentHelp("Addresses of the network, such as 10.89.1.0/24.", valueName: "range"))
    var subnet: String?

    @Option(help: ArgumentHelp("The machine's address in the network (default: the first one).", valueName: "address"))
    var gateway: String?

    @Flag(help: "Let nothing lead out of the network.")
    var `internal` = false

    @Option(help: ArgumentHelp("Label the network.", valueName: "key=value"))
    var label: [String] = []

    @OptionGroup var globals: GlobalOptions

    @Argument(help: "A name.")
    var name: String

    func run() throws {
        guard driver == "bridge" else { throw CommandError.badOption("--driver", driver, expected: "bridge") }
        let range = try subnet.map { text in
            guard let range = IPv4Range(text), (8...30).contains(range.prefixLength) else {
                throw CommandError.badOption("--subnet", text, expected: "a range of IPv4 addresses such as 10.89.1.0/24")
            }
            return range
        }
        let address = try gateway.map { text in
            guard let address = IPv4Address(text), range != nil else {
                throw CommandError.badOption("--gateway", text, expected: "an IPv4 address of --subnet")
            }
            return address
        }
        let labels = label.map { NameValue($0) }.map { (name: $0.name, value: $0.value ?? "") }
        let made = try Workspace.run(globals) {
            try $0.networks.create(name, range: range, gateway: address, isInternal: `internal`, labels: labels)
        }
        try Output.write("\(made)\n")
    }
}

/// `strata network ls`.
struct NetworkLs: ResultCommand {
    static let configuration = CommandConfiguration(commandName: "ls", abstract: "List networks.", aliases: ["list"])

    @Flag(name: .customLong("ids"), help: "Print only IDs, as -q does.")
    var onlyIDs = false

    @OptionGroup var globals: GlobalOptions

    func run() throws {
        let report = NetworkListReport(try Workspace.run(globals) { try $0.networks.all() })
        switch (globals.format, onlyIDs || globals.quiet) {
        case (.json, _): try Output.write(report.json())
        case (.text, true): try Output.write(report.ids())
        case (.text, false): try Output.write(report.text())
        }
    }
}

/// `strata network inspect NAME…`.
struct NetworkInspect: StoreCommand {
    static let configuration = CommandConfiguration(
        commandName: "inspect", abstract: "Show networks as JSON, with docker's keys.")

    @OptionGroup var globals: GlobalOptions

    @Argument(help: "Names or IDs of networks.")
    var networks: [String]

    func run() throws {
        let found = try Workspace.run(globals) { workspace in try networks.map { try workspace.networks.find($0) } }
        try Output.write(.array(found.map { NetworkListReport.inspected($0) }))
    }
}

/// `strata network rm NAME…`.
struct NetworkRm: StoreCommand {
    static let namespaceUse = UserNamespaceUse.always
    static let configuration = CommandConfiguration(
        commandName: "rm", abstract: "Remove networks that no container joins.", aliases: ["remove"])

    @Flag(name: .shortAndLong, help: "Do not fail where there is no such network.")
    var force = false

    @OptionGroup var globals: GlobalOptions

    @Argument(help: "Names or IDs of networks.")
    var networks: [String]

    func run() throws {
        let known = try Workspace.run(globals) { $0.networks }
        try Containers.tellingFailures(networks, globals) { name in
            try known.remove(name, isForced: force)
            try Output.write("\(name)\n")
        }
    }
}

/// `strata network prune`.
struct NetworkPrune: StoreCommand {
    static let namespaceUse = UserNamespaceUse.always
    static let configuration = CommandConfiguration(
        commandName: "prune", abstract: "Remove all networks that no container joins.")

    @Flag(name: .shortAndLong, help: "Do not ask for confirmation.")
    var force = false

    @OptionGroup var globals: GlobalOptions

    func run() throws {
        if !force {
            guard Terminal.standardInput.isTerminal else { throw CommandError.notConfirmed }
            Terminal.standardError.write("This removes all networks that no container joins. Continue? [y/N] ")
            guard ["y", "yes"].contains(readLine()?.lowercased() ?? "") else { throw CommandError.declined }
        }
        let names = try Workspace.run(globals) { try $0.networks.prune() }
        if !names.isEmpty { try Output.write("Deleted Networks:\n\(names.map { "\($0)\n" }.joined())") }
    }
}
