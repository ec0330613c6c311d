// https://man7.org/linux/man-pages/man7/ip.7.html

import Glibc
import StorageIO
import Synchronization
import SystemPackage
import TextValues

/// Ports of the machine that nobody else gets while this is there: a rule of the firewall alone takes none.
final class PortReservations: Sendable {
    /// The ports, each with one of the machine's.
    let ports: [PublishedPort]
    private let sockets: Mutex<[File]>

    /// Takes them all, and for those without a port of the machine one that is free.
    init(_ wanted: [PublishedPort]) throws(RuntimeError) {
        var (taken, sockets) = ([PublishedPort](), [File]())
        for port in wanted {
            let (file, number) = try Self.take(port)
            var port = port
            port.hostPort = number
            taken.append(port)
            sockets.append(file)
        }
        ports = taken
        self.sockets = Mutex(sockets)
    }

    /// The ports, which from now on others may have.
    func released() -> [PublishedPort] {
        sockets.withLock { $0 = [] }
        return ports
    }

    private static func take(_ port: PublishedPort) throws(RuntimeError) -> (File, UInt16) {
        let kind = port.kind == .tcp ? Int32(SOCK_STREAM.rawValue) : Int32(SOCK_DGRAM.rawValue)
        let fd = socket(AF_INET, kind | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard fd >= 0 else { throw .noPort(port, errno: errno) }
        let file = File(adopting: FileDescriptor(rawValue: fd), path: "a port")
        var yes: Int32 = 1
        // Connections that have ended do not count.
        if port.kind == .tcp { setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size)) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = (port.hostPort ?? 0).bigEndian
        address.sin_addr.s_addr = (port.hostAddress?.number ?? 0).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let result = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                guard bind(fd, pointer, length) == 0 else { return errno }
                // Only who listens keeps others away.
                if port.kind == .tcp, listen(fd, 1) != 0 { return errno }
                return getsockname(fd, pointer, &length) == 0 ? 0 : errno
            }
        }
        guard result == 0 else { throw .noPort(port, errno: result) }
        return (file, UInt16(bigEndian: address.sin_port))
    }
}
