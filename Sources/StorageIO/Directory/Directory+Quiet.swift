import Glibc
import SystemPackage

extension Directory {
    /// Opens the file `name` for reading, or nil where there is none, so that reading it leaves no access time behind where the
    /// system allows that: to the file's owner and to root.
    ///
    /// For folders of other programs, to which the time of the last access may mean something.
    package func openFileQuietly(_ name: String) throws(StorageError) -> File? {
        do throws(StorageError) {
            return try openFile(name, flags: O_RDONLY | O_NONBLOCK | Self.withoutAccessTime)
        } catch let error where error.errno == .notPermitted {
            return try openFile(name)
        } catch let error where error.isAbsent {
            return nil
        }
    }

    /// Linux's O_NOATIME, which the C library declares only for GNU sources.
    private static let withoutAccessTime: Int32 = 0o1000000
}
