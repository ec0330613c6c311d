// https://www.rfc-editor.org/rfc/rfc1928, https://www.rfc-editor.org/rfc/rfc1929

import Synchronization

/// A SOCKS 5 proxy on this machine's loopback that leads every request to one port; it ends with this object.
final class ScriptedSOCKS: Sendable {
    /// What it was asked for.
    struct Request: Equatable, Sendable {
        /// The host as it came: a name, or an address.
        var host: String
        var port: Int
        /// `user:password`, where it was asked for.
        var credentials: String?
    }

    private final class Log: Sendable {
        let requests = Mutex<[Request]>([])
    }

    private let log = Log()
    private let listener: LoopbackListener

    var name: String { "127.0.0.1:\(listener.port)" }
    var requests: [Request] { log.requests.withLock { $0 } }

    /// Leads to a port of this machine; with `credentials`, which are `user:password`, only those who have them.
    init(to port: Int, credentials: String? = nil) throws {
        let log = log
        listener = try LoopbackListener { connection in
            var client = Conversation(connection)
            guard let request = client.request(credentials) else { return connection.linger() }
            log.requests.withLock { $0.append(request) }
            guard let other = connection.connect(to: port) else { return }
            connection.send([5, 0, 0, 1, 127, 0, 0, 1, 0, 0])
            connection.tunnel(to: other, first: client.rest)
            other.close()
        }
    }

    /// What is said before the tunnel.
    private struct Conversation {
        let connection: LoopbackConnection
        private(set) var rest: [UInt8] = []

        init(_ connection: LoopbackConnection) { self.connection = connection }

        private mutating func read(_ count: Int) -> [UInt8]? {
            while rest.count < count {
                guard let bytes = connection.receive() else { return nil }
                rest += bytes
            }
            defer { rest.removeFirst(count) }
            return Array(rest.prefix(count))
        }

        private mutating func readCounted() -> String? {
            guard let count = read(1), let bytes = read(Int(count[0])) else { return nil }
            return String(decoding: bytes, as: UTF8.self)
        }

        mutating func request(_ credentials: String?) -> Request? {
            guard let hello = read(2), hello[0] == 5, let methods = read(Int(hello[1])) else { return nil }
            let method: UInt8 = credentials == nil ? 0 : 2
            guard methods.contains(method) else {
                connection.send([5, 0xff])
                return nil
            }
            connection.send([5, method])
            var shown: String?
            if let credentials {
                guard read(1) != nil, let user = readCounted(), let password = readCounted() else { return nil }
                shown = "\(user):\(password)"
                connection.send([1, shown == credentials ? 0 : 1])
                guard shown == credentials else { return nil }
            }
            guard let head = read(4), head[1] == 1, let host = host(head[3]), let port = read(2) else { return nil }
            return Request(host: host, port: Int(port[0]) << 8 | Int(port[1]), credentials: shown)
        }

        private mutating func host(_ kind: UInt8) -> String? {
            switch kind {
            case 1: read(4)?.map(String.init).joined(separator: ".")
            case 3: readCounted()
            case 4: read(16)?.map { String($0, radix: 16) }.joined(separator: ":")
            default: nil
            }
        }
    }
}
