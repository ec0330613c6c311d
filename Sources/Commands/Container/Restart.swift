import ArgumentParser
import Operations

/// `strata restart CONTAINER…`.
struct RestartCommand: StoreCommand {
    static let namespaceUse = UserNamespaceUse.never
    static let configuration = CommandConfiguration(commandName: "restart", abstract: "Restart containers.")

    @Option(
        name: [.customShort("t"), .long, .customLong("time")],
        help: ArgumentHelp("Seconds to wait before SIGKILL (default: the container's own, else 10).", valueName: "seconds"))
    var timeout: Int?

    @OptionGroup var globals: GlobalOptions
    @OptionGroup var names: ContainerNames

    func run() throws {
        try Containers.each(names.containers, globals) { name, containers in
            try containers.restart(name, seconds: timeout)
            try Output.write("\(name)\n")
        }
    }
}
