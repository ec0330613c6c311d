import Glibc
import SystemPackage

extension Directory {
    /// Writes the file `name` so that after a crash at any moment it is whole: the old one, or the new one.
    ///
    /// Its mode is that of this directory's rules, or `mode`. The bytes go to `temporary` in `scratch` (of the same file system),
    /// are synced, and take the name by a rename; then this directory is synced. The caller holds a lock that keeps others from the same temporary name, so one that a killed
    /// process left behind is simply written over. A reader sees the old or the new file. On an error before the rename
    /// nothing has changed; on one after it the new file is visible, but might not outlast a power failure.
    /// `stillWanted` is asked just before the rename: on false nothing changes and the result is false.
    @discardableResult
    package func writeDurably(
        _ name: String, _ bytes: [UInt8], mode: UInt16? = nil, scratch: Directory? = nil, temporary: String? = nil,
        points: Failpoint.Write, stillWanted: () throws(StorageError) -> Bool = { () throws(StorageError) in true }
    ) throws(StorageError) -> Bool {
        // Wherever it is written first, it is a file of this directory.
        let scratch = (scratch ?? self).making(by: rules)
        let temporary = temporary ?? "\(name).new"
        let target = path.appendingPath(name)
        var isPending = true
        defer { if isPending { scratch.removeQuietly(temporary) } }
        try points.beforeWrite.check(.write, target)
        let file = try scratch.createFile(temporary, mode: mode, replacing: true)
        try file.write(bytes)
        try points.afterWrite.check(.sync, target)
        try file.sync()
        try points.afterSync.check(.rename, target)
        guard try stillWanted() else { return false }
        try scratch.rename(temporary, to: name, in: self)
        isPending = false
        try points.afterRename.check(.sync, target)
        try sync()
        try points.afterDirectorySync.check(.sync, target)
        return true
    }

    /// Writes the file `name` so that a reader sees the old one or the new one, but neither need outlast a power failure.
    ///
    /// Several threads, and processes, may write it at the same time; one of theirs is then there.
    package func writeQuickly(_ name: String, _ bytes: [UInt8], mode: UInt16? = nil) throws(StorageError) {
        let temporary = TemporaryName.ofWriter(name)
        let file = try createFile(temporary, mode: mode)
        do {
            try file.write(bytes)
            try rename(temporary, to: name)
        } catch {
            removeQuietly(temporary)
            throw error
        }
    }

    /// Makes the file `name` one that was changed now; false where there is none.
    package func touch(_ name: String) throws(StorageError) -> Bool {
        do {
            try check(.write, path.appendingPath(name)) { utimensat(fd, name, nil, 0) }
            return true
        } catch {
            if error.isAbsent { return false }
            throw error
        }
    }

    /// Removes a file on the way out of an error that matters more than this one.
    package func removeQuietly(_ name: String) {
        // That error is the one that is told.
        do throws(StorageError) { try removeFile(name) } catch {}
    }
}
