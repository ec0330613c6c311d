import ArgumentParser
import ContainerRuntime
import ContentStorage
import Operations

/// `strata run IMAGE [COMMAND…]`.
struct RunCommand: StoreCommand {
    static let namespaceUse = UserNamespaceUse.always
    static let configuration = CommandConfiguration(
        commandName: "run", abstract: "Create a container from an image and run a command in it.",
        discussion: """
            The exit status is the command's own; 125 if strata or the runtime failed, 126 if the command cannot be run, \
            127 if it does not exist. Without `-d` the container ends with this process, however that ends.
            """, helpNames: .long)

    @Flag(name: .shortAndLong, help: "Run the container in the background and print its ID.")
    var detach = false

    @Flag(inversion: .prefixedNo, help: ArgumentHelp("Pass signals on to the command, as always.", visibility: .hidden))
    var sigProxy = true

    @OptionGroup var options: ContainerOptions
    @OptionGroup(title: "Registries") var registry: RegistryOptions
    @OptionGroup var globals: GlobalOptions

    @Argument(help: "A name in the store or a registry.")
    var image: String

    @Argument(parsing: .captureForPassthrough, help: "Command to run instead of the image's own, with its arguments.")
    var command: [String] = []

    func run() throws {
        try Containers.status125 {
            if !sigProxy, !detach {
                throw CommandError.badOption(
                    "--sig-proxy", "false", expected: "true: the container ends with this process, which gets its signals")
            }
            if options.tty, options.interactive, !detach, !Terminal.standardInput.isTerminal { throw ContainerError.noTerminal }
            let program = try RuntimeProgram.find()
            let request = try options.request(command: command)
            let made = try Containers.make(image, request, options, registry, globals, startsNow: true)
            do {
                if detach {
                    try BackgroundKeeper.start(made.folder, made.lock, layersFolder: made.layersFolder)
                    return try Output.write("\(made.folder.name)\n")
                }
                let foreground = ForegroundRun(made.folder, layersFolder: made.layersFolder, program, isAttached: true)
                let output = RelayedOutput()
                try output.end(foreground.run(made.lock, on: .terminal(output)))
            } catch let error as RuntimeError {
                throw StatusOverride(error: error, status: error.exitStatus)
            }
        }
    }
}
