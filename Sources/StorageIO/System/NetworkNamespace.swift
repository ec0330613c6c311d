// https://man7.org/linux/man-pages/man7/network_namespaces.7.html

import CLinux
import Glibc
import SystemPackage

/// A network of a process's own: interfaces, routes and ports, at first nothing but a loopback interface.
package enum NetworkNamespace {
    /// A new one, in which the loopback interface is up; it lasts as long as the file is open, or a process is in it.
    ///
    /// It belongs to the user namespace that this process is in.
    package static func make() throws(StorageError) -> File {
        let place = UnsafeMutablePointer<(fd: Int32, reason: Int32)>.allocate(capacity: 1)
        defer { place.deallocate() }
        place.initialize(to: (-1, EAGAIN))
        var thread = pthread_t()
        // A namespace is a thread's, and no thread comes back from one to the machine's own where it is not root there: so one that ends.
        let code = pthread_create(
            &thread, nil,
            { argument in
                guard let place = argument?.assumingMemoryBound(to: (fd: Int32, reason: Int32).self) else { return nil }
                if unshare(Int32(STRATA_NEW_NETWORK)) != 0 {
                    place.pointee.reason = errno
                    return nil
                }
                _ = strata_raise_loopback()
                place.pointee.fd = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC)
                place.pointee.reason = errno
                return nil
            }, place)
        if code == 0 { pthread_join(thread, nil) }
        guard code == 0, place.pointee.fd >= 0 else {
            throw StorageError(.open, "a network namespace", Errno(rawValue: place.pointee.reason))
        }
        return File(adopting: FileDescriptor(rawValue: place.pointee.fd), path: "a network namespace")
    }

    /// The path by which programs that this process starts, and that inherit nothing of it, find the namespace of an open file.
    package static func path(of file: File) -> String { "/proc/\(getpid())/fd/\(file.fd)" }
}
