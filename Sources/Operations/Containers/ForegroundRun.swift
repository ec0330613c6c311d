package import ContainerRuntime
package import ContentStorage
import Glibc
import LayerArchive
package import StorageIO

/// A container that this process stands for, from its start to its end.
package struct ForegroundRun: Sendable {
    private let folder: ContainerFolder
    private let layersFolder: String
    private let program: RuntimeProgram
    private let isAttached: Bool

    /// `isAttached` says that the container may have this standard input, if it was made for one.
    package init(_ folder: ContainerFolder, layersFolder: String, _ program: RuntimeProgram, isAttached: Bool) {
        self.folder = folder
        self.layersFolder = layersFolder
        self.program = program
        self.isAttached = isAttached
    }

    /// Runs it to its end, and returns the status of its command; `lock` is the folder's, where it is held.
    package func run(_ lock: FileLock? = nil, on console: ContainerConsole) throws -> Int32 {
        let settings = try folder.container().settings
        let takesInput = isAttached && settings.keepsInputOpen
        let keeper = try Keeper(
            folder, lock, layersFolder: layersFolder, program,
            console.streams(takesInput: takesInput, hasTerminal: settings.hasTerminal), now: { Clock.now }
        ) { [folder] in
            NamedContainers.noteUse(of: $0, at: folder.path)
        }
        // Where nothing is read from it, keys are what they always are, and Ctrl-C ends this process's container.
        let restore = settings.hasTerminal && takesInput ? console.makeRaw() : nil
        defer { restore?() }
        console.handSignals { signal in
            if signal == SIGHUP { endSoon(keeper) }
            guard signal == SIGWINCH else { return keeper.signal(signal) }
            let size = console.size()
            keeper.resize(rows: size.rows, columns: size.columns)
        }
        defer { console.handSignals(nil) }
        return try keeper.wait()
    }

    /// Ends a container whose terminal went away, as `stop` does: nobody could reach it any more.
    private func endSoon(_ keeper: Keeper) {
        _ = ThreadHandle {
            sleep(10)
            keeper.end()
        }
    }
}
