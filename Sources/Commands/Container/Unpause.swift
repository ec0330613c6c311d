import ArgumentParser
import Operations

/// `strata unpause CONTAINER…`.
struct UnpauseCommand: StoreCommand {
    static let namespaceUse = UserNamespaceUse.never
    static let configuration = CommandConfiguration(commandName: "unpause", abstract: "Resume paused containers.")

    @OptionGroup var globals: GlobalOptions
    @OptionGroup var names: ContainerNames

    func run() throws {
        try Containers.each(names.containers, globals) { name, containers in
            try containers.unpause(name)
            try Output.write("\(name)\n")
        }
    }
}
