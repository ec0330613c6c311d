import Dispatch
import Foundation
import Glibc
import Synchronization

/// A TCP port of this machine's loopback, each of whose connections has a thread.
///
/// It ends with this object: then nobody listens there, every connection is shut, and the threads return.
final class LoopbackListener: Sendable {
    typealias Service = @Sendable (LoopbackConnection) -> Void

    /// The port, which the system chose.
    let port: Int
    private let connections = ConnectionSet()

    /// Listens, and lets `service` have each connection; when it returns, the connection is closed.
    init(_ service: @escaping Service) throws {
        let listening = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard listening >= 0 else { throw LoopbackFailure(call: "socket", errno: errno) }
        do {
            port = try Self.bind(listening)
        } catch {
            close(listening)
            throw error
        }
        connections.add(listening)
        let connections = connections
        Thread.detachNewThread { Self.accept(listening, connections, service) }
    }

    deinit { connections.end() }

    private static func bind(_ descriptor: Int32) throws -> Int {
        var address = loopbackAddress(port: 0)
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isBound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.bind(descriptor, $0, size) == 0 && listen(descriptor, 64) == 0 && getsockname(descriptor, $0, &size) == 0
            }
        }
        guard isBound else { throw LoopbackFailure(call: "bind", errno: errno) }
        return Int(in_port_t(bigEndian: address.sin_port))
    }

    /// Takes connections until the listening socket is shut.
    private static func accept(_ listening: Int32, _ connections: ConnectionSet, _ service: @escaping Service) {
        while true {
            let descriptor = Glibc.accept(listening, nil, nil)
            if descriptor < 0 {
                // A client that is gone before it was taken, or too many descriptors for a moment.
                if [EINTR, ECONNABORTED].contains(errno) { continue }
                if [EMFILE, ENFILE].contains(errno) {
                    usleep(20_000)
                    continue
                }
                return connections.close(listening)
            }
            guard let connection = LoopbackConnection(descriptor, connections) else { continue }
            Thread.detachNewThread {
                service(connection)
                connection.close()
            }
        }
    }
}

/// Why a test's server cannot be had.
struct LoopbackFailure: Error {
    let call: String
    let errno: Int32
}

func loopbackAddress(port: Int) -> sockaddr_in {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = in_port_t(port).bigEndian
    address.sin_addr.s_addr = inet_addr("127.0.0.1")
    return address
}

/// The open descriptors of a server.
///
/// One is closed under the lock alone, so that ending never shuts what has since got the same number.
private final class ConnectionSet: Sendable {
    private struct State {
        var descriptors: Set<Int32> = []
        var hasEnded = false
    }

    private let state = Mutex(State())

    /// Takes a descriptor up; false when all has ended.
    @discardableResult
    func add(_ descriptor: Int32) -> Bool {
        state.withLock { state in
            if !state.hasEnded { state.descriptors.insert(descriptor) }
            return !state.hasEnded
        }
    }

    func close(_ descriptor: Int32) {
        state.withLock { state in
            guard state.descriptors.remove(descriptor) != nil else { return }
            // The other side learns of the end even where a program that was started at the wrong moment has got a copy.
            shutdown(descriptor, Int32(SHUT_RDWR))
            _ = Glibc.close(descriptor)
        }
    }

    /// Wakes every thread that waits for one of them.
    func end() {
        state.withLock { state in
            state.hasEnded = true
            for descriptor in state.descriptors { shutdown(descriptor, Int32(SHUT_RDWR)) }
        }
    }
}

/// One connection of a server, or one that it made; used by one thread for each direction.
final class LoopbackConnection: Sendable {
    /// `POLLRDHUP`: the other side sends no more.
    private static let hangUp: Int16 = 0x2000

    private let descriptor: Int32
    private let connections: ConnectionSet

    /// Takes a descriptor over; nil, and closed, when the server has ended.
    fileprivate init?(_ descriptor: Int32, _ connections: ConnectionSet) {
        self.descriptor = descriptor
        self.connections = connections
        guard connections.add(descriptor) else {
            Glibc.close(descriptor)
            return nil
        }
        _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
        var isOn: Int32 = 1
        // What is sent goes at once, and not when the other side has answered what went before.
        setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &isOn, socklen_t(MemoryLayout<Int32>.size))
    }

    /// A connection to a port of this machine, which ends with the server; nil when nobody listens there.
    func connect(to port: Int) -> LoopbackConnection? {
        let other = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard other >= 0, let connection = LoopbackConnection(other, connections) else { return nil }
        var address = loopbackAddress(port: port)
        let isConnected = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.connect(other, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
        if !isConnected { connection.close() }
        return isConnected ? connection : nil
    }

    /// What has come, once something has; nil at the end.
    func receive() -> [UInt8]? {
        while true {
            var count = 0
            let bytes = [UInt8](unsafeUninitializedCapacity: 1 << 16) { buffer, used in
                count = recv(descriptor, buffer.baseAddress, buffer.count, 0)
                used = max(0, count)
            }
            if count > 0 { return bytes }
            if count == 0 || errno != EINTR { return nil }
        }
    }

    /// Sends all of it; false when the other side is gone.
    @discardableResult
    func send(_ bytes: some Collection<UInt8>) -> Bool {
        let bytes = Array(bytes)
        return bytes.withUnsafeBytes { buffer in
            var sent = 0
            while sent < buffer.count {
                let count = Glibc.send(
                    descriptor, buffer.baseAddress?.advanced(by: sent), buffer.count - sent, Int32(MSG_NOSIGNAL))
                if count < 0, errno == EINTR { continue }
                if count <= 0 { return false }
                sent += count
            }
            return true
        }
    }

    /// Waits; false as soon as the other side is gone or the server ends.
    func stays(forSeconds seconds: Double) -> Bool {
        var poll = pollfd(fd: descriptor, events: Self.hangUp, revents: 0)
        let end = Date(timeIntervalSinceNow: seconds)
        while true {
            let rest = max(0, end.timeIntervalSinceNow)
            let found = Glibc.poll(&poll, 1, Int32((rest * 1000).rounded(.up)))
            if found == 0 { return true }
            if found < 0, errno == EINTR { continue }
            return false
        }
    }

    /// Says that nothing more comes from here.
    func finishSending() { shutdown(descriptor, Int32(SHUT_WR)) }

    /// Ends both directions, whoever waits for them.
    func shut() { shutdown(descriptor, Int32(SHUT_RDWR)) }

    /// Says that nothing more comes, and reads on until the other side has said so too: what was sent arrives, although what came
    /// was not read.
    func linger() {
        finishSending()
        while receive() != nil {}
    }

    func close() { connections.close(descriptor) }

    /// Hands on bytes in both directions until both sides have ended.
    func tunnel(to other: LoopbackConnection, first: [UInt8] = []) {
        let done = DispatchSemaphore(value: 0)
        Thread.detachNewThread { [self] in
            Self.hand(from: other, to: self)
            done.signal()
        }
        if other.send(first) { Self.hand(from: self, to: other) }
        done.wait()
    }

    private static func hand(from source: LoopbackConnection, to target: LoopbackConnection) {
        while let bytes = source.receive() {
            guard target.send(bytes) else { return source.shut() }
        }
        target.finishSending()
    }
}
