import ArgumentParser
import ContainerRuntime
import ContentStorage
import Glibc
import ImageStorage
import LayerArchive
import OCISpec
import Operations
import Reports
import StorageIO

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

    @OptionGroup var options: ContainerOptions
    @OptionGroup(title: "Registries") var registry: RegistryOptions
    @OptionGroup var globals: GlobalOptions

    @Argument(help: "A name in the store or a registry.")
    var image: String

    @Argument(parsing: .captureForPassthrough, help: "Command to run instead of the image's own, with its arguments.")
    var command: [String] = []

    func run() throws {
        try Containers.status125 {
            if options.tty, options.interactive, !detach, !Terminal.standardInput.isTerminal { throw ContainerError.noTerminal }
            let program = try RuntimeProgram.find()
            let made = try Containers.make(image, options, command, registry, globals, startsNow: true)
            do {
                if detach {
                    try BackgroundKeeper.start(made.folder, made.lock, layersFolder: made.layersFolder)
                    try Output.write("\(made.folder.name)\n")
                } else {
                    try Foreground(made.folder, made.layersFolder, program, isAttached: true).run(made.lock)
                }
            } catch let error as RuntimeError {
                throw StatusOverride(error: error, status: error.exitStatus)
            }
        }
    }
}

/// `strata create IMAGE [COMMAND…]`.
struct CreateCommand: StoreCommand {
    static let namespaceUse = UserNamespaceUse.always
    static let configuration = CommandConfiguration(
        commandName: "create", abstract: "Create a container without starting it.", helpNames: .long)

    @OptionGroup var options: ContainerOptions
    @OptionGroup(title: "Registries") var registry: RegistryOptions
    @OptionGroup var globals: GlobalOptions

    @Argument(help: "A name in the store or a registry.")
    var image: String

    @Argument(parsing: .captureForPassthrough, help: "Command to run instead of the image's own, with its arguments.")
    var command: [String] = []

    func run() throws {
        let made = try Containers.make(image, options, command, registry, globals)
        made.lock.release()
        try Output.write("\(made.folder.name)\n")
    }
}

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
        try Containers.each(names.containers, globals) { name, shelf in
            let item = try shelf.find(name)
            if item.container.settings.isMount { throw ContainerError.isMount(name) }
            // As with docker: one that runs is started.
            if !item.status.isRunning {
                shelf.noteUse(of: item.container)
                let layers = shelf.store.shortNamesPath
                if isAttached { return try Foreground(item.folder, layers, program, isAttached: interactive).run() }
                do throws(RuntimeError) { try BackgroundKeeper.start(item.folder, nil, layersFolder: layers) } catch {
                    // Somebody else has started it meanwhile.
                    guard case .content(.containerInUse) = error, try item.folder.status().isRunning else { throw error }
                }
            }
            try Output.write("\(name)\n")
        }
    }
}

/// The containers that a command is for.
struct ContainerNames: ParsableArguments {
    @Argument(help: ArgumentHelp("Names, IDs or beginnings of IDs.", valueName: "container"))
    var containers: [String]
}

/// A container that this process stands for.
struct Foreground {
    private let folder: ContainerFolder
    private let layersFolder: String
    private let program: RuntimeProgram
    private let isAttached: Bool

    /// `isAttached` says that the container may have this standard input, if it was made for one.
    init(_ folder: ContainerFolder, _ layersFolder: String, _ program: RuntimeProgram, isAttached: Bool) {
        self.folder = folder
        self.layersFolder = layersFolder
        self.program = program
        self.isAttached = isAttached
    }

    /// Runs it to its end, and throws the status of its command where that is not 0; `lock` is the folder's, where it is held.
    func run(_ lock: FileLock? = nil) throws {
        let container = try folder.container()
        let hasTerminal = container.settings.hasTerminal
        var streams = Keeper.Streams()
        if isAttached, container.settings.keepsInputOpen {
            streams.input = hasTerminal || Terminal.standardInput.isTerminal ? .copied(from: 0) : .descriptor(0)
        }
        streams.size = Terminal.standardOutput.size
        let output = RelayedOutput()
        streams.deliver = { output.deliver($0, $1) }
        let keeper = try Keeper(folder, lock, layersFolder: layersFolder, program, streams, now: { Clock.now }) { [folder] in
            ContainerShelf.noteUse(of: $0, at: folder.path)
        }
        // Where nothing is read from it, keys are what they always are, and Ctrl-C ends this process's container.
        let raw = hasTerminal && isAttached && container.settings.keepsInputOpen ? RawTerminal(Terminal.standardInput) : nil
        defer { raw?.restore() }
        Process.handSignals { signal in
            if signal == SIGHUP { endSoon(keeper) }
            guard signal == SIGWINCH else { return keeper.signal(signal) }
            let size = Terminal.standardOutput.size
            keeper.resize(rows: size.rows, columns: size.columns)
        }
        defer { Process.handSignals(to: nil) }
        try output.end(keeper.wait())
    }

    /// Ends a container whose terminal went away, as `stop` does: nobody could reach it any more.
    private func endSoon(_ keeper: Keeper) {
        _ = ThreadHandle {
            sleep(10)
            keeper.end()
        }
    }
}

/// The end of a command that stands for another one: its status is that of this process, and all was said.
struct CommandEnd: Error {
    let status: Int32
}

/// A terminal that hands every key on as it is pressed, until it is restored.
final class RawTerminal {
    private let terminal: Terminal
    private var before = termios()

    /// Nil where it is no terminal.
    init?(_ terminal: Terminal) {
        self.terminal = terminal
        guard tcgetattr(terminal.fd, &before) == 0 else { return nil }
        var raw = before
        cfmakeraw(&raw)
        tcsetattr(terminal.fd, TCSANOW, &raw)
    }

    func restore() { tcsetattr(terminal.fd, TCSADRAIN, &before) }
}

/// What commands on containers share.
enum Containers {
    /// A container that was just made.
    struct Made {
        var folder: ContainerFolder
        /// Its lock: nobody is to remove it before it runs.
        var lock: FileLock
        /// Where short names of layers are.
        var layersFolder: String
    }

    /// Makes a container of an image, which is pulled where the options say so.
    static func make(
        _ name: String, _ options: ContainerOptions, _ command: [String], _ registry: RegistryOptions, _ globals: GlobalOptions,
        startsNow: Bool = false, _ adjust: (inout ContainerSettings) -> Void = { _ in }
    ) throws -> Made {
        try Workspace.run(globals, platform: options.platform, registry: registry) { workspace in
            let session = try workspace.openSession()
            let image = try workspace.record(name, options.pull, globals.showing("pulling \(name)"))
            let (folder, lock) = try ContainerMaker(workspace: workspace, session: session).make(
                image, named: name, options, command: command, startsNow: startsNow, adjust)
            return Made(folder: folder, lock: lock, layersFolder: workspace.store.content.shortNamesPath)
        }
    }

    /// Runs `body` for each container, tells of every failure, and throws the last.
    static func each(
        _ names: [String], _ globals: GlobalOptions, _ body: (String, ContainerShelf) throws -> Void
    ) throws {
        let shelf = try shelf(globals)
        try tellingFailures(names, globals) { try body($0, shelf) }
    }

    /// The same for who has looked the containers up already.
    static func tellingFailures(_ names: [String], _ globals: GlobalOptions, _ body: (String) throws -> Void) throws {
        var failures: [any Error] = []
        for name in names {
            do { try body(name) } catch { failures.append(error) }
        }
        guard let last = failures.popLast() else { return }
        for failure in failures { FailureReport(failure, isJSON: globals.format == .json).print() }
        throw last
    }

    /// The containers of the store.
    static func shelf(_ globals: GlobalOptions) throws -> ContainerShelf {
        try Workspace.run(globals) { ContainerShelf(store: $0.store.content) }
    }

    /// Gives failures of this program the status that docker gives them.
    static func status125(_ body: () throws -> Void) throws {
        do {
            try body()
        } catch let error as CommandEnd {
            throw error
        } catch let error as StatusOverride {
            throw error
        } catch {
            throw StatusOverride(error: error, status: 125)
        }
    }
}
