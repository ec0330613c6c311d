import CLinux
import Glibc
import SystemPackage

/// One name of a directory, with what it names.
package struct TreeItem: Sendable {
    /// Raw bytes.
    package let name: [UInt8]
    package let status: FileStatus
    /// The kind and permission bits of `st_mode`.
    package let mode: UInt32
    package let uid: Int64
    package let gid: Int64
    /// How many names the inode has.
    package let linkCount: Int
    /// The device's part of the inode's identity.
    package let device: UInt64
    /// Which device a device file is, `major << 32 | minor`; 0 for anything else.
    package let deviceNumber: UInt64

    init(name: [UInt8], _ raw: stat) {
        self.name = name
        status = FileStatus(raw)
        mode = raw.st_mode
        uid = Int64(raw.st_uid)
        gid = Int64(raw.st_gid)
        linkCount = Int(raw.st_nlink)
        device = UInt64(raw.st_dev)
        let number = UInt64(raw.st_rdev)
        deviceNumber = UInt64(strata_device_major(number)) << 32 | UInt64(strata_device_minor(number))
    }
}

/// Reads a tree below one directory by descriptors: no symlink is followed anywhere, so nothing leads out of it.
///
/// Names are raw bytes. A tree that changes meanwhile gives an error or what it is at that moment, never a file from elsewhere.
package final class TreeReader: Sendable {
    private let root: Directory

    /// A reader of what is in `root`.
    package init(_ root: Directory) { self.root = root }

    /// What is right at `path` (raw bytes, no leading slash; empty for the root); nil where there is nothing.
    package func item(at path: [UInt8]) throws(StorageError) -> TreeItem? {
        let (parent, name) = Self.split(path)
        guard let name else { return TreeItem(name: [], try status(root.fd)) }
        do throws(StorageError) {
            let folder = try open(parent)
            return try item(name, in: folder)
        } catch let error where error.isAbsent || error.errno == .notDirectory {
            return nil
        }
    }

    /// What the directory at `path` holds, in no particular order.
    package func items(of path: [UInt8]) throws(StorageError) -> [TreeItem] {
        let folder = try open(path)
        // `fdopendir` takes the descriptor it is given.
        let copy = try check(.list, text(path)) { fcntl(folder.fd, F_DUPFD_CLOEXEC, 0) }
        guard let stream = fdopendir(copy) else {
            _ = close(copy)
            throw StorageError(.list, text(path), Errno(rawValue: Glibc.errno))
        }
        defer { closedir(stream) }
        rewinddir(stream)
        var found: [TreeItem] = []
        while true {
            Glibc.errno = 0
            guard let entry = readdir(stream) else {
                if Glibc.errno != 0 { throw StorageError(.list, text(path), Errno(rawValue: Glibc.errno)) }
                return found
            }
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { Array($0.prefix { $0 != 0 }) }
            guard name != Array(".".utf8), name != Array("..".utf8) else { continue }
            // One that is gone meanwhile is not there.
            if let item = try item(name, in: folder) { found.append(item) }
        }
    }

    /// Opens the regular file or directory at `path` for reading.
    package func fileOrDirectory(at path: [UInt8]) throws(StorageError) -> File {
        let (parent, name) = Self.split(path)
        let folder = try open(parent)
        let fd = try check(.open, text(path)) {
            // A fifo would keep the opener waiting.
            withCString(name ?? [UInt8(ascii: ".")]) { openat(folder.fd, $0, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK) }
        }
        return File(adopting: FileDescriptor(rawValue: fd), path: text(path))
    }

    /// Opens the regular file at `path` for reading.
    package func file(at path: [UInt8]) throws(StorageError) -> File { try fileOrDirectory(at: path) }

    /// The target of the symlink at `path`.
    package func link(at path: [UInt8]) throws(StorageError) -> [UInt8] {
        let (parent, name) = Self.split(path)
        let folder = try open(parent)
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
        let count = try check(.read, text(path)) {
            withCString(name ?? []) { name in Int32(readlinkat(folder.fd, name, &buffer, buffer.count)) }
        }
        return buffer.prefix(Int(count)).map { UInt8(bitPattern: $0) }
    }

    private func item(_ name: [UInt8], in folder: Opened) throws(StorageError) -> TreeItem? {
        var raw = stat()
        do throws(StorageError) {
            _ = try check(.status, text(name)) { withCString(name) { fstatat(folder.fd, $0, &raw, AT_SYMLINK_NOFOLLOW) } }
        } catch let error where error.isAbsent {
            return nil
        }
        return TreeItem(name: name, raw)
    }

    private func status(_ fd: Int32) throws(StorageError) -> stat {
        var raw = stat()
        try check(.status, root.path) { fstat(fd, &raw) }
        return raw
    }

    /// A directory that this reader opened, or the root.
    private final class Opened {
        let fd: Int32
        private let owned: Bool

        init(_ fd: Int32, owned: Bool) {
            self.fd = fd
            self.owned = owned
        }

        deinit { if owned { _ = close(fd) } }
    }

    private func open(_ path: [UInt8]) throws(StorageError) -> Opened {
        var here = Opened(root.fd, owned: false)
        for part in path.split(separator: UInt8(ascii: "/")) {
            let above = here.fd
            let fd = try check(.open, text(path)) {
                withCString(Array(part)) { openat(above, $0, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW) }
            }
            // The one above is closed only now that it is not needed any more.
            here = withExtendedLifetime(here) { Opened(fd, owned: true) }
        }
        return here
    }

    private static func split(_ path: [UInt8]) -> (parent: [UInt8], name: [UInt8]?) {
        let parts = path.split(separator: UInt8(ascii: "/"))
        guard let name = parts.last else { return ([], nil) }
        return (Array(parts.dropLast().joined(separator: [UInt8(ascii: "/")])), Array(name))
    }

    private func text(_ path: [UInt8]) -> String { root.path + "/" + String(decoding: path, as: UTF8.self) }

    private func withCString<T>(_ bytes: [UInt8], _ body: (UnsafePointer<CChar>) -> T) -> T {
        (bytes.map { CChar(bitPattern: $0) } + [0]).withUnsafeBufferPointer { buffer in
            guard let start = buffer.baseAddress else { preconditionFailure("a buffer of one element at least") }
            return body(start)
        }
    }
}
