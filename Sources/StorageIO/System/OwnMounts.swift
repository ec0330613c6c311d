// https://man7.org/linux/man-pages/man7/mount_namespaces.7.html

import CLinux
import Glibc
import Synchronization
package import SystemPackage

/// Mounts that the rest of the process does not see.
package enum OwnMounts {
    /// Runs `body` where what it and the programs that it starts mount is theirs alone; the system's reason where that cannot be.
    ///
    /// Such a namespace is a thread's, and none comes back from it: so one that ends.
    package static func run<T: Sendable>(_ body: @escaping @Sendable () throws(Errno) -> T) throws(Errno) -> T {
        let box = Box<T>()
        let thread = ThreadHandle {
            if unshare(Int32(STRATA_NEW_MOUNTS)) != 0 {
                let reason = Errno(rawValue: errno)
                return box.result.withLock { $0 = .failure(reason) }
            }
            let made: Result<T, Errno>
            do throws(Errno) { made = .success(try body()) } catch { made = .failure(error) }
            box.result.withLock { $0 = made }
        }
        guard let thread else { throw .resourceTemporarilyUnavailable }
        thread.join()
        guard let result = box.result.withLock({ $0 }) else { throw .resourceTemporarilyUnavailable }
        return try result.get()
    }

    private final class Box<T: Sendable>: Sendable {
        let result = Mutex<Result<T, Errno>?>(nil)
    }
}
