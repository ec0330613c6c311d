import ArgumentParser
import Operations

/// `strata wait CONTAINER…`.
struct WaitCommand: StoreCommand {
    static let configuration = CommandConfiguration(
        commandName: "wait", abstract: "Wait until containers stop, and print their exit statuses.")

    @OptionGroup var globals: GlobalOptions
    @OptionGroup var names: ContainerNames

    func run() throws {
        let containers = try Containers.open(globals)
        // All are looked up before the first is waited for: one that goes with its end may be gone when its turn comes.
        var found: [String: Result<ContainerWait, any Error>] = [:]
        for name in names.containers { found[name] = Result { try ContainerWait(for: containers.find(name)) } }
        try Containers.tellingFailures(names.containers, globals) { [found] name in
            if let status = try found[name]?.get().status() { try Output.write("\(status)\n") }
        }
    }
}
