import CLinux
import Glibc
import SystemPackage

extension File {
    /// Both ends of a new pipe that no other program gets by accident.
    ///
    /// Neither is one of the standard streams, even where this process was started without some: a program that gets them as
    /// its streams gets both.
    package static func pipe() throws(StorageError) -> (reading: File, writing: File) {
        var ends: [Int32] = [-1, -1]
        try check(.open, "a pipe") { pipe2(&ends, O_CLOEXEC) }
        let (reading, writing) = (adopt(ends[0]), adopt(ends[1]))
        return (try reading.aboveStandardStreams(), try writing.aboveStandardStreams())
    }

    private static func adopt(_ end: Int32) -> File { File(adopting: FileDescriptor(rawValue: end), path: "a pipe") }

    private func aboveStandardStreams() throws(StorageError) -> File {
        if fd > 2 { return self }
        return Self.adopt(try check(.open, path) { fcntl(fd, F_DUPFD_CLOEXEC, 3) })
    }
}
