import ArgumentParser
import ContainerRuntime
import ContentStorage
import Foundation
import Glibc
import LayerArchive
import StorageIO
import SystemPackage

/// `strata cp SOURCE TARGET`.
struct CpCommand: StoreCommand {
    static let namespaceUse = UserNamespaceUse.never
    static let configuration = CommandConfiguration(
        commandName: "cp", abstract: "Copy files between a container and this machine.",
        discussion: """
            Either the source or the target is CONTAINER:PATH; `-` is a tar on standard input or output. A source is \
            copied into a directory that exists, otherwise it gets the target's name; `DIR/.` means the contents of the \
            directory. Mounts of the container are not visible. Files belong to root in the container, and to the caller \
            on this machine; those of a tar from standard input keep their owners.
            """)

    @Flag(name: .shortAndLong, help: "Keep owners and modes.")
    var archive = false

    @OptionGroup var globals: GlobalOptions

    @Argument(help: ArgumentHelp("A path, CONTAINER:PATH, or `-`.", valueName: "source"))
    var source: String

    @Argument(help: ArgumentHelp("A path, CONTAINER:PATH, or `-`.", valueName: "target"))
    var target: String

    func validate() throws {
        if source.isEmpty { throw ValidationError("the source is empty") }
        if target.isEmpty { throw ValidationError("the target is empty") }
        switch (Place(source), Place(target)) {
        case (.container, .here), (.here, .container): break
        case (.here, .here): throw ValidationError("one of the two must be CONTAINER:PATH")
        case (.container, .container):
            throw ValidationError("copying between containers is not possible: copy to a file in between")
        }
    }

    func run() throws {
        switch (Place(source), Place(target)) {
        case (.container(let name, let path), .here(let target)): try copyOut(name, path, to: target)
        case (.here(let source), .container(let name, let path)): try copyIn(source, name, path)
        // Refused when the words were read.
        case (.here, .here), (.container, .container): break
        }
    }

    private func copyOut(_ name: String, _ path: String, to target: String) throws {
        let shelf = try Containers.shelf(globals)
        let item = try shelf.find(name)
        let task = TreeTask.read(path)
        if target == "-" {
            if Terminal.standardOutput.isTerminal { throw CommandError.terminalOutput(verb: "cp") }
            let output = RelayedOutput()
            try item.run(task, shelf) { _ = output.deliver(.output, $0) }
            return try output.requireWhole()
        }
        try Self.requireReplaceable(target)
        let pipe = try DataPipe()
        let top = Self.top(path)
        let keepsOwners = archive && ProcessOwner.uid == 0
        let placed = Placed()
        let thread = ThreadHandle {
            placed.run {
                try TreeCopy.place(
                    PipeSource(fd: pipe.reading.fd, name: "the container"), at: target, top,
                    keeping: .init(owners: keepsOwners, attributes: keepsOwners))
            }
            pipe.drain()
        }
        guard let thread else { throw CommandError.noThread(errno: EAGAIN) }
        do {
            try item.run(task, shelf) { pipe.write($0) }
        } catch {
            pipe.closeWriting()
            thread.join()
            throw error
        }
        pipe.closeWriting()
        thread.join()
        if let error = placed.error { throw error }
    }

    /// Refuses a target of this machine that is neither a file nor a folder, as docker does: the copy would take its place.
    private static func requireReplaceable(_ path: String) throws {
        var raw = stat()
        guard stat(path, &raw) == 0 else { return }
        guard [S_IFREG, S_IFDIR].contains(raw.st_mode & S_IFMT) else { throw CommandError.notAFileToReplace(path) }
    }

    private func copyIn(_ source: String, _ name: String, _ path: String) throws {
        let shelf = try Containers.shelf(globals)
        let item = try shelf.find(name)
        if source == "-" {
            if Terminal.standardInput.isTerminal { throw CommandError.terminalInput }
            return try item.run(.place(path, .unknown, keepsOwners: true), shelf, input: 0) { _ in }
        }
        let pipe = try DataPipe()
        let read = Placed()
        let whole =
            try AbsolutePath.cleaned(source) + (source.hasSuffix("/.") || source.hasSuffix("/") ? "/" : "")
        let thread = ThreadHandle {
            read.run { try TreeCopy.read(whole, followsTop: true) { pipe.write($0) } }
            pipe.closeWriting()
        }
        guard let thread else { throw CommandError.noThread(errno: EAGAIN) }
        do {
            let task = TreeTask.place(path, TreeCopy.isRoot(whole) ? .nameless : Self.top(source), keepsOwners: archive)
            try item.run(task, shelf, input: pipe.reading.fd) { _ in }
        } catch {
            pipe.drain()
            thread.join()
            // What could not be read is nearer to the matter than a tar that ends too soon.
            throw read.error ?? error
        }
        thread.join()
        if let error = read.error { throw error }
    }

    /// What the tar of a source has on top.
    private static func top(_ path: String) -> TreeCopy.Top {
        if path.utf8.first == UInt8(ascii: "/"), TreeCopy.isRoot(path) { return .nameless }
        return path == "." || path.hasSuffix("/.") ? .leftOut : .named
    }

    /// What an argument means.
    private enum Place {
        case here(String)
        case container(String, String)

        /// As docker has it: a path that begins with `/` or `.` is one of this machine, whatever colons it has.
        init(_ text: String) {
            let name = text.utf8.prefix { $0 != UInt8(ascii: ":") }
            if text.utf8.first == UInt8(ascii: "/") || text.utf8.first == UInt8(ascii: ".") || name.count == text.utf8.count
                || name.contains(UInt8(ascii: "/"))
            {
                self = .here(text)
            } else {
                let path = String(decoding: text.utf8.dropFirst(name.count + 1), as: UTF8.self)
                self = .container(String(decoding: name, as: UTF8.self), path.utf8.first == UInt8(ascii: "/") ? path : "/\(path)")
            }
        }
    }
}

extension ContainerShelf.Item {
    /// Does a task on the container's tree.
    func run(
        _ task: TreeTask, _ shelf: ContainerShelf, input: Int32? = nil,
        output: @escaping @Sendable (UnsafeRawBufferPointer) -> Void
    ) throws {
        try folder.run(
            task, layersFolder: shelf.store.shortNamesPath,
            program: URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath().path, input: input, output: output)
    }
}

/// What one thread did, read by another one when that has ended.
private final class Placed: @unchecked Sendable {
    private(set) var error: (any Error)?

    func run(_ body: () throws -> Void) { do { try body() } catch { self.error = error } }
}

/// A pipe within the process.
private final class DataPipe: @unchecked Sendable {
    let reading: File
    private var writing: File?

    init() throws(RuntimeError) { (reading, writing) = try Pipes.make() }

    /// Writes all; what nobody reads any more is dropped.
    func write(_ bytes: UnsafeRawBufferPointer) {
        if let writing { _ = Terminal(fd: writing.fd).write(bytes) }
    }

    /// To be called by the thread that writes.
    func closeWriting() { writing = nil }

    /// Reads what is left, so that nobody waits to write it.
    func drain() {
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while read(reading.fd, &buffer, buffer.count) > 0 {}
    }
}
