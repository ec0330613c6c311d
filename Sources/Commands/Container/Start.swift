import ArgumentParser
import ContainerRuntime
import Operations

/// `strata start CONTAINER…`.
struct StartCommand: StoreCommand {
    static let namespaceUse = UserNamespaceUse.always
    static let configuration = CommandConfiguration(commandName: "start", abstract: "Start stopped containers.")

    @Flag(name: .shortAndLong, help: "Attach standard output and standard error.")
    var attach = false

    @Flag(name: .shortAndLong, help: "Attach standard input as well.")
    var interactive = false

    @OptionGroup var globals: GlobalOptions
    @OptionGroup var names: ContainerNames

    private var isAttached: Bool { attach || interactive }

    func validate() throws {
        if isAttached, names.containers.count > 1 { throw ValidationError("one container only can be attached to") }
    }

    func run() throws {
        let program = try RuntimeProgram.find()
        try Containers.each(names.containers, globals) { name, containers in
            let output = RelayedOutput()
            let status = try containers.start(
                name, program, on: isAttached ? .terminal(output) : nil, takesInput: interactive)
            if let status { return try output.end(status) }
            try Output.write("\(name)\n")
        }
    }
}
