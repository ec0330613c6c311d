import Foundation
import Glibc
import TestSupport

/// A port of this machine's loopback at which nobody listens, and nobody can for as long as this object is there.
final class SilentPort {
    let number: Int
    private let descriptor: Int32

    init() throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw LoopbackFailure(call: "socket", errno: errno) }
        var address = loopbackAddress(port: 0)
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let bound = descriptor
        let isBound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(bound, $0, size) == 0 && getsockname(bound, $0, &size) == 0
            }
        }
        guard isBound else {
            let reason = errno
            close(descriptor)
            throw LoopbackFailure(call: "bind", errno: reason)
        }
        number = Int(in_port_t(bigEndian: address.sin_port))
    }

    deinit { close(descriptor) }
}

extension RunningProgram {
    /// The port at which the program listens, as soon as it does: one that it was told, or one that the system chose for it.
    ///
    /// The kernel says it, so no other program can be taken for this one.
    func listeningPort(timeLimit: Double = 20) throws -> Int {
        let deadline = Date(timeIntervalSinceNow: timeLimit)
        while isRunning, Date() < deadline {
            if let port = listeningPorts.first { return port }
            usleep(5000)
        }
        throw LoopbackFailure(call: "listen: \(errorsSoFar.suffix(500))", errno: isRunning ? ETIMEDOUT : ECHILD)
    }

    // https://www.kernel.org/doc/html/latest/networking/proc_net_tcp.html
    private var listeningPorts: [Int] {
        let files = FileManager.default
        let names = (try? files.contentsOfDirectory(atPath: "/proc/\(id)/fd")) ?? []
        let sockets = Set(names.compactMap { try? files.destinationOfSymbolicLink(atPath: "/proc/\(id)/fd/\($0)") })
        let table = (try? String(contentsOfFile: "/proc/\(id)/net/tcp", encoding: .utf8)) ?? ""
        return table.split(separator: "\n").dropFirst().compactMap { line in
            let fields = line.split(separator: " ")
            let isListening = fields.count > 9 && fields[3] == "0A"
            guard isListening, sockets.contains("socket:[\(fields[9])]") else { return nil }
            return Int(fields[1].suffix(4), radix: 16)
        }
    }
}
