import ArgumentParser
import Operations
import TextValues

/// `strata stop CONTAINER…`.
struct StopCommand: StoreCommand {
    static let namespaceUse = UserNamespaceUse.never
    static let configuration = CommandConfiguration(
        commandName: "stop", abstract: "Stop running containers: send the stop signal, then SIGKILL after a timeout.")

    @Option(
        name: [.customShort("t"), .long, .customLong("time")],
        help: ArgumentHelp("Seconds to wait before SIGKILL (default: the container's own, else 10).", valueName: "seconds"))
    var timeout: Int?

    @Option(name: .shortAndLong, help: ArgumentHelp("Signal to send instead of the container's own.", valueName: "signal"))
    var signal: String?

    @OptionGroup var globals: GlobalOptions
    @OptionGroup var names: ContainerNames

    func run() throws {
        let wanted = try signal.map { try SignalName(option: "--signal", $0) }
        try Containers.each(names.containers, globals) { name, containers in
            try containers.stop(name, signal: wanted, seconds: timeout)
            try Output.write("\(name)\n")
        }
    }
}
