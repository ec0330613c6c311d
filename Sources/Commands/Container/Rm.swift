import ArgumentParser
import Operations

/// `strata rm CONTAINER…`.
struct RmCommand: StoreCommand {
    static let configuration = CommandConfiguration(
        commandName: "rm", abstract: "Remove containers and their changes.", aliases: ["remove"])

    @Flag(name: .shortAndLong, help: "Also remove running containers, by SIGKILL.")
    var force = false

    @Flag(
        name: [.customShort("v"), .long],
        help: ArgumentHelp(
            "Accepted for docker's sake: a container's own volumes go with it, those with names stay.", visibility: .hidden))
    var volumes = false

    @OptionGroup var globals: GlobalOptions
    @OptionGroup var names: ContainerNames

    func run() throws {
        try Containers.each(names.containers, globals) { name, containers in
            if try containers.remove(name, isForced: force) { try Output.write("\(name)\n") }
        }
    }
}
