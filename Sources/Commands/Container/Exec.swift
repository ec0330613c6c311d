import ArgumentParser
import ContainerRuntime
import ContentStorage
import Operations

/// `strata exec CONTAINER COMMAND…`.
struct ExecCommand: StoreCommand {
    static let namespaceUse = UserNamespaceUse.never
    static let configuration = CommandConfiguration(
        commandName: "exec", abstract: "Run a command in a running container.",
        discussion: """
            The exit status is the command's own; 125 if strata or the runtime failed, 126 if the command cannot be run, 127 if \
            it does not exist, 1 if the container is not running or is paused.
            """)

    @Flag(name: .shortAndLong, help: "Run the command in the background.")
    var detach = false

    @Flag(name: .shortAndLong, help: "Attach standard input.")
    var interactive = false

    @Flag(name: .shortAndLong, help: "Allocate a terminal.")
    var tty = false

    @Option(
        name: .shortAndLong, help: ArgumentHelp("Set a variable; a name alone takes the environment's.", valueName: "name=value"))
    var env: [String] = []

    @Option(help: ArgumentHelp("Set the variables of a file, one a line.", valueName: "file"))
    var envFile: [String] = []

    @Option(name: [.customShort("w"), .long], help: ArgumentHelp("Working directory in the container.", valueName: "dir"))
    var workdir: String?

    @Option(name: .shortAndLong, help: ArgumentHelp("User name or ID.", valueName: "user[:group]"))
    var user: String?

    @Flag(help: "Give the command all capabilities.")
    var privileged = false

    @OptionGroup var globals: GlobalOptions

    @Argument(help: "A name, an ID or its beginning.")
    var container: String

    @Argument(parsing: .captureForPassthrough, help: "The command and its arguments.")
    var command: [String]

    func run() throws {
        if tty, interactive, !Terminal.standardInput.isTerminal { throw ContainerError.noTerminal }
        guard !command.isEmpty else { throw ContainerError.noCommand }
        let containers = try Containers.open(globals)
        let item = try containers.find(container)
        if case .paused = item.status { throw ContainerError.isPaused(container) }
        let exec = try self.exec()
        let process = try exec.process(in: item, containers.store, size: Terminal.standardOutput.size)
        let output = RelayedOutput()
        let status: Int32
        do {
            if detach { return try BackgroundCall.start(process, in: item.folder) }
            status = try exec.run(process, in: item.folder, on: .terminal(output))
        } catch {
            // Docker's daemon refuses what does not run, and that is its client's 1.
            if case .notRunning = error { throw error }
            throw StatusOverride(error: error, status: error.exitStatus)
        }
        try output.end(status)
    }

    private func exec() throws -> ContainerExec {
        var exec = ContainerExec(command)
        exec.environment = try Variables.all(files: envFile, env)
        exec.isPrivileged = privileged
        exec.workingDirectory = workdir
        exec.user = user
        exec.hasTerminal = tty
        exec.takesInput = interactive
        return exec
    }
}
