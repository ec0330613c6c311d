import Glibc
import SystemPackage

/// A place in a tree that goes from one directory to the next, by descriptors and through no symlink, however deep the tree is.
///
/// Few of the directories above it are open at a time. One that was closed is opened again as `..` of the one below, and must then be
/// the very directory that was left: where somebody moved it meanwhile, that is an error, and nothing outside of the tree is seen.
/// Used by one thread at a time.
package final class TreeCursor {
    private final class Opened {
        let fd: Int32
        private let isOwned: Bool
        /// Whether nobody else reads names by it.
        let isAlone: Bool

        init(_ fd: Int32, isOwned: Bool = true, isAlone: Bool = true) {
            self.fd = fd
            self.isOwned = isOwned
            self.isAlone = isAlone
        }

        deinit { if isOwned { _ = close(fd) } }
    }

    private struct Level {
        let device: UInt64
        let inode: UInt64
        /// How much of the path leads here.
        let pathCount: Int
        /// Nil while it is closed.
        var folder: Opened?
    }

    /// How many levels stay open, from the root on: what is moved as a whole, such as a layer, is mostly among them.
    private static let highCount = 16
    /// How many stay open above the place.
    private static let nearCount = 32
    private static let slash = UInt8(ascii: "/")

    private let root: Directory
    /// Whether nobody else reads names by the root's descriptor.
    private let isRootAlone: Bool
    private var levels: [Level] = []
    private var here: Opened
    /// Where it is, below the root; raw bytes, no slash in front.
    package private(set) var path: [UInt8] = []

    /// A cursor at `root`; `isAlone` says that nobody else reads names by that object meanwhile.
    package init(_ root: Directory, isAlone: Bool = false) throws(StorageError) {
        self.root = root
        isRootAlone = isAlone
        here = Opened(root.fd, isOwned: false, isAlone: isAlone)
        levels = [try level(here)]
    }

    /// The directory's descriptor, valid until the cursor moves.
    package var fd: Int32 { here.fd }

    /// The path of a name in this directory.
    package func path(of name: [UInt8]) -> [UInt8] { path.isEmpty ? name : path + [Self.slash] + name }

    // MARK: Moving

    /// Goes down to the directory `name`.
    package func enter(_ name: [UInt8]) throws(StorageError) {
        try enter(
            name,
            by: try check(.open, text(name)) {
                openat(here.fd, name.cString, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW)
            })
    }

    /// The same to remove what is in it: something that is mounted there is an error.
    func enterUnmounted(_ name: [UInt8]) throws(StorageError) {
        try enter(name, by: try openUnmounted(here.fd, name, text(name)))
    }

    private func enter(_ name: [UInt8], by fd: Int32) throws(StorageError) {
        let below = Opened(fd)
        let before = path.count
        if !path.isEmpty { path.append(Self.slash) }
        path += name
        do { levels.append(try level(below)) } catch {
            path.removeLast(path.count - before)
            throw error
        }
        here = below
        let far = levels.count - 1 - Self.nearCount
        if far >= Self.highCount { levels[far].folder = nil }
    }

    /// Goes up to the directory above; at the root it stays.
    package func leave() throws(StorageError) {
        guard levels.count > 1 else { return }
        let above = levels[levels.count - 2]
        if let folder = above.folder {
            here = folder
        } else {
            let fd = try check(.open, text([])) { openat(here.fd, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC) }
            let folder = Opened(fd)
            let found = try level(folder)
            guard found.inode == above.inode, found.device == above.device else {
                throw StorageError(.open, text([]), Errno(rawValue: ESTALE))
            }
            levels[levels.count - 2].folder = folder
            here = folder
        }
        levels.removeLast()
        path.removeLast(path.count - above.pathCount)
    }

    /// Goes to the directory at `wanted`; after an error it is somewhere above.
    package func move(to wanted: [UInt8]) throws(StorageError) {
        let common = zip(path, wanted).prefix { $0 == $1 }.count
        func leads(_ count: Int) -> Bool {
            count == 0 || (count <= common && (count == wanted.count || wanted[count] == Self.slash))
        }
        while !leads(path.count) {
            do throws(StorageError) { try leave() } catch { try restart() }
        }
        for part in wanted[path.count...].split(separator: Self.slash) { try enter(Array(part)) }
    }

    private func restart() throws(StorageError) {
        path = []
        here = Opened(root.fd, isOwned: false, isAlone: isRootAlone)
        levels = [try level(here)]
    }

    private func level(_ folder: Opened) throws(StorageError) -> Level {
        var raw = stat()
        try check(.status, text([])) { fstat(folder.fd, &raw) }
        return Level(device: UInt64(raw.st_dev), inode: UInt64(raw.st_ino), pathCount: path.count, folder: folder)
    }

    // MARK: Looking

    /// The names in this directory, in no particular order; none where it was removed meanwhile.
    func names() throws(StorageError) -> [[UInt8]] { try nameList().all }

    /// The same, in one buffer.
    func nameList() throws(StorageError) -> NameList {
        do {
            guard here.isAlone, lseek(here.fd, 0, SEEK_SET) == 0 else { return try NameList(here.fd, text([])) }
            return try NameList(alone: here.fd, text([]))
        } catch {
            if error.isAbsent { return NameList() }
            throw error
        }
    }

    /// What this directory holds, in no particular order.
    package func items() throws(StorageError) -> [TreeItem] {
        var found: [TreeItem] = []
        for name in try names() {
            do { found.append(TreeItem(name: name, try rawStatus(name))) } catch {
                // One that is gone meanwhile is not there.
                if !error.isAbsent { throw error }
            }
        }
        return found
    }

    /// What `name` is; a symlink is not followed.
    func status(_ name: [UInt8]) throws(StorageError) -> FileStatus { FileStatus(try rawStatus(name)) }

    /// What `name` is, with owner and device; nil where there is nothing.
    package func item(_ name: [UInt8]) throws(StorageError) -> TreeItem? {
        do { return TreeItem(name: name, try rawStatus(name)) } catch {
            if error.isAbsent { return nil }
            throw error
        }
    }

    /// Opens the regular file or directory `name` for reading; this directory itself without a name.
    package func file(_ name: [UInt8] = []) throws(StorageError) -> File {
        let wanted = name.isEmpty ? [UInt8(ascii: ".")] : name
        // A fifo would keep the opener waiting.
        let fd = try check(.open, text(name)) {
            openat(here.fd, wanted.cString, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
        }
        return File(adopting: FileDescriptor(rawValue: fd), path: text(name))
    }

    /// The target of the symlink `name`.
    package func link(_ name: [UInt8]) throws(StorageError) -> [UInt8] {
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
        let count = try check(.read, text(name)) { Int32(readlinkat(here.fd, name.cString, &buffer, buffer.count)) }
        return buffer.prefix(Int(count)).map { UInt8(bitPattern: $0) }
    }

    /// Removes a name of this directory.
    func remove(_ name: [UInt8], flags: Int32) throws(StorageError) {
        try check(.remove, text(name)) { unlinkat(here.fd, name.cString, flags) }
    }

    private func rawStatus(_ name: [UInt8]) throws(StorageError) -> stat {
        var raw = stat()
        try check(.status, text(name)) { fstatat(here.fd, name.cString, &raw, AT_SYMLINK_NOFOLLOW) }
        return raw
    }

    private func text(_ name: [UInt8]) -> String {
        let place = path(of: name)
        return place.isEmpty ? root.path : root.path.appendingPath(place.messageText)
    }
}

extension StorageError {
    /// Whether what was listed as a file or directory is not there any more, or something else is in its place.
    package var isReplaced: Bool { isAbsent || errno == .notDirectory || errno == .tooManySymbolicLinkLevels }
}
