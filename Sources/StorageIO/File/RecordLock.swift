import CLinux
import Glibc
import SystemPackage

/// An exclusive lock of the other kind (`fcntl`) on a whole file, which programs in Go's tradition take; held until `release`.
///
/// It is that of an open file and not of the process, so that nobody who opens and closes the same file in this process ends it.
/// Source: fcntl(2), "Open file description locks"; those and the older ones of processes exclude each other.
package final class RecordLock: Sendable {
    private let file: File

    private init(_ file: File) { self.file = file }

    /// Takes the lock of an open file, which must be open for writing; when others hold it for longer than `patience`, the error says
    /// `isBusy`.
    package static func acquire(of file: File, patience: Duration) throws(StorageError) -> RecordLock {
        let deadline = ContinuousClock.now + patience
        while true {
            do throws(StorageError) {
                try check(.lock, file.path) { strata_lock_record(file.fd) }
                return RecordLock(file)
            } catch {
                guard error.errno == .resourceTemporarilyUnavailable || error.errno == .permissionDenied,
                    ContinuousClock.now < deadline
                else { throw error }
            }
            usleep(10_000)
        }
    }

    /// Lets go of the lock.
    package func release() { _ = strata_unlock_record(file.fd) }
}
