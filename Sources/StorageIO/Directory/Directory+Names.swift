import CLinux
import Glibc
import Synchronization
import SystemPackage

extension Directory {
    /// All names but `.` and `..`, sorted.
    ///
    /// Names that come or go meanwhile may or may not be among them.
    package func names() throws(StorageError) -> [String] {
        try NameList(fd, path).all.map(\.messageText).sorted()
    }

    /// What `transform` makes of each name, by its bytes and in no order; of many thousands no texts are made.
    package func mapNames<T>(_ transform: (UnsafeBufferPointer<UInt8>) -> T?) throws(StorageError) -> [T] {
        let names = try NameList(fd, path)
        return (0..<names.count).compactMap { names.withBytes(of: $0, transform) }
    }

    /// Moves `name` to `newName` in `target` (by default this directory), replacing what is there in one step: a reader sees
    /// the old or the new, never neither.
    package func rename(_ name: String, to newName: String, in target: Directory? = nil) throws(StorageError) {
        let target = target ?? self
        try check(.rename, target.path.appendingPath(newName)) { renameat(fd, name, target.fd, newName) }
    }

    /// The same to a name in raw bytes, in this directory.
    func rename(_ name: String, to newName: [UInt8]) throws(StorageError) {
        try check(.rename, path.appendingPath(newName.messageText)) { renameat(fd, name, fd, newName.cString) }
    }

    /// Removes the file `name`; false where there was none.
    @discardableResult
    package func removeFile(_ name: String) throws(StorageError) -> Bool { try removeFile(Array(name.utf8)) }

    /// The same of a name, or a path, in raw bytes.
    @discardableResult
    package func removeFile(_ name: [UInt8]) throws(StorageError) -> Bool { try remove(name, flags: 0) }

    /// Removes the empty directory `name`; false where there was none.
    @discardableResult
    package func removeDirectory(_ name: String) throws(StorageError) -> Bool {
        try remove(Array(name.utf8), flags: AT_REMOVEDIR)
    }

    /// Removes `name` and all below it; a symlink is removed, not followed.
    ///
    /// What others removed meanwhile is no error.
    package func removeTree(_ name: String) throws(StorageError) { try removeTree(Array(name.utf8)) }

    /// The same of a name, or a path, in raw bytes.
    package func removeTree(_ name: [UInt8]) throws(StorageError) {
        do {
            try unmountedDirectory(name).removeContents()
            try remove(name, flags: AT_REMOVEDIR)
        } catch let error where error.errno == .notDirectory || error.errno == .tooManySymbolicLinkLevels {
            try removeFile(name)
        } catch let error where error.isAbsent {
            return
        }
    }

    /// Opens the directory `name` to remove it: something that is mounted there is an error.
    private func unmountedDirectory(_ name: [UInt8]) throws(StorageError) -> Directory {
        let text = path.appendingPath(name.messageText)
        return Directory(
            adopting: FileDescriptor(rawValue: try openUnmounted(fd, name, text)), path: text, rules: rules)
    }

    /// Removes everything in this directory, but not the directory.
    package func removeContents() throws(StorageError) {
        try TreeRemoval(contentsOf: self, isMeasured: false)
    }

    /// Whether something is mounted at the directory `name`, be it of this file system; false where there is no such directory.
    ///
    /// No file can be renamed into it or out of it then.
    package func isMountPoint(_ name: String) throws(StorageError) -> Bool {
        guard let status = try status(name) else { return false }
        if status.device != (try self.status().device) { return true }
        // A bind mount has the device of what it shows. Kernels before 5.8 do not tell it.
        return strata_is_mount_root(fd, name) == 1
    }

    /// Removes `name` and all below it, as `removeTree`, and returns the allocated bytes (`st_blocks × 512`) that the file
    /// system got back: an inode that has another name elsewhere gives none.
    package func removeTreeMeasured(_ name: String) throws(StorageError) -> Int64 {
        guard let status = try status(name) else { return 0 }
        guard status.kind == .directory else {
            return try removeFile(name) && status.linkCount == 1 ? status.allocatedBytes : 0
        }
        let below = try TreeRemoval(contentsOf: try unmountedDirectory(Array(name.utf8)), isMeasured: true).freedBytes
        return try removeDirectory(name) ? below + status.allocatedBytes : below
    }

    /// Removes everything in this directory but the names `kept`, as `removeTreeMeasured`; `body` is called after each, by several
    /// threads.
    ///
    /// Names go in the order of their inodes: so the file system changes each of its blocks once, and not here and there.
    package func removeContentsMeasured(
        but kept: [String], _ body: @Sendable () throws(StorageError) -> Void = {}
    ) throws(StorageError) -> Int64 {
        let kept = Set(kept.map { Array($0.utf8) })
        let names = try NameList(fd, path)
        var files: [(place: Int, status: FileStatus)] = []
        var others: [[UInt8]] = []
        for (place, look) in names.looks(0..<names.count, in: fd).enumerated() {
            do {
                let status = try look.status(path, names[place])
                if status.kind == .file, status.linkCount == 1 {
                    files.append((place, status))
                } else {
                    others.append(names[place])
                }
            } catch {
                // One that is gone meanwhile is not there.
                if !error.isAbsent { throw error }
            }
        }
        files.sort { $0.status.inode < $1.status.inode }
        var freed = try removeTogether(files, of: names, but: kept, body)
        for name in others where !kept.contains(name) {
            // Of several names of one inode the last one frees it, and what that is now only a look tells.
            freed += try removeTreeMeasured(name.messageText)
            try body()
        }
        return freed
    }

    /// Removes files of one name by all cores where there are many, and returns the allocated bytes that gave back; `body` is called
    /// after each.
    ///
    /// Only the name goes under the directory's lock: what a file took, the file system then takes back beside others.
    private func removeTogether(
        _ files: [(place: Int, status: FileStatus)], of names: NameList, but kept: Set<[UInt8]>,
        _ body: @Sendable () throws(StorageError) -> Void
    ) throws(StorageError) -> Int64 {
        let shareCount = 64
        let end = Mutex<(freed: Int64, error: StorageError?)>((0, nil))
        Threads.each(count: (files.count + shareCount - 1) / shareCount, workers: Threads.processorCount) { share in
            for (place, status) in files[(share * shareCount)..<min(files.count, (share + 1) * shareCount)] {
                guard end.withLock({ $0.error == nil }) else { return }
                let name = names[place]
                if kept.contains(name) { continue }
                do throws(StorageError) {
                    let isRemoved = try removeFile(name)
                    end.withLock { if isRemoved { $0.freed += status.allocatedBytes } }
                    try body()
                } catch {
                    end.withLock { $0.error = $0.error ?? error }
                }
            }
        }
        let (freed, error) = end.withLock { $0 }
        if let error { throw error }
        return freed
    }

    /// The same, the file `last` in it after all others: as long as anything is left, that is.
    package func removeTreeMeasured(_ name: String, last: String) throws(StorageError) -> Int64 {
        let freed = try unmountedDirectory(Array(name.utf8)).removeContentsMeasured(but: [last])
        return freed + (try removeTreeMeasured(name))
    }

    @discardableResult
    private func remove(_ name: [UInt8], flags: Int32) throws(StorageError) -> Bool {
        do {
            try check(.remove, path.appendingPath(name.messageText)) { unlinkat(fd, name.cString, flags) }
            return true
        } catch let error where error.isAbsent {
            return false
        }
    }
}
