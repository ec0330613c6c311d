import CLinux
import Glibc
import Synchronization
import SystemPackage

/// One name of a directory, with what it names.
package struct TreeItem: Sendable {
    /// Raw bytes; behind a prefix where one was asked for.
    package private(set) var name: [UInt8]
    /// Of the name itself: a symlink is not followed.
    package let status: FileStatus
    /// The kind and permission bits of `st_mode`.
    package let mode: UInt32
    /// The owner, as this process sees it.
    package let uid: Int64
    /// The owning group, as this process sees it.
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

    /// The item with a name, `prefix` before it.
    fileprivate func named(_ name: UnsafeRawBufferPointer, behind prefix: [UInt8]) -> TreeItem {
        var named = self
        named.name.reserveCapacity(prefix.count + name.count)
        named.name += prefix
        named.name += name
        return named
    }
}

/// Reads a tree below one directory by descriptors: no symlink is followed anywhere, so nothing leads out of it.
///
/// Names are raw bytes. A tree that changes meanwhile gives an error or what it is at that moment, never a file from elsewhere.
package final class TreeReader: Sendable {
    private let root: Directory
    /// Directories in which files were opened lately, the last one at the end: the next file is mostly beside one of them.
    private let recent = Mutex<[(path: [UInt8], folder: Opened)]>([])
    private static let recentCount = 8

    /// A reader of what is in `root`.
    package init(_ root: Directory) { self.root = root }

    /// What is right at `path` (raw bytes, no leading slash; empty for the root); nil where there is nothing.
    package func item(at path: [UInt8]) throws(StorageError) -> TreeItem? {
        let (parent, name) = Self.split(path)
        guard let name else { return TreeItem(name: [], try status(root.fd)) }
        do {
            let folder = try open(parent)
            return try item(name, in: folder)
        } catch let error where error.isAbsent || error.errno == .notDirectory {
            return nil
        }
    }

    /// What the directory at `path` holds, in no particular order; `prefix` is put before each name.
    package func items(of path: [UInt8], prefix: [UInt8] = []) throws(StorageError) -> [TreeItem] {
        var found: [TreeItem] = []
        try visit(path) { name, item in found.append(item.named(name, behind: prefix)) }
        return found
    }

    /// Shows `body` what the directory at `path` holds, in no particular order: each name, and the item that has yet to get it.
    ///
    /// A name's bytes are there during the call only. Nothing is made for a name, since a directory may hold very many.
    package func visit(
        _ path: [UInt8], _ body: (_ name: UnsafeRawBufferPointer, _ item: TreeItem) -> Void
    ) throws(StorageError) {
        let folder = try open(path)
        try check(.list, text(path)) { lseek(folder.fd, 0, SEEK_SET) }
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: Self.listingBytes, alignment: 16)
        defer { buffer.deallocate() }
        while true {
            let count = try check(.list, text(path)) { getdents64(folder.fd, buffer.baseAddress, buffer.count) }
            if count == 0 { return }
            var place = 0
            while place < count {
                let record = UnsafeRawBufferPointer(rebasing: buffer[place..<count])
                place += Int(record.loadUnaligned(fromByteOffset: 16, as: UInt16.self))
                let name = UnsafeRawBufferPointer(rebasing: record[19...])
                // One that is gone meanwhile is not there.
                guard let item = try item(listed: name, in: folder) else { continue }
                body(UnsafeRawBufferPointer(rebasing: name[..<(name.firstIndex(of: 0) ?? name.count)]), item)
            }
        }
    }

    /// As much of a listing as is taken at a time.
    private static let listingBytes = 32 << 10

    /// The item of a listed name, which ends with a zero; nil for the directory itself, the one above it, and what is gone.
    private func item(listed name: UnsafeRawBufferPointer, in folder: Opened) throws(StorageError) -> TreeItem? {
        let dot = UInt8(ascii: ".")
        if name[0] == dot, name[1] == 0 || (name[1] == dot && name[2] == 0) { return nil }
        guard let start = name.baseAddress?.assumingMemoryBound(to: CChar.self) else { return nil }
        var raw = stat()
        do {
            _ = try check(.status, String(cString: start)) { fstatat(folder.fd, start, &raw, AT_SYMLINK_NOFOLLOW) }
        } catch let error where error.isAbsent {
            return nil
        }
        return TreeItem(name: [], raw)
    }

    /// Opens the regular file or directory at `path` for reading.
    package func fileOrDirectory(at path: [UInt8]) throws(StorageError) -> File {
        let (parent, name) = Self.split(path)
        let folder = try openAgain(parent)
        let fd = try check(.open, text(path)) {
            // A fifo would keep the opener waiting.
            openat(folder.fd, (name ?? [UInt8(ascii: ".")]).cString, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
        }
        return File(adopting: FileDescriptor(rawValue: fd), path: text(path))
    }

    /// Opens the regular file at `path` for reading.
    package func file(at path: [UInt8]) throws(StorageError) -> File { try fileOrDirectory(at: path) }

    /// The target of the symlink at `path`.
    package func link(at path: [UInt8]) throws(StorageError) -> [UInt8] {
        let (parent, name) = Self.split(path)
        let folder = try openAgain(parent)
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
        let count = try check(.read, text(path)) {
            Int32(readlinkat(folder.fd, (name ?? []).cString, &buffer, buffer.count))
        }
        return buffer.prefix(Int(count)).map { UInt8(bitPattern: $0) }
    }

    private func item(_ name: [UInt8], in folder: Opened) throws(StorageError) -> TreeItem? {
        var raw = stat()
        do {
            _ = try check(.status, text(name)) { fstatat(folder.fd, name.cString, &raw, AT_SYMLINK_NOFOLLOW) }
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
    private final class Opened: Sendable {
        let fd: Int32
        private let owned: Bool

        init(_ fd: Int32, owned: Bool) {
            self.fd = fd
            self.owned = owned
        }

        deinit { if owned { _ = close(fd) } }
    }

    private func open(_ path: [UInt8]) throws(StorageError) -> Opened {
        let flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW
        // One call for the whole path, where the kernel has it; whatever that refuses is looked at part by part.
        let whole = path.isEmpty ? -1 : strata_open_below(root.fd, path.cString, flags)
        if whole >= 0 { return Opened(whole, owned: true) }
        var here = Opened(root.fd, owned: false)
        for part in path.split(separator: UInt8(ascii: "/")) {
            let above = here.fd
            let fd = try check(.open, text(path)) { openat(above, part.cString, flags) }
            // The one above is closed only now that it is not needed any more.
            here = withExtendedLifetime(here) { Opened(fd, owned: true) }
        }
        return here
    }

    /// The same for one file after another.
    private func openAgain(_ path: [UInt8]) throws(StorageError) -> Opened {
        if let known = recent.withLock({ $0.last { $0.path == path }?.folder }) { return known }
        let folder = try open(path)
        recent.withLock { recent in
            if recent.count == Self.recentCount { recent.removeFirst() }
            recent.append((path, folder))
        }
        return folder
    }

    private static func split(_ path: [UInt8]) -> (parent: [UInt8], name: [UInt8]?) {
        let parts = path.split(separator: UInt8(ascii: "/"))
        guard let name = parts.last else { return ([], nil) }
        return (Array(parts.dropLast().joined(separator: [UInt8(ascii: "/")])), Array(name))
    }

    private func text(_ path: [UInt8]) -> String { root.path + "/" + path.messageText }
}
