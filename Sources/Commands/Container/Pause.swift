import ArgumentParser
import Operations

/// `strata pause CONTAINER…`.
struct PauseCommand: StoreCommand {
    static let namespaceUse = UserNamespaceUse.never
    static let configuration = CommandConfiguration(
        commandName: "pause", abstract: "Pause all processes in one or more containers.")

    @OptionGroup var globals: GlobalOptions
    @OptionGroup var names: ContainerNames

    func run() throws {
        try Containers.each(names.containers, globals) { name, containers in
            try containers.pause(name)
            try Output.write("\(name)\n")
        }
    }
}
