// https://github.com/opencontainers/runc/blob/v1.1.0/docs/terminals.md

import CLinux
import Glibc
import StorageIO
import SystemPackage

/// Where a runtime hands over the terminal that it made for a program.
///
/// With the terminal itself nothing is lost that the program wrote right before its end: a runtime that copies may end before it has
/// copied all.
final class ConsoleSocket: Sendable {
    private let socket: File

    /// A socket at this path, which is not there yet.
    ///
    /// An address takes some hundred bytes, and paths are longer: it is named by way of the folder's descriptor.
    init(at path: String) throws(RuntimeError) {
        let place = FilePath(path)
        let folder = try lift(try Directory.open(place.removingLastComponent()), to: RuntimeError.storage)
        let fd = Glibc.socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard fd >= 0 else { throw .noStreams(errno: errno) }
        socket = File(adopting: FileDescriptor(rawValue: fd), path: path)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let name = "/proc/self/fd/\(folder.fd)/\(place.lastComponent?.string ?? "")"
        let size = MemoryLayout.size(ofValue: address.sun_path)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: name.utf8.prefix(size - 1)) }
        let result = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(fd, $0, socklen_t(MemoryLayout<sockaddr_un>.size)) }
        }
        guard result == 0, listen(fd, 1) == 0 else { throw .noStreams(errno: errno) }
    }

    /// Waits for the terminal; nil where the program ends without one.
    func terminal(of life: ProgramLife) -> File? {
        guard life.waits(for: socket) else { return nil }
        let connection = accept(socket.fd, nil, nil)
        guard connection >= 0 else { return nil }
        let file = File(adopting: FileDescriptor(rawValue: connection), path: socket.path)
        guard life.waits(for: file) else { return nil }
        let terminal = strata_receive_descriptor(file.fd)
        return terminal < 0 ? nil : File(adopting: FileDescriptor(rawValue: terminal), path: "a terminal")
    }
}
