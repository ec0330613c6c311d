import Glibc
import SystemPackage

/// A lock of the whole machine on a file or a directory (`flock`), held until `release` or the end of the process.
///
/// Each lock has an open file of its own, so threads of one process exclude each other as processes do. Lock files are never
/// removed: a process could otherwise hold the lock of a file that nobody finds any more.
package final class FileLock: Sendable {
    /// Who else may hold the lock at the same time.
    package enum Mode: Sendable {
        /// Others that share it.
        case shared
        /// Nobody.
        case exclusive
    }

    private let file: File

    private init(_ file: File) {
        self.file = file
    }

    /// Takes the lock of the file `name`, which is made where it is missing.
    ///
    /// When others hold it for longer than `patience`, the error says `isBusy`.
    package static func acquire(
        _ name: String, in directory: Directory, _ mode: Mode, patience: Duration
    ) throws(StorageError) -> FileLock {
        try acquire(try directory.ensureFile(name), mode, patience: patience)
    }

    /// Takes the lock of the file `name`, or nil when somebody holds it.
    package static func attempt(_ name: String, in directory: Directory, _ mode: Mode) throws(StorageError) -> FileLock? {
        try attempt(try directory.ensureFile(name), mode)
    }

    /// Takes the lock of a directory itself; otherwise as for a file.
    package static func acquire(
        directory: Directory, _ mode: Mode, patience: Duration
    ) throws(StorageError) -> FileLock {
        try acquire(try directory.openFile(".", flags: O_RDONLY | O_DIRECTORY), mode, patience: patience)
    }

    /// Takes the lock of a directory itself, or nil when somebody holds it.
    package static func attempt(directory: Directory, _ mode: Mode) throws(StorageError) -> FileLock? {
        try attempt(try directory.openFile(".", flags: O_RDONLY | O_DIRECTORY), mode)
    }

    /// Takes the lock of an open file, or nil when somebody holds it.
    ///
    /// The lock is that of this very opening: it also ends when the file is closed.
    package static func attempt(of file: File, _ mode: Mode) throws(StorageError) -> FileLock? {
        try attempt(file, mode)
    }

    /// The lock that comes with a descriptor which this process inherited, and now owns.
    package static func inherited(_ descriptor: Int32) -> FileLock {
        _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
        return FileLock(File(adopting: FileDescriptor(rawValue: descriptor), path: "an inherited lock"))
    }

    /// The descriptor that has the lock: a process that inherits it has the lock as well, and keeps it until it ends.
    package var descriptor: Int32 { file.fd }

    /// Lets go of the lock.
    ///
    /// Call it in a `defer`: an object that is used no more may go earlier than its scope ends.
    package func release() {
        _ = flock(file.fd, LOCK_UN)
    }

    private static func acquire(_ file: File, _ mode: Mode, patience: Duration) throws(StorageError) -> FileLock {
        let deadline = ContinuousClock.now + patience
        var pause: useconds_t = 500
        while true {
            if let lock = try attempt(file, mode) { return lock }
            guard ContinuousClock.now < deadline else { throw StorageError(.lock, file.path, .wouldBlock) }
            // flock has no timeout, and a signal to end its wait would be the whole program's: so look again, ever less often.
            usleep(pause)
            pause = min(pause * 2, 20_000)
        }
    }

    private static func attempt(_ file: File, _ mode: Mode) throws(StorageError) -> FileLock? {
        do {
            try check(.lock, file.path) { flock(file.fd, (mode == .shared ? LOCK_SH : LOCK_EX) | LOCK_NB) }
            return FileLock(file)
        } catch let error where error.isBusy {
            return nil
        }
    }
}
