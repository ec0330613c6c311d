import CLinux
import Glibc
import SystemPackage

/// Opens the directory `name` of the one behind `fd` as long as nothing is mounted there; returns its descriptor.
///
/// Whoever removes a tree goes down by this: what somebody mounted in it, be it another directory of the same file system, is no part of
/// it and stays as it is. `EBUSY` where something is mounted, as the kernel says of the directory itself.
func openUnmounted(_ fd: Int32, _ name: [UInt8], _ path: String) throws(StorageError) -> Int32 {
    let flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW
    while true {
        let opened = strata_open_unmounted(fd, name.cString, flags)
        if opened >= 0 { return opened }
        switch errno {
        case EINTR: continue
        case EXDEV: throw StorageError(.remove, path, .resourceBusy)
        // Kernels before 5.6, and filters of system calls that do not know it.
        case ENOSYS, EPERM: return try openOnDevice(fd, name, path, flags)
        default: throw StorageError(.open, path, Errno(rawValue: errno))
        }
    }
}

/// The same by what every kernel tells: a bind mount is found only where the kernel can say so.
private func openOnDevice(_ fd: Int32, _ name: [UInt8], _ path: String, _ flags: Int32) throws(StorageError) -> Int32 {
    let opened = try check(.open, path) { openat(fd, name.cString, flags) }
    var (above, below) = (stat(), stat())
    do throws(StorageError) {
        try check(.status, path) { fstat(fd, &above) }
        try check(.status, path) { fstat(opened, &below) }
        if above.st_dev != below.st_dev || strata_is_mount_root(fd, name.cString) == 1 {
            throw StorageError(.remove, path, .resourceBusy)
        }
        return opened
    } catch {
        close(opened)
        throw error
    }
}
