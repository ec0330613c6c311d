import ArgumentParser
import OCISpec
import Operations
import Reports
import TextValues

/// `strata volume …`.
struct VolumeCommands: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "volume", abstract: "Manage volumes.",
        subcommands: [VolumeCreate.self, VolumeLs.self, VolumeInspect.self, VolumeRm.self, VolumePrune.self])
}

/// `strata volume create [NAME]`.
struct VolumeCreate: StoreCommand {
    static let namespaceUse = UserNamespaceUse.always
    static let configuration = CommandConfiguration(commandName: "create", abstract: "Create a volume.")

    @Option(
        name: .shortAndLong, help: ArgumentHelp("Accepted as `local`: volumes are folders of the store.", visibility: .hidden))
    var driver: String = "local"

    @Option(help: ArgumentHelp("Label the volume.", valueName: "key=value"))
    var label: [String] = []

    @OptionGroup var globals: GlobalOptions

    @Argument(help: "A name; an invented one where it is left out.")
    var name: String?

    func run() throws {
        guard driver == "local" else { throw CommandError.badOption("--driver", driver, expected: "local") }
        let labels = label.map { NameValue($0) }.map { (name: $0.name, value: $0.value ?? "") }
        let made = try Workspace.run(globals) { try $0.volumes.create(name, labels: labels) }
        try Output.write("\(made)\n")
    }
}

/// `strata volume ls`.
struct VolumeLs: ResultCommand {
    static let configuration = CommandConfiguration(commandName: "ls", abstract: "List volumes.", aliases: ["list"])

    @Flag(name: .customLong("names"), help: "Print only names, as -q does.")
    var onlyNames = false

    @OptionGroup var globals: GlobalOptions

    func run() throws {
        let report = VolumeListReport(try Workspace.run(globals) { try $0.volumes.all() })
        switch (globals.format, onlyNames || globals.quiet) {
        case (.json, _): try Output.write(report.json())
        case (.text, true): try Output.write(report.names())
        case (.text, false): try Output.write(report.text())
        }
    }
}

/// `strata volume inspect NAME…`.
struct VolumeInspect: StoreCommand {
    static let configuration = CommandConfiguration(
        commandName: "inspect", abstract: "Show volumes as JSON, with docker's keys.")

    @OptionGroup var globals: GlobalOptions

    @Argument(help: "Names of volumes.")
    var names: [String]

    func run() throws {
        let found = try Workspace.run(globals) { workspace in try names.map { try workspace.volumes.find($0) } }
        try Output.write(.array(found.map { VolumeListReport.inspected($0) }))
    }
}

/// `strata volume rm NAME…`.
struct VolumeRm: StoreCommand {
    static let namespaceUse = UserNamespaceUse.always
    static let configuration = CommandConfiguration(
        commandName: "rm", abstract: "Remove volumes that no container mounts.", aliases: ["remove"])

    @Flag(name: .shortAndLong, help: "Do not fail where there is no such volume.")
    var force = false

    @OptionGroup var globals: GlobalOptions

    @Argument(help: "Names of volumes.")
    var names: [String]

    func run() throws {
        let volumes = try Workspace.run(globals) { $0.volumes }
        try Containers.tellingFailures(names, globals) { name in
            try volumes.remove(name, isForced: force)
            try Output.write("\(name)\n")
        }
    }
}

/// `strata volume prune`.
struct VolumePrune: StoreCommand {
    static let namespaceUse = UserNamespaceUse.always
    static let configuration = CommandConfiguration(
        commandName: "prune", abstract: "With `-a`, remove all volumes that no container mounts.",
        discussion: """
            As with docker, volumes that have a name stay without `-a`; those without one go with their container in any case. What is \
            in a volume cannot be brought back.
            """)

    @Flag(name: .shortAndLong, help: "Do not ask for confirmation.")
    var force = false

    @Flag(name: .shortAndLong, help: "Remove volumes that have a name.")
    var all = false

    @Flag(help: "Print what would be removed, and remove nothing.")
    var dryRun = false

    @OptionGroup var globals: GlobalOptions

    func run() throws {
        guard all else {
            globals.note("volumes that have a name stay: `-a` removes those that no container mounts")
            return try Output.write(dryRun ? "" : "Total reclaimed space: 0B\n")
        }
        if dryRun {
            let names = try Workspace.run(globals) { try $0.volumes.unused() }
            return try Output.write(names.map { "\($0)\n" }.joined())
        }
        if !force {
            guard Terminal.standardInput.isTerminal else { throw CommandError.notConfirmed }
            Terminal.standardError.write(
                "This removes all volumes that no container mounts, with what is in them. Continue? [y/N] ")
            guard ["y", "yes"].contains(readLine()?.lowercased() ?? "") else { throw CommandError.declined }
        }
        let pruned = try Workspace.run(globals) { try $0.volumes.prune() }
        let names = pruned.names.map { "\($0)\n" }.joined()
        try Output.write("\(names)Total reclaimed space: \(ByteText.text(pruned.freedBytes))\n")
    }
}
