import Glibc
import SystemPackage

extension Directory {
    /// When `name` itself was read last, a symlink for itself; nil where there is nothing.
    ///
    /// Looking is no reading: the time stays what it is. In seconds since 1970.
    package func accessSeconds(_ name: String) throws(StorageError) -> Int64? {
        var raw = stat()
        do throws(StorageError) {
            try check(.status, path.appendingPath(name)) { fstatat(fd, name, &raw, AT_SYMLINK_NOFOLLOW) }
            return Int64(raw.st_atim.tv_sec)
        } catch let error where error.isAbsent {
            return nil
        }
    }

    /// Whether the file system notes when files are read; one mounted `noatime` does not.
    package func keepsAccessTimes() throws(StorageError) -> Bool {
        var raw = statvfs()
        try check(.status, path) { fstatvfs(fd, &raw) }
        return raw.f_flag & Self.noAccessTimes == 0
    }

    /// Linux's ST_NOATIME, which the C library declares only for GNU sources.
    private static let noAccessTimes: UInt = 1024
}
