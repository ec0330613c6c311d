package import ContainerRuntime
package import ContentStorage
import Glibc
package import OCISpec
import TextValues

/// One more command in a container that runs.
package struct ContainerExec: Sendable {
    /// The command and its arguments.
    package var command: [String]
    /// Variables, `NAME=value`, in place of those of the container with the same name.
    package var environment: [String] = []
    /// The directory it starts in, in place of the container's.
    package var workingDirectory: String?
    /// Whom it runs as, by name or number, in place of the container's user.
    package var user: String?
    /// Whether it has every capability.
    package var isPrivileged = false
    /// Whether it gets a terminal.
    package var hasTerminal = false
    /// Whether it gets this process's standard input.
    package var takesInput = false

    /// A command as the container's own runs.
    package init(_ command: [String]) { self.command = command }

    /// The command as a process of `item`; `size` is that of its terminal.
    package func process(
        in item: FoundContainer, _ store: ContentStore, size: (rows: UInt16, columns: UInt16)
    ) throws -> RuntimeSpec.Process {
        var container = item.container
        if let user {
            let layers = try item.folder.directories(layersFolder: store.layers.shortNamesPath)
            container.user = try ContainerUser(user, adding: container.settings.addedGroups ?? [], in: StackedTree(layers))
        }
        for variable in environment { container.config.setVariable(variable) }
        try container.config.setWorkingDirectory(workingDirectory)
        container.settings.hasTerminal = hasTerminal
        return container.process(command, isPrivileged: isPrivileged, size: size)
    }

    /// Runs the process in `folder` to its end, and returns its status.
    package func run(
        _ process: RuntimeSpec.Process, in folder: ContainerFolder, on console: ContainerConsole
    ) throws(RuntimeError) -> Int32 {
        let call = try folder.exec(process, console.streams(takesInput: takesInput, hasTerminal: hasTerminal))
        let restore = hasTerminal && takesInput ? console.makeRaw() : nil
        defer { restore?() }
        console.handSignals { signal in
            guard signal == SIGWINCH else { return call.signal(signal) }
            let size = console.size()
            call.resize(rows: size.rows, columns: size.columns)
        }
        defer { console.handSignals(nil) }
        return try call.wait()
    }
}
