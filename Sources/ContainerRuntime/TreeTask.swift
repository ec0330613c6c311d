import CLinux
import FoundationEssentials
import Glibc
package import LayerArchive
import StorageIO
import Synchronization
import SystemPackage

/// Work on a container's tree as it is mounted: a process of this very program, in the container's namespaces or in new ones.
///
/// What is mounted into the container itself is not part of that tree.
package enum TreeTask: Sendable {
    /// Writes what is at a path as a tar, the path's last part on top.
    case read(String)
    /// Puts what a tar holds to a path: into a directory that is there, else under that name; `contentsOnly` leaves the tar's top out.
    case place(String, contentsOnly: Bool)

    /// The first argument by which the program is told to do one; where the tree is mounted and the task follow.
    package static let verb = "--tree"

    var words: [String] {
        switch self {
        case .read(let path): ["read", path]
        case .place(let path, let contentsOnly): [contentsOnly ? "fill" : "place", path]
        }
    }

    /// Does the task that the arguments behind the verb tell, on standard input and output, and returns its status; what is wrong is written to
    /// standard error.
    package static func run(_ arguments: [String]) -> Int32 {
        signal(SIGPIPE, SIG_IGN)
        do {
            guard arguments.count == 3 else { return 2 }
            let (merged, path) = (arguments[0], arguments[2])
            if arguments[0] != "/", chroot(merged) != 0 || chdir("/") != 0 {
                throw StorageError(.open, merged, Errno(rawValue: errno))
            }
            switch arguments[1] {
            case "read": try TreeCopy.read(path, followsTop: true) { try write($0) }
            case "place", "fill":
                let source = PipeSource(fd: 0, name: "standard input")
                try TreeCopy.place(source, at: path, contentsOnly: arguments[1] == "fill", keepsOwners: true)
            default: return 2
            }
            return 0
        } catch {
            let text = TreeCopy.sentence(error)
            _ = text.withCString { Glibc.write(2, $0, strlen($0)) }
            return 1
        }
    }

    private static func write(_ bytes: UnsafeRawBufferPointer) throws(StorageError) {
        var rest = bytes
        while !rest.isEmpty {
            let count = Glibc.write(1, rest.baseAddress, rest.count)
            if count < 0 {
                if errno == EINTR { continue }
                throw StorageError(.write, "standard output", Errno(rawValue: errno))
            }
            rest = UnsafeRawBufferPointer(rebasing: rest[count...])
        }
    }
}

/// Trees as tars, here or in a container.
package enum TreeCopy {
    /// What cannot be copied.
    package enum Problem: Error {
        case absent(String)
        /// A directory is to take the place of a file, or a file that of a directory.
        case wrongKind(String)
        case symlinkLoop(String)
    }

    /// Writes what is at an absolute path as a tar, the path's last part on top; a symlink there is followed only with `followsTop`.
    package static func read(
        _ path: String, followsTop: Bool, to sink: @escaping (UnsafeRawBufferPointer) throws -> Void
    ) throws {
        let root = try Directory.open("/")
        let reader = TreeReader(root)
        let wanted = Array(path.utf8)
        let parts = PathWalk.parts(PathWalk.cleaned(wanted))
        func resolved(_ path: [UInt8]) throws -> [UInt8] {
            let place = try PathWalk.resolve(path) { (path) throws(StorageError) -> [UInt8]? in
                try reader.item(at: path)?.status.kind == .symlink ? try reader.link(at: path) : nil
            }
            guard let place else { throw Problem.symlinkLoop(String(decoding: wanted, as: UTF8.self)) }
            return place
        }
        // Of a path that ends in a slash, or in `/.`, the directory behind a symlink is meant.
        let isDirectoryMeant = path.hasSuffix("/") || path.hasSuffix("/.")
        var place = try resolved(PathWalk.joined(parts.dropLast()))
        if let name = parts.last { place = place.isEmpty ? name : place + [UInt8(ascii: "/")] + name }
        if followsTop && isDirectoryMeant { place = try resolved(place) }
        guard try reader.item(at: place) != nil else { throw Problem.absent(path) }
        let layer = try UpperLayer(root, at: place, named: parts.last ?? [])
        let writer = try TarWriter { bytes in try sink(bytes) }
        try layer.write(to: writer, latest: nil)
        try writer.end()
    }

    /// Puts what a tar holds to an absolute path, as docker's `cp` does.
    package static func place(_ source: any ByteSource, at path: String, contentsOnly: Bool, keepsOwners: Bool) throws {
        var status = stat()
        let isThere = stat(path, &status) == 0
        if isThere, status.st_mode & S_IFMT == S_IFDIR {
            let base = try Directory.open(FilePath(path))
            return try TreePlacement(into: base, name: nil, isContentsOnly: contentsOnly, keepsOwners: keepsOwners).place(source)
        }
        if path.hasSuffix("/") { throw isThere ? Problem.wrongKind(path) : Problem.absent(path) }
        let whole = FilePath(path)
        let parent = whole.removingLastComponent()
        guard let name = whole.lastComponent?.string else { throw Problem.absent(path) }
        let base: Directory
        do throws(StorageError) { base = try Directory.open(parent.isEmpty ? "." : parent) } catch {
            throw error.isAbsent ? Problem.absent(parent.string) : error
        }
        try TreePlacement(into: base, name: Array(name.utf8), isContentsOnly: false, keepsOwners: keepsOwners).place(source)
    }

    static func sentence(_ error: any Error) -> String {
        switch error {
        case Problem.absent(let path): "there is no \(path)\n"
        case Problem.wrongKind(let path): "\(path) is no directory\n"
        case Problem.symlinkLoop(let path): "the symlinks of \(path) lead in circles\n"
        case let error as StorageError: "\(error.path): \(error.errno)\n"
        default: "\(error)\n"
        }
    }
}

extension ContainerFolder {
    /// Does a task on the container's tree, whether it runs or not; `input` is what a tar to be placed comes from.
    package func run(
        _ task: TreeTask, layersFolder: String, program: String, input: Int32? = nil,
        output: @escaping @Sendable (UnsafeRawBufferPointer) -> Void
    ) throws(RuntimeError) {
        let running = try knownRuntimeProcess()
        // Nobody is to start it meanwhile.
        let lock = running == nil ? try lock() : nil
        defer { lock?.release() }
        let call = try makeCall()
        defer { removeCall(call) }
        let overlay = try overlay(layersFolder: layersFolder)
        var plan = Confinement(
            running.map { .of($0) } ?? .new(overlay), command: [program, TreeTask.verb, overlay.merged] + task.words)
        plan.problemAt = call.problemPath
        var setup = ConfinedProcess.Setup()
        if let input { setup.input = .descriptor(input) }
        let said = Mutex<[UInt8]>([])
        let status = try ConfinedProcess(plan, planAt: call.planPath, setup) { stream, bytes in
            if stream == .output { output(bytes) } else { said.withLock { $0 += bytes } }
            return true
        }.wait()
        guard status != 0 else { return }
        if let problem = call.startProblem { throw problem }
        let text = String(decoding: said.withLock { $0 }, as: UTF8.self)
        throw .copyFailed(detail: String(text.prefix { $0 != "\n" }))
    }
}
