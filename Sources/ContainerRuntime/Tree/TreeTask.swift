import CLinux
package import ContentStorage
import FoundationEssentials
import Glibc
package import LayerArchive
import StorageIO
import Synchronization
import SystemPackage
import TextValues

/// Work on a container's tree as it is mounted: a process of this very program, in the container's namespaces or in new ones.
///
/// What is mounted into the container itself is not part of that tree.
package enum TreeTask: Sendable {
    /// Writes what is at a path as a tar, the path's last part on top.
    case read(String)
    /// Puts what a tar holds to a path; without `keepsOwners` all is root's.
    case place(String, TreeCopy.Top, keepsOwners: Bool)

    /// The first argument by which the program is told to do one; where the tree is mounted and the task follow.
    package static let verb = "--tree"

    private static let ownersSuffix = "-owned"

    var words: [String] {
        switch self {
        case .read(let path): ["read", path]
        case .place(let path, let top, let keepsOwners): [top.rawValue + (keepsOwners ? Self.ownersSuffix : ""), path]
        }
    }

    /// Does the task that the arguments behind the verb tell, on standard input and output, and returns its status.
    ///
    /// What is wrong is written to standard error in one line, in the words of `describe`: who began this process makes a
    /// `RuntimeError.copyFailed` of it.
    package static func run(_ arguments: [String], describe: (any Error) -> String) -> Int32 {
        signal(SIGPIPE, SIG_IGN)
        do {
            guard arguments.count == 3 else { return 2 }
            let (merged, path) = (arguments[0], arguments[2])
            if arguments[0] != "/", chroot(merged) != 0 || chdir("/") != 0 {
                throw StorageError(.open, merged, Errno(rawValue: errno))
            }
            if arguments[1] == "read" {
                try TreeCopy.read(path, followsTop: true) { try write($0) }
                return 0
            }
            let keepsOwners = arguments[1].hasSuffix(ownersSuffix)
            let word = keepsOwners ? String(arguments[1].dropLast(ownersSuffix.count)) : arguments[1]
            guard let top = TreeCopy.Top(rawValue: word) else { return 2 }
            try TreeCopy.place(
                PipeSource(fd: 0, name: "standard input"), at: path, top, keeping: .init(owners: keepsOwners, attributes: true))
            return 0
        } catch {
            let text = describe(error) + "\n"
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
        /// There is nothing at the path.
        case absent(String)
        /// A directory is to take the place of a file, or a file that of a directory.
        case wrongKind(String)
        /// The symlinks of the path form a loop.
        case symlinkLoop(String)
        /// An ID that no user or group can have.
        case badOwner(String, Int64)
        /// A name in a tar that leads out of it.
        case leadsOut(String)
    }

    /// What stands at the top of a tar that is to be placed.
    package enum Top: String, Sendable {
        /// What is copied: it goes into a directory that is there, else it gets the target's name.
        case named = "place"
        /// The directory whose contents are copied: these go into the target.
        case leftOut = "fill"
        /// Contents of a root, which has no name: they go into the target.
        case nameless = "spill"
        /// Anything, since the tar is somebody's own: it goes into a directory that is there.
        case unknown = "extract"
    }

    /// Whether a path means the root, of which a tar has no name.
    package static func isRoot(_ path: String) -> Bool { PathWalk.cleaned(Array(path.utf8)).isEmpty }

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
        let layer = try DirectoryLayer(root, at: place, named: parts.last ?? [])
        let writer = try TarWriter { bytes in try sink(bytes) }
        try layer.write(to: writer, latest: nil)
        try writer.end()
    }

    /// Puts what a tar holds to an absolute path, as docker's `cp` does; a symlink at its end is followed.
    package static func place(
        _ source: any ByteSource, at path: String, _ top: Top, keeping: TreePlacement.Keeping
    ) throws {
        let target = try followed(path)
        var status = stat()
        let isThere = target.withPlatformString { stat($0, &status) } == 0
        if isThere, status.st_mode & S_IFMT == S_IFDIR {
            let base = try Directory.open(target)
            return try TreePlacement(into: base, isContentsOnly: top == .leftOut, keeping: keeping).place(source)
        }
        let isDirectoryMeant = path.hasSuffix("/") || top == .nameless || top == .unknown
        if isThere, isDirectoryMeant { throw Problem.wrongKind(path) }
        guard let name = target.lastComponent, top != .unknown else { throw Problem.absent(path) }
        let parent = target.removingLastComponent()
        let base: Directory
        do { base = try Directory.open(parent.isEmpty ? "." : parent) } catch {
            throw error.isAbsent ? Problem.absent(parent.string) : error
        }
        let bytes = name.bytes
        if top == .nameless {
            try base.makeDirectory(bytes, mode: CreationRules.treeMode)
            return try TreePlacement(into: try base.directory(bytes), keeping: keeping).place(source)
        }
        // Only a directory gets a name that ends in a slash.
        let notADirectory = isDirectoryMeant ? Problem.absent(path) : nil
        try TreePlacement(into: base, name: bytes, keeping: keeping, notADirectory: notADirectory).place(source)
    }

    /// Where the symlinks at the end of a path lead, whether anything is there or not.
    private static func followed(_ path: String) throws(Problem) -> FilePath {
        var here = FilePath(path)
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX) + 1)
        for _ in 0..<40 {
            let count = here.withPlatformString { readlink($0, &buffer, buffer.count - 1) }
            // Most of all since it is no symlink; what else is wrong is found by who goes there.
            guard count > 0 else { return here }
            buffer[count] = 0
            here = here.removingLastComponent().pushing(FilePath(platformString: buffer))
        }
        throw .symlinkLoop(path)
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
        let lock = running == nil ? try lift(try self.lock(), to: RuntimeError.init) : nil
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
