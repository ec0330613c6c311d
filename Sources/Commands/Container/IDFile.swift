import Glibc
import StorageIO
import SystemPackage

/// The file of `--cidfile`, which gets the ID of a container.
struct IDFile {
    private let path: String
    private let file: File

    /// Makes the file; an error where there is one.
    init(_ path: String) throws {
        self.path = path
        let fd = Glibc.open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
        guard fd >= 0 else {
            let reason = Errno(rawValue: errno)
            throw reason == .fileExists
                ? CommandError.idFileExists(path) : CommandError.idFileNotWritten(path, StorageError(.open, path, reason))
        }
        file = File(adopting: FileDescriptor(rawValue: fd), path: path)
    }

    /// Writes the ID, without a line break, as docker does.
    func write(_ id: String) throws {
        do throws(StorageError) { try file.write(Array(id.utf8)) } catch { throw CommandError.idFileNotWritten(path, error) }
    }

    /// Takes the file away: there is no container.
    func remove() { unlink(path) }
}
