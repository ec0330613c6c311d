import ArgumentParser
import ContainerRuntime
import ContentStorage
import Glibc
import OCISpec
import Operations
import StorageIO
import TextValues

/// `strata stop CONTAINER…`.
struct StopCommand: StoreCommand {
    static let namespaceUse = UserNamespaceUse.never
    static let configuration = CommandConfiguration(
        commandName: "stop", abstract: "Stop running containers: send the stop signal, then SIGKILL after a timeout.")

    @Option(name: [.customShort("t"), .long], help: ArgumentHelp("Seconds to wait before SIGKILL.", valueName: "seconds"))
    var timeout: Int = 10

    @Option(name: .shortAndLong, help: ArgumentHelp("Signal to send instead of the container's own.", valueName: "signal"))
    var signal: String?

    @OptionGroup var globals: GlobalOptions
    @OptionGroup var names: ContainerNames

    func run() throws {
        try Containers.each(names.containers, globals) { name, shelf in
            let item = try shelf.find(name)
            try RunningContainer(item.folder).stop(item.container, signal: signal, seconds: timeout)
            try Output.write("\(name)\n")
        }
    }
}

/// `strata restart CONTAINER…`.
struct RestartCommand: StoreCommand {
    static let namespaceUse = UserNamespaceUse.never
    static let configuration = CommandConfiguration(commandName: "restart", abstract: "Restart containers.")

    @Option(name: [.customShort("t"), .long], help: ArgumentHelp("Seconds to wait before SIGKILL.", valueName: "seconds"))
    var timeout: Int = 10

    @OptionGroup var globals: GlobalOptions
    @OptionGroup var names: ContainerNames

    func run() throws {
        try Containers.each(names.containers, globals) { name, shelf in
            let item = try shelf.find(name)
            try RunningContainer(item.folder).stop(item.container, signal: nil, seconds: timeout)
            shelf.noteUse(of: item.container)
            try BackgroundKeeper.start(item.folder, nil, layersFolder: shelf.store.shortNamesPath)
            try Output.write("\(name)\n")
        }
    }
}

/// `strata kill CONTAINER…`.
struct KillCommand: StoreCommand {
    static let namespaceUse = UserNamespaceUse.never
    static let configuration = CommandConfiguration(commandName: "kill", abstract: "Send a signal to running containers.")

    @Option(name: .shortAndLong, help: "The signal, by name or number.")
    var signal = "KILL"

    @OptionGroup var globals: GlobalOptions
    @OptionGroup var names: ContainerNames

    func run() throws {
        let name = try SignalName(option: "--signal", signal)
        try Containers.each(names.containers, globals) { text, shelf in
            let running = RunningContainer(try shelf.find(text).folder)
            try running.send(name)
            // What cannot be refused has happened when the command is done.
            if name.isKill { running.waitForEnd(seconds: 10) }
            try Output.write("\(text)\n")
        }
    }
}

/// `strata pause CONTAINER…`.
struct PauseCommand: StoreCommand {
    static let namespaceUse = UserNamespaceUse.never
    static let configuration = CommandConfiguration(
        commandName: "pause", abstract: "Pause all processes in one or more containers.")

    @OptionGroup var globals: GlobalOptions
    @OptionGroup var names: ContainerNames

    func run() throws {
        try Containers.each(names.containers, globals) { name, shelf in
            let item = try shelf.find(name)
            if case .paused = item.status { throw ContainerError.isPaused(name) }
            guard item.status.isRunning else { throw RuntimeError.notRunning(id: name) }
            guard let freezer = Freezer(of: item.container.id) else { throw ContainerError.cannotPause(name) }
            try freezer.freeze()
            try Output.write("\(name)\n")
        }
    }
}

/// `strata unpause CONTAINER…`.
struct UnpauseCommand: StoreCommand {
    static let namespaceUse = UserNamespaceUse.never
    static let configuration = CommandConfiguration(commandName: "unpause", abstract: "Resume paused containers.")

    @OptionGroup var globals: GlobalOptions
    @OptionGroup var names: ContainerNames

    func run() throws {
        try Containers.each(names.containers, globals) { name, shelf in
            let item = try shelf.find(name)
            guard case .paused = item.status, let freezer = Freezer(of: item.container.id) else {
                throw ContainerError.notPaused(name)
            }
            try freezer.thaw()
            try Output.write("\(name)\n")
        }
    }
}

/// `strata wait CONTAINER…`.
struct WaitCommand: StoreCommand {
    static let configuration = CommandConfiguration(
        commandName: "wait", abstract: "Wait until containers stop, and print their exit statuses.")

    @OptionGroup var globals: GlobalOptions
    @OptionGroup var names: ContainerNames

    func run() throws {
        let shelf = try Containers.shelf(globals)
        // All are looked up before the first is waited for: one that goes with its end may be gone when its turn comes.
        var found: [String: Result<Awaited, any Error>] = [:]
        for name in names.containers { found[name] = Result { try Awaited(shelf.find(name)) } }
        try Containers.tellingFailures(names.containers, globals) { [found] name in
            if let status = try found[name]?.get().wait() { try Output.write("\(status)\n") }
        }
    }

    private struct Awaited {
        let container: RunningContainer
        let end: ContainerEnd

        init(_ item: ContainerShelf.Item) throws {
            container = RunningContainer(item.folder)
            end = try ContainerEnd(of: item.folder)
        }

        /// As with docker, 0 for one that did not run yet.
        func wait() throws -> Int32 {
            container.waitForEnd(seconds: .max)
            return try end.status() ?? 0
        }
    }
}

/// `strata rm CONTAINER…`.
struct RmCommand: StoreCommand {
    static let configuration = CommandConfiguration(
        commandName: "rm", abstract: "Remove containers and their changes.", aliases: ["remove"])

    @Flag(name: .shortAndLong, help: "Also remove running containers, by SIGKILL.")
    var force = false

    @Flag(
        name: [.customShort("v"), .long],
        help: ArgumentHelp("Accepted for docker's sake; there are no volumes.", visibility: .hidden))
    var volumes = false

    @OptionGroup var globals: GlobalOptions
    @OptionGroup var names: ContainerNames

    func run() throws {
        try Containers.each(names.containers, globals) { name, shelf in
            let item: ContainerShelf.Item
            do {
                item = try shelf.find(name)
            } catch ContentError.containerAbsent where force {
                return
            } catch let error as ContentError {
                guard case .containerDamaged = error, try shelf.removeDamaged(name, isForced: force) else { throw error }
                return try Output.write("\(name)\n")
            }
            if item.status == .mounted { throw ContainerError.isMount(name) }
            let lock = try lock(item, name)
            defer { lock.release() }
            try shelf.remove(item.folder, item.container)
            try Output.write("\(name)\n")
        }
    }

    /// The lock of a container that does not run; one that runs, or is just being started, is killed where that is asked for.
    private func lock(_ item: ContainerShelf.Item, _ name: String) throws -> FileLock {
        let end = Clock.monotonicSeconds + 15
        while true {
            if try item.folder.status().isRunning {
                guard force else { throw ContainerError.isRunning(name, verb: "remove") }
                try RunningContainer(item.folder).end()
            }
            do throws(ContentError) {
                return try item.folder.lock(patience: .milliseconds(500))
            } catch {
                guard force, case .containerInUse = error, Clock.monotonicSeconds < end else { throw error }
            }
        }
    }
}

/// `strata rename CONTAINER NAME`.
struct RenameCommand: StoreCommand {
    static let configuration = CommandConfiguration(commandName: "rename", abstract: "Rename a container.")

    @OptionGroup var globals: GlobalOptions

    @Argument(help: "A name, an ID or its beginning.")
    var container: String

    @Argument(help: "The new name.")
    var name: String

    func run() throws {
        guard ContainerName.isValid(name) else { throw ContainerError.badName(name) }
        let shelf = try Containers.shelf(globals)
        let lock = try shelf.store.containers.lockNames()
        defer { lock.release() }
        let item = try shelf.find(container)
        if let other = try shelf.all().first(where: { $0.container.name.isExactly(name) }) {
            throw ContainerError.nameTaken(name, by: other.container.id)
        }
        var record = item.container
        record.name = name
        try item.folder.write(record)
    }
}

/// A container that runs, or did so a moment ago.
struct RunningContainer {
    private let folder: ContainerFolder

    init(_ folder: ContainerFolder) { self.folder = folder }

    /// Sends its stop signal, and SIGKILL where that is not enough; one that does not run is stopped.
    func stop(_ container: Container, signal: String?, seconds: Int) throws {
        guard try folder.status().isRunning else { return }
        let name = try signal.map { try SignalName(option: "--signal", $0) } ?? SignalName(container.stopSignal) ?? .terminate
        do throws(RuntimeError) {
            try sendIfRunning(name)
            Freezer.release(folder.name)
            // As with docker, -1 has no end.
            if waitForEnd(seconds: seconds < 0 ? .max : seconds) { return }
        } catch {
            // What cannot be asked to stop is killed.
            guard case .signalFailed = error else { throw error }
        }
        try end()
    }

    /// Kills it, and returns when all of it has gone.
    func end() throws {
        let end = Clock.monotonicSeconds + 30
        while Clock.monotonicSeconds < end {
            var isSent = true
            do throws(RuntimeError) { try sendIfRunning(.kill) } catch { isSent = false }
            if isSent, waitForEnd(seconds: 2) { return }
            // The runtime did not do it, or is in a user namespace that this process cannot enter from its own: the first process
            // of the namespaces takes all others with it. One that is just being started has none yet.
            if try folder.isLocked(), let process = folder.bundle.runtimeProcess { Glibc.kill(process, SIGKILL) }
            Freezer.release(folder.name)
        }
        if !waitForEnd(seconds: 0) { throw ContentError.containerInUse(id: folder.name) }
    }

    private func sendIfRunning(_ signal: SignalName) throws(RuntimeError) {
        do throws(RuntimeError) {
            try send(signal)
        } catch {
            guard case .notRunning = error else { throw error }
        }
    }

    /// Sends a signal to its first process; one that is paused gets it later, but for SIGKILL.
    func send(_ signal: SignalName) throws(RuntimeError) {
        try folder.send(signal.text)
        if signal.isKill { Freezer.release(folder.name) }
    }

    /// Waits until all of it has gone; false where it has not by then.
    @discardableResult
    func waitForEnd(seconds: Int) -> Bool {
        let end = Clock.monotonicSeconds + Double(min(seconds, 1 << 40))
        while true {
            // A folder that is not there any more has gone with its end; whoever acts next meets any other failure again.
            do throws(ContentError) { if try !folder.isLocked() { return true } } catch { return true }
            if Clock.monotonicSeconds >= end { return false }
            usleep(5000)
        }
    }
}

extension SignalName {
    /// The value of an option.
    init(option: String, _ text: String) throws(CommandError) {
        guard let signal = SignalName(text) else {
            throw .badOption(option, text, expected: "a signal such as TERM or 15")
        }
        self = signal
    }

    var isKill: Bool { self == .kill }
}
