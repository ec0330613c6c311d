import Glibc
package import SystemPackage

/// One open directory; everything is done relative to its descriptor and never through a symlink at a name's end.
///
/// A directory that another process renames meanwhile stays the same directory.
package final class Directory: Sendable {
    private let file: File

    init(adopting descriptor: FileDescriptor, path: String) {
        file = File(adopting: descriptor, path: path)
    }

    /// The path it was opened by, for messages.
    package var path: String { file.path }
    /// The descriptor's number; valid for as long as this object lives.
    package var fd: Int32 { file.fd }

    /// Opens a directory by path; here alone symlinks are followed, since the user names this one.
    package static func open(_ path: FilePath) throws(StorageError) -> Directory {
        let text = path.string
        let fd = try check(.open, text) {
            path.withPlatformString { Glibc.open($0, O_RDONLY | O_DIRECTORY | O_CLOEXEC) }
        }
        return Directory(adopting: FileDescriptor(rawValue: fd), path: text)
    }

    /// Makes the directory and the missing ones above it, then opens it.
    ///
    /// One that is there already is as good.
    package static func make(_ path: FilePath, mode: UInt16 = 0o755) throws(StorageError) -> Directory {
        do throws(StorageError) {
            return try open(path)
        } catch let error where error.isAbsent {
            let above = path.removingLastComponent()
            guard let name = path.lastComponent, above != path else { throw error }
            let parent = try make(above.isEmpty ? "." : above)
            try parent.makeDirectory(name.string, mode: mode)
            try parent.sync()
            return try open(path)
        }
    }

    /// Opens the directory `name`.
    package func directory(_ name: String) throws(StorageError) -> Directory { try directory(Array(name.utf8)) }

    /// The same of a name, or a path, in raw bytes.
    package func directory(_ name: [UInt8]) throws(StorageError) -> Directory {
        let text = path.appendingPath(name.messageText)
        let fd = try check(.open, text) {
            openat(self.fd, name.cString, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW)
        }
        return Directory(adopting: FileDescriptor(rawValue: fd), path: text)
    }

    /// Opens the directory `name`, making it first where it is missing; then its name is on the disk.
    package func ensureDirectory(_ name: String, mode: UInt16 = 0o755) throws(StorageError) -> Directory {
        do throws(StorageError) {
            return try directory(name)
        } catch let error where error.isAbsent {
            if try makeDirectory(name, mode: mode) { try sync() }
            return try directory(name)
        }
    }

    /// Makes the directory `name`; false when something of that name was there already.
    @discardableResult
    package func makeDirectory(_ name: String, mode: UInt16 = 0o755) throws(StorageError) -> Bool {
        try makeDirectory(Array(name.utf8), mode: mode)
    }

    /// The same of a name, or a path, in raw bytes.
    @discardableResult
    package func makeDirectory(_ name: [UInt8], mode: UInt16 = 0o755) throws(StorageError) -> Bool {
        do throws(StorageError) {
            try check(.makeDirectory, path.appendingPath(name.messageText)) { mkdirat(fd, name.cString, mode_t(mode)) }
            return true
        } catch let error where error.errno == .fileExists {
            return false
        }
    }

    /// Opens the file `name` for reading, or nil where there is none.
    package func openFile(_ name: String) throws(StorageError) -> File? {
        do throws(StorageError) {
            // Without O_NONBLOCK a fifo in a hostile store would hold the open forever.
            return try openFile(name, flags: O_RDONLY | O_NONBLOCK)
        } catch let error where error.isAbsent {
            return nil
        }
    }

    /// Opens the file `name` for reading and writing, or nil where there is none; what is in it stays.
    package func openFileForUpdate(_ name: String) throws(StorageError) -> File? {
        do throws(StorageError) {
            return try openFile(name, flags: O_RDWR | O_NONBLOCK)
        } catch let error where error.isAbsent {
            return nil
        }
    }

    /// Makes the file `name` and opens it for writing.
    ///
    /// With `replacing` an old one is emptied, else it is an error.
    package func createFile(_ name: String, mode: UInt16 = 0o644, replacing: Bool = false) throws(StorageError) -> File {
        try openFile(name, flags: O_RDWR | O_CREAT | (replacing ? O_TRUNC : O_EXCL), mode: mode)
    }

    /// A new file without a name, for reading and writing; its space is free again once it is closed, however the process ends.
    package func createUnnamedFile() throws(StorageError) -> File {
        try openFile(".", flags: O_RDWR | Self.unnamed, mode: 0o600)
    }

    /// What `name` is, or nil where there is nothing; a symlink is not followed.
    package func status(_ name: String) throws(StorageError) -> FileStatus? {
        var raw = stat()
        do throws(StorageError) {
            try check(.status, path.appendingPath(name)) { fstatat(fd, name, &raw, AT_SYMLINK_NOFOLLOW) }
            return FileStatus(raw)
        } catch let error where error.isAbsent {
            return nil
        }
    }

    /// What this directory itself is.
    package func status() throws(StorageError) -> FileStatus { try file.status() }

    /// Bytes of the file system that this directory is on: used ones, and those that an ordinary process may still write.
    package func fileSystemBytes() throws(StorageError) -> (used: Int64, free: Int64) {
        var raw = statvfs()
        try check(.status, path) { fstatvfs(fd, &raw) }
        let block = Int64(raw.f_frsize)
        return ((Int64(raw.f_blocks) - Int64(raw.f_bfree)) * block, Int64(raw.f_bavail) * block)
    }

    /// The content of the file `name`, or nil where there is none; longer than `limit` bytes is an error.
    package func readFile(_ name: String, limit: Int) throws(StorageError) -> [UInt8]? {
        try openFile(name)?.readAll(limit: limit)
    }

    /// Waits until every name in this directory is on the disk.
    package func sync() throws(StorageError) { try file.sync() }

    func openFile(_ name: String, flags: Int32, mode: UInt16 = 0) throws(StorageError) -> File {
        let fd = try check(.open, path.appendingPath(name)) {
            openat(self.fd, name, flags | O_CLOEXEC | O_NOFOLLOW, mode_t(mode))
        }
        return File(adopting: FileDescriptor(rawValue: fd), path: path.appendingPath(name))
    }

    /// Linux's O_TMPFILE, which the C library declares only for GNU sources: a bit of its own together with O_DIRECTORY.
    private static let unnamed = 0o20000000 | O_DIRECTORY
}
