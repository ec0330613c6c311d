import Glibc
import SystemPackage

extension Directory {
    /// Where the symlink `name` leads, as it is written; nil where there is none of that name.
    package func linkTarget(_ name: [UInt8]) throws(StorageError) -> [UInt8]? {
        var found = [UInt8](repeating: 0, count: Int(PATH_MAX))
        do {
            let count = try check(.open, path.appendingPath(name.messageText)) {
                readlinkat(fd, name.cString, &found, found.count)
            }
            return Array(found[..<count])
        } catch let error where error.isAbsent || error.errno == .invalidArgument {
            return nil
        }
    }

    /// The same as text; nil also where it is too long to be of use.
    package func linkTarget(_ name: String) throws(StorageError) -> String? {
        guard let target = try linkTarget(Array(name.utf8)), target.count < Int(PATH_MAX) else { return nil }
        return target.messageText
    }

    /// Makes a symlink `name` to `target`; one that is there already stays as it is, and is told from it by false if it leads elsewhere.
    package func ensureLink(_ name: String, to target: String) throws(StorageError) -> Bool {
        do {
            try check(.open, path.appendingPath(name)) { symlinkat(target, fd, name) }
            return true
        } catch let error where error.errno == .fileExists {
            var found = [UInt8](repeating: 0, count: target.utf8.count + 1)
            let count = try check(.open, path.appendingPath(name)) { readlinkat(fd, name, &found, found.count) }
            return found[..<count].elementsEqual(target.utf8)
        }
    }

    /// Opens the file `name` for reading, or nil where there is none; a fifo does not make it wait.
    package func openFile(_ name: [UInt8]) throws(StorageError) -> File? {
        return try ifPresent(try opened(name, O_RDONLY | O_NONBLOCK | O_NOFOLLOW))
    }

    /// Opens the regular file that a path leads to, symlinks followed wherever they lead.
    ///
    /// Whatever else is there is not opened, since opening a device can do things, and is nil as if there were nothing.
    package func openRegularFile(_ name: [UInt8]) throws(StorageError) -> File? {
        var raw = stat()
        do {
            try check(.status, path.appendingPath(name.messageText)) { fstatat(fd, name.cString, &raw, 0) }
            guard FileStatus(raw).kind == .file else { return nil }
            let file = try opened(name, O_RDONLY | O_NONBLOCK | O_NOCTTY)
            return try file.status().kind == .file ? file : nil
        } catch let error where error.isAbsent {
            return nil
        }
    }

    private func opened(_ name: [UInt8], _ flags: Int32) throws(StorageError) -> File {
        let text = path.appendingPath(name.messageText)
        let fd = try check(.open, text) { openat(self.fd, name.cString, flags | O_CLOEXEC) }
        return File(adopting: FileDescriptor(rawValue: fd), path: text)
    }
}
