import ArgumentParser
import Operations
import TextValues

/// `strata kill CONTAINER…`.
struct KillCommand: StoreCommand {
    static let namespaceUse = UserNamespaceUse.never
    static let configuration = CommandConfiguration(commandName: "kill", abstract: "Send a signal to running containers.")

    @Option(name: .shortAndLong, help: "The signal, by name or number.")
    var signal = "KILL"

    @OptionGroup var globals: GlobalOptions
    @OptionGroup var names: ContainerNames

    func run() throws {
        let wanted = try SignalName(option: "--signal", signal)
        try Containers.each(names.containers, globals) { name, containers in
            try containers.kill(name, wanted)
            try Output.write("\(name)\n")
        }
    }
}
