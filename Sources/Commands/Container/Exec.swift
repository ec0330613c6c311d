import ArgumentParser
import ContainerRuntime
import ContentStorage
import Glibc
import OCISpec

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

    @Option(name: [.customShort("w"), .long], help: ArgumentHelp("Working directory in the container.", valueName: "dir"))
    var workdir: String?

    @Option(name: .shortAndLong, help: ArgumentHelp("User name or ID.", valueName: "user[:group]"))
    var user: String?

    @OptionGroup var globals: GlobalOptions

    @Argument(help: "A name, an ID or its beginning.")
    var container: String

    @Argument(parsing: .captureForPassthrough, help: "The command and its arguments.")
    var command: [String]

    func run() throws {
        if tty, interactive, !Terminal.standardInput.isTerminal { throw ContainerError.noTerminal }
        guard !command.isEmpty else { throw ContainerError.noCommand }
        let item = try Containers.shelf(globals).find(container)
        if case .paused = item.status { throw ContainerError.isPaused(container) }
        let process = try process(item)
        let output = RelayedOutput()
        let status: Int32
        do throws(RuntimeError) {
            if detach { return try BackgroundCall.start(process, in: item.folder) }
            status = try run(process, item, output)
        } catch {
            // Docker's daemon refuses what does not run, and that is its client's 1.
            if case .notRunning = error { throw error }
            throw StatusOverride(error: error, status: error.exitStatus)
        }
        try output.end(status)
    }

    private func run(
        _ process: RuntimeSpec.Process, _ item: ContainerShelf.Item, _ output: RelayedOutput
    ) throws(RuntimeError) -> Int32 {
        var streams = Keeper.Streams()
        if interactive { streams.input = tty || Terminal.standardInput.isTerminal ? .copied(from: 0) : .descriptor(0) }
        streams.size = Terminal.standardOutput.size
        streams.deliver = { output.deliver($0, $1) }
        let call = try item.folder.exec(process, streams)
        let raw = tty && interactive ? RawTerminal(Terminal.standardInput) : nil
        Process.handSignals { signal in
            guard signal == SIGWINCH else { return call.signal(signal) }
            let size = Terminal.standardOutput.size
            call.resize(rows: size.rows, columns: size.columns)
        }
        let outcome: Result<Int32, RuntimeError>
        do throws(RuntimeError) { outcome = .success(try call.wait()) } catch { outcome = .failure(error) }
        Process.handSignals(to: nil)
        raw?.restore()
        return try outcome.get()
    }

    private func process(_ item: ContainerShelf.Item) throws -> RuntimeSpec.Process {
        var container = item.container
        if let user {
            let layers = try item.folder.directories(layersFolder: Containers.shelf(globals).store.shortNamesPath)
            container.user = try ContainerUser(user, in: StackedTree(layers))
        }
        for variable in env {
            let text: String
            if variable.contains("=") {
                text = variable
            } else {
                guard let value = try Environment.value(variable) else { continue }
                text = "\(variable)=\(value)"
            }
            let name = text.prefix { $0 != "=" }
            container.config.env = (container.config.env ?? []).filter { $0.prefix { $0 != "=" } != name } + [text]
        }
        if let workdir { container.config.workingDir = workdir }
        container.settings.hasTerminal = tty
        var process = RuntimeSpec.Process(
            args: command, env: container.environment, cwd: container.workingDirectory, uid: container.user.uid,
            gid: container.user.gid, groups: container.user.groups, capabilities: container.settings.capabilities)
        if tty {
            let size = Terminal.standardOutput.size
            process.setTerminal(rows: size.rows, columns: size.columns)
        }
        return process
    }
}
