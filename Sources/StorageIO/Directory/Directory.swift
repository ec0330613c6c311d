import Glibc
package import SystemPackage

/// One open directory; everything is done relative to its descriptor and never through a symlink at a name's end.
///
/// A directory that another process renames meanwhile stays the same directory.
package final class Directory: Sendable {
    private let file: File
    /// How what is made here and below is made.
    package let rules: CreationRules

    init(adopting descriptor: FileDescriptor, path: String, rules: CreationRules = .usual) {
        file = File(adopting: descriptor, path: path)
        self.rules = rules
    }

    private init(_ file: File, rules: CreationRules) {
        self.file = file
        self.rules = rules
    }

    /// The same directory, in which things are made by other rules.
    package func making(by rules: CreationRules) -> Directory { Directory(file, rules: rules) }

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

    /// Makes the directory with this mode, and the missing ones above it with the usual one, then opens it.
    ///
    /// One that is there already is as good.
    package static func make(
        _ path: FilePath, mode: UInt16 = CreationRules.usual.folderMode
    ) throws(StorageError) -> Directory {
        do {
            return try open(path)
        } catch let error where error.isAbsent {
            let above = path.removingLastComponent()
            guard let name = path.lastComponent, above != path else { throw error }
            let parent = try make(above.isEmpty ? "." : above)
            try parent.makeDirectory(name.bytes, mode: mode)
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
        return Directory(adopting: FileDescriptor(rawValue: fd), path: text, rules: rules)
    }

    /// The directory at a path of plain names below this one; nil where nothing is there.
    ///
    /// No symlink is followed.
    package func directory(below parts: some Sequence<Substring>) throws(StorageError) -> Directory? {
        var here = self
        do throws(StorageError) {
            for part in parts { here = try here.directory(String(part)) }
            return here
        } catch {
            if error.isAbsent { return nil }
            throw error
        }
    }

    /// Opens the directory `name`, making it first where it is missing; then its name is on the disk.
    package func ensureDirectory(_ name: String, mode: UInt16? = nil) throws(StorageError) -> Directory {
        do {
            return try directory(name)
        } catch let error where error.isAbsent {
            if try makeDirectory(name, mode: mode) { try sync() }
            return try directory(name)
        }
    }

    /// Makes the directory `name`, by this directory's rules or with another mode; false when something of that name was there
    /// already.
    @discardableResult
    package func makeDirectory(_ name: String, mode: UInt16? = nil) throws(StorageError) -> Bool {
        try makeDirectory(Array(name.utf8), mode: mode)
    }

    /// The same of a name, or a path, in raw bytes.
    @discardableResult
    package func makeDirectory(_ name: [UInt8], mode: UInt16? = nil) throws(StorageError) -> Bool {
        do {
            try check(.makeDirectory, path.appendingPath(name.messageText)) {
                rules.making { mkdirat(fd, name.cString, mode_t(mode ?? rules.folderMode)) }
            }
        } catch let error where error.errno == .fileExists {
            return false
        }
        if rules.isExact {
            let made = try directory(name)
            // It has the group of this directory, and so has what is made in it: that stays.
            try made.setMode(try made.status().mode & 0o7000 | (mode ?? rules.folderMode))
        }
        return true
    }

    /// Opens the directory `name`, which is made first where it is missing: the root of a tree that a container sees, with the
    /// mode that it has there, whatever the rules and the process's mask say.
    package func ensureTree(_ name: String) throws(StorageError) -> Directory {
        let isNew = try makeDirectory(name, mode: CreationRules.treeMode)
        let tree = try directory(name)
        if isNew { try tree.setMode(CreationRules.treeMode) }
        return tree
    }

    /// Opens the file `name` for reading, or nil where there is none.
    package func openFile(_ name: String) throws(StorageError) -> File? {
        do {
            // Without O_NONBLOCK a fifo in a hostile store would hold the open forever.
            return try openFile(name, flags: O_RDONLY | O_NONBLOCK)
        } catch let error where error.isAbsent {
            return nil
        }
    }

    /// Opens the file `name` for reading and writing, or nil where there is none; what is in it stays.
    package func openFileForUpdate(_ name: String) throws(StorageError) -> File? {
        return try ifPresent(try openFile(name, flags: O_RDWR | O_NONBLOCK))
    }

    /// Makes the file `name` and opens it for writing.
    ///
    /// With `replacing` an old one is emptied, else it is an error. Its mode is that of this directory's rules, or `mode`.
    package func createFile(_ name: String, mode: UInt16? = nil, replacing: Bool = false) throws(StorageError) -> File {
        let file = try openFile(name, flags: O_RDWR | O_CREAT | (replacing ? O_TRUNC : O_EXCL), mode: mode ?? rules.fileMode)
        // One that somebody else left half written has the mode already, and only its owner may set it.
        if rules.isExact, try file.status().mode != mode ?? rules.fileMode { try file.setMode(mode ?? rules.fileMode) }
        return file
    }

    /// Opens the file `name` for reading and writing; an empty one is made where there is none.
    func ensureFile(_ name: String) throws(StorageError) -> File {
        do {
            return try openFile(name, flags: O_RDWR)
        } catch let error where error.isAbsent {
            do { return try createFile(name) } catch {
                // Somebody else was faster.
                guard error.errno == .fileExists else { throw error }
                return try openFile(name, flags: O_RDWR)
            }
        }
    }

    /// A new file without a name, for reading and writing; its space is free again once it is closed, however the process ends.
    package func createUnnamedFile() throws(StorageError) -> File {
        try openFile(".", flags: O_RDWR | Self.unnamed, mode: 0o600)
    }

    /// What `name` is, or nil where there is nothing; a symlink is not followed.
    package func status(_ name: String) throws(StorageError) -> FileStatus? {
        var raw = stat()
        do {
            try check(.status, path.appendingPath(name)) { fstatat(fd, name, &raw, AT_SYMLINK_NOFOLLOW) }
            return FileStatus(raw)
        } catch let error where error.isAbsent {
            return nil
        }
    }

    /// What stands under each of these names, nil where nothing does; with many names all cores look.
    package func statuses(_ names: [String]) throws(StorageError) -> [FileStatus?] {
        let list = NameList(names)
        var found: [FileStatus?] = []
        found.reserveCapacity(names.count)
        for (place, look) in list.looks(0..<list.count, in: fd).enumerated() {
            do { found.append(try look.status(path, Array(names[place].utf8))) } catch {
                guard error.isAbsent else { throw error }
                found.append(nil)
            }
        }
        return found
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

    /// How many more files the file system of this directory takes; nil where it has no limit of its own, as btrfs.
    package func freeInodes() throws(StorageError) -> Int? {
        var raw = statvfs()
        try check(.status, path) { fstatvfs(fd, &raw) }
        return raw.f_files == 0 ? nil : Int(clamping: raw.f_favail)
    }

    /// The content of the file `name`, or nil where there is none; longer than `limit` bytes is an error.
    package func readFile(_ name: String, limit: Int) throws(StorageError) -> [UInt8]? {
        try openFile(name)?.readAll(limit: limit)
    }

    /// The same of a name in raw bytes.
    package func readFile(_ name: [UInt8], limit: Int) throws(StorageError) -> [UInt8]? {
        let text = path.appendingPath(name.messageText)
        do {
            let fd = try check(.open, text) { openat(self.fd, name.cString, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOFOLLOW) }
            return try File(adopting: FileDescriptor(rawValue: fd), path: text).readAll(limit: limit)
        } catch let error where error.isAbsent {
            return nil
        }
    }

    /// Sets this directory's own permission bits.
    package func setMode(_ mode: UInt16) throws(StorageError) { try file.setMode(mode) }

    /// Waits until every name in this directory is on the disk.
    package func sync() throws(StorageError) { try file.sync() }

    func openFile(_ name: String, flags: Int32, mode: UInt16 = 0) throws(StorageError) -> File {
        let isReading = flags & (O_CREAT | O_RDWR | O_WRONLY) == 0
        func open() -> Int32 { openat(self.fd, name, flags | O_CLOEXEC | O_NOFOLLOW, mode_t(mode)) }
        let fd = try check(.open, path.appendingPath(name)) { isReading ? open() : rules.making(open) }
        return File(adopting: FileDescriptor(rawValue: fd), path: path.appendingPath(name))
    }

    /// Linux's O_TMPFILE, which the C library declares only for GNU sources: a bit of its own together with O_DIRECTORY.
    private static let unnamed = 0o20000000 | O_DIRECTORY
}
