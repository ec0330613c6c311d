// https://man7.org/linux/man-pages/man2/open_tree.2.html
// https://man7.org/linux/man-pages/man2/move_mount.2.html

import CLinux
import ContentStorage
import Glibc
import OCISpec
import StorageIO
import SystemPackage
import TextValues

/// A container's tree as the container itself sees it, with all that is mounted in it, and with what it may not write.
///
/// Of one that runs it is the very tree of its first process. Of another one it is what a start would mount; where that has nothing
/// to show before the start, such as a `tmpfs`, the tree below can be read, but not written: nobody would ever see what is written.
struct TreeView: Codable {
    /// Something that is mounted when the container runs.
    struct Mount: Codable {
        /// Nil for what begins with the container.
        var source: String?
        var target: String
        var isReadOnly: Bool
    }

    /// The file with the number of the container's first process in the namespace of its runtime; nil where it does not run.
    private var processNote: String?
    private var mounts: [Mount] = []
    private var isReadOnly = false
    /// Directories of the runtime's own mounts: what is in them is no part of the tree above them.
    private(set) var passedOver: [String] = []

    init(of container: Container, in folder: ContainerFolder, isRunning: Bool) {
        let usual = RuntimeSpec.usualMounts
        let own = container.ownMounts(in: folder.path)
        let taken = Set(own.map { PathWalk.cleaned($0.destination.utf8) })
        passedOver = usual.map(\.destination).filter { !taken.contains(PathWalk.cleaned($0.utf8)) }
        if isRunning {
            processNote = folder.bundle.pidPath
            return
        }
        isReadOnly = container.settings.hasReadOnlyTree
        mounts = (usual + own).outerFirst.map { mount in
            Mount(
                source: mount.type == "bind" ? mount.source : nil, target: mount.destination,
                isReadOnly: mount.options.contains("ro"))
        }
    }

    /// Shows it at `merged`, where the tree is mounted already, and returns what can only be read until the container runs.
    ///
    /// The process has one thread, and namespaces of its own or a container's. After it, the root of the process is the tree.
    func show(at merged: String) throws -> [[UInt8]] {
        if let processNote {
            try showRunning(processNote, at: merged)
            return []
        }
        let sources = mounts.map { mount in mount.source.map { strata_clone_mounts($0) } ?? -1 }
        defer { for source in sources where source >= 0 { close(source) } }
        try Self.enter(merged)
        let tree = TreeReader(try Directory.open("/"))
        var (readOnly, covered): ([[UInt8]], [[UInt8]]) = ([], [])
        for (mount, source) in zip(mounts, sources) {
            guard let path = try Self.makePlace(mount.target, for: source, in: tree) else { continue }
            if source < 0 {
                covered.append(path)
                continue
            }
            try Self.attach(source, at: path)
            if mount.isReadOnly { readOnly.append(path) }
        }
        // Last, since what comes into one of them needs a place there.
        for path in covered {
            let copy = strata_clone_mounts(Self.text(path))
            guard copy >= 0 else { throw TreeCopy.Problem.mountsNotShown(errno: errno) }
            defer { close(copy) }
            try Self.attach(copy, at: path)
        }
        for path in readOnly + covered + (isReadOnly ? [[]] : []) {
            if strata_make_read_only(Self.text(path)) != 0 { throw TreeCopy.Problem.mountsNotShown(errno: errno) }
        }
        return covered
    }

    /// Takes the mounts of the container's own namespace, and hangs a copy of them up in one of this process's.
    private func showRunning(_ note: String, at merged: String) throws {
        guard let process = Bundle.process(at: note) else { throw TreeCopy.Problem.notBegun }
        func open(_ path: String) throws(TreeCopy.Problem) -> Int32 {
            let fd = Glibc.open(path, O_RDONLY | O_CLOEXEC)
            if fd < 0 { throw .mountsNotShown(errno: errno) }
            return fd
        }
        let theirs = try open("/proc/\(process)/ns/mnt")
        defer { close(theirs) }
        if unshare(Int32(STRATA_NEW_MOUNTS)) != 0 { throw TreeCopy.Problem.mountsNotShown(errno: errno) }
        let mine = try open("/proc/self/ns/mnt")
        defer { close(mine) }
        // Nothing but these calls is done in there.
        var tree: Int32 = -1
        var reason: Int32 = 0
        if setns(theirs, 0) == 0 { tree = strata_clone_mounts("/") }
        if tree < 0 { reason = errno }
        if setns(mine, 0) != 0 { reason = errno }
        guard reason == 0 else { throw TreeCopy.Problem.mountsNotShown(errno: reason) }
        defer { close(tree) }
        if strata_attach_mounts(tree, merged) != 0 { throw TreeCopy.Problem.mountsNotShown(errno: errno) }
        try Self.enter(merged)
    }

    /// Makes the tree at `merged` the root of the process.
    static func enter(_ merged: String) throws(StorageError) {
        if chroot(merged) != 0 || chdir("/") != 0 { throw StorageError(.open, merged, Errno(rawValue: errno)) }
    }

    private static func text(_ path: [UInt8]) -> String { "/" + String(decoding: path, as: UTF8.self) }

    private static func attach(_ source: Int32, at path: [UInt8]) throws(TreeCopy.Problem) {
        if strata_attach_mounts(source, text(path)) != 0 { throw .mountsNotShown(errno: errno) }
    }

    /// Where a target leads; nil where its symlinks form a loop.
    ///
    /// What is not there is made as a runtime makes it.
    private static func makePlace(_ target: String, for source: Int32, in tree: TreeReader) throws -> [UInt8]? {
        let place = try PathWalk.resolve(PathWalk.cleaned(target.utf8)) { (path) throws(StorageError) -> [UInt8]? in
            try tree.item(at: path)?.status.kind == .symlink ? try tree.link(at: path) : nil
        }
        guard let place, try tree.item(at: place) == nil else { return place }
        var status = stat()
        let isFile = source >= 0 && fstat(source, &status) == 0 && status.st_mode & S_IFMT != S_IFDIR
        let root = try Directory.open("/")
        let parts = PathWalk.parts(place)
        for count in 1..<(parts.count + (isFile ? 0 : 1)) {
            try root.makeDirectory(PathWalk.joined(parts[..<count]), mode: CreationRules.treeMode)
        }
        if isFile { _ = try File.create(text(place)) }
        return place
    }
}
