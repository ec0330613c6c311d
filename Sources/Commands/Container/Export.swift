import ArgumentParser
import ContainerRuntime
import ContentStorage
import ImageStorage
import ImageTransfer
import Operations
import StorageIO

/// `strata export IMAGE`.
struct Export: ResultCommand {
    static let namespaceUse = UserNamespaceUse.never
    static let configuration = CommandConfiguration(
        commandName: "export", abstract: "Export the root file system of a container or an image as a tar.",
        discussion: """
            The tar has what all layers together show: every file once, with its owner, mode, times and extended \
            attributes; further names of a file are hard links. The same image gives the same bytes.
            """)

    @Option(name: .shortAndLong, help: ArgumentHelp("Write to this file (default: standard output).", valueName: "file"))
    var output: String?

    @Option(help: "Use the image of an index for this platform, such as linux/arm64.")
    var platform: String?

    @Argument(help: "A container, or an image: a name or an ID in the store.")
    var image: String

    @OptionGroup var limits: LimitOptions
    @OptionGroup var globals: GlobalOptions

    func run() throws {
        let path = output == "-" ? nil : output
        if path == nil, Terminal.standardOutput.isTerminal { throw CommandError.terminalOutput(verb: "export") }
        try Workspace.run(globals, platform: platform, limits: limits.scanLimits) { workspace in
            let shelf = ContainerShelf(store: workspace.store.content)
            if platform == nil, let item = try shelf.named(image) { return try workspace.export(item, shelf, to: path) }
            try workspace.export(image, to: path, globals.showing("exporting \(image)"))
        }
    }
}

extension Workspace {
    /// Writes a container's tree as a tar, without what is mounted in it.
    fileprivate func export(_ item: ContainerShelf.Item, _ shelf: ContainerShelf, to path: String?) throws {
        try write(to: path) { file in
            let failure = FirstFailure()
            try item.run(.read("/"), shelf) { bytes in failure.keep { try file.write(bytes) } }
            if let error = failure.error as? StorageError { throw TransferError.output(error) }
            if let error = failure.error { throw error }
        }
    }
}

/// The first failure of what another thread does; read when that has ended.
private final class FirstFailure: @unchecked Sendable {
    private(set) var error: (any Error)?

    /// Does nothing any more after a failure.
    func keep(_ body: () throws -> Void) {
        guard error == nil else { return }
        do { try body() } catch { self.error = error }
    }
}
