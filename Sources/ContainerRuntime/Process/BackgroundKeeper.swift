package import ContentStorage
import Glibc
package import OCISpec
package import StorageIO
import SystemPackage

/// A keeper that is a process of its own, for a container in the background.
package enum BackgroundKeeper {
    /// The first argument by which the program is told to be one.
    package static let verb = "--keep"
    /// The argument that says that it has the container's lock already.
    private static let lockedWord = "locked"

    /// Starts a container in the background, and returns once its command has begun; an error where it cannot.
    ///
    /// `lock` is the folder's, where the caller has it; it is the keeper's then.
    package static func start(_ folder: ContainerFolder, _ lock: FileLock?, layersFolder: String) throws(RuntimeError) {
        try BackgroundProcess.start(
            [verb, folder.path, layersFolder] + (lock == nil ? [] : [lockedWord]), lock: lock)
    }

    /// Is a keeper, by the arguments behind the verb: runs the container to its end.
    ///
    /// The process must have one thread until `program` is called, which finds the runtime. `removing` is told a container that
    /// goes because it ended, and the path of its folder, before it goes. `describe` has the sentence for an error, which the caller reads.
    package static func run(
        _ arguments: [String], _ program: () throws(RuntimeError) -> RuntimeProgram,
        now: @escaping @Sendable () -> Timestamp, removing: @escaping @Sendable (Container, String) -> Void,
        describe: (RuntimeError) -> String
    ) -> Int32 {
        guard arguments.count >= 2 else { return 2 }
        let isLocked = arguments.last == lockedWord
        return BackgroundProcess.run(isLocked: isLocked, describe: describe) { hasStarted throws(RuntimeError) in
            let lock = isLocked ? FileLock.inherited(BackgroundProcess.lockDescriptor) : nil
            if geteuid() != 0 { try UserNamespace.enter() }
            let folder = try ContainerFolder(at: arguments[0])
            let keeper = try Keeper(
                folder, lock, layersFolder: arguments[1], try program(), Keeper.Streams(), now: now
            ) { removing($0, folder.path) }
            // What went wrong is told by the wait for the end, which also notes it.
            if keeper.waitForStart() { hasStarted() }
            return try keeper.wait()
        }
    }
}

/// One more process in a container, that goes on in the background.
package enum BackgroundCall {
    /// The first argument by which the program is told to stand for one.
    package static let verb = "--call"
    /// The argument that says that it has a terminal.
    private static let terminalWord = "terminal"

    /// Starts the process, and returns once it has begun; an error where it cannot.
    package static func start(_ process: RuntimeSpec.Process, in folder: ContainerFolder) throws(RuntimeError) {
        let call = try folder.makeCall(of: process)
        let words = [verb, folder.path, call.id] + (process.terminal ? [terminalWord] : [])
        do { try BackgroundProcess.start(words) } catch {
            folder.removeCall(call)
            throw error
        }
    }

    /// Stands for one, by the arguments behind the verb, until it ends.
    ///
    /// `begin` is called before there is a second thread. `describe` has the sentence for an error, which the caller reads.
    package static func run(_ arguments: [String], describe: (RuntimeError) -> String, _ begin: () -> Void) -> Int32 {
        guard (2...3).contains(arguments.count) else { return 2 }
        let hasTerminal = arguments.last == terminalWord
        return BackgroundProcess.run(isLocked: false, describe: describe) { hasStarted throws(RuntimeError) in
            begin()
            let folder = try ContainerFolder(at: arguments[0])
            let call = try folder.start(folder.call(arguments[1]), hasTerminal: hasTerminal, Keeper.Streams())
            if call.waitForStart() { hasStarted() }
            return try call.wait()
        }
    }
}
