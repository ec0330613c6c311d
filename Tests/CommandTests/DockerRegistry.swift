import Foundation
import Glibc
import TestSupport

/// The distribution project's registry, from the package `docker-registry`, on this machine's loopback; it ends with this object.
final class DockerRegistry {
    /// Who is let in.
    enum Access {
        case everybody
        case password(user: String, secret: String)
        /// Whoever has a token of the server at `realm`, signed by the key of this certificate.
        case token(realm: String, certificate: String)
    }

    /// What it has of TLS.
    enum Transport {
        case plain
        case tls
        /// Clients must show a certificate of the same authority.
        case tlsWithClients
    }

    /// A request that it has answered.
    struct Request: Hashable {
        var method: String
        var path: String
        var status: Int
        var bytes: Int
    }

    let folder: TemporaryDirectory
    let port: Int
    /// How images name it.
    var name: String { "127.0.0.1:\(port)" }
    private let program: RunningProgram
    private let transport: Transport

    /// Whether it is installed; when not, a line says that its test is skipped.
    static var isInstalled: Bool { Program.isInstalled("docker-registry") }

    init(_ access: Access = .everybody, _ transport: Transport = .plain) throws {
        let folder = try TemporaryDirectory()
        self.folder = folder
        self.transport = transport
        port = try Self.freePort()
        if transport != .plain { try Certificate.make(in: folder.path, "server") }
        var lines = [
            "version: 0.1", "log: {level: error}", "storage:", "  filesystem: {rootdirectory: \(folder.path("data"))}",
            "  delete: {enabled: true}", "http:", "  addr: 127.0.0.1:\(port)",
        ]
        if transport != .plain {
            lines += ["  tls:", "    certificate: \(folder.path("server.crt"))", "    key: \(folder.path("server.key"))"]
            if transport == .tlsWithClients { lines += ["    clientcas: [\(folder.path("server.crt"))]"] }
        }
        switch access {
        case .everybody: break
        case .password(let user, let secret):
            let made = try Program("htpasswd").run(["-Bbn", user, secret])
            try made.output.write(toFile: folder.path("htpasswd"), atomically: true, encoding: .utf8)
            lines += ["auth:", "  htpasswd: {realm: test, path: \(folder.path("htpasswd"))}"]
        case .token(let realm, let certificate):
            lines += ["auth:", "  token:", "    realm: \(realm)", "    service: test", "    issuer: strata-test"]
            lines += ["    rootcertbundle: \(certificate)"]
        }
        let config = folder.path("config.yml")
        try (lines.joined(separator: "\n") + "\n").write(toFile: config, atomically: true, encoding: .utf8)
        program = try Program("docker-registry").start(["serve", config])
        try waitUntilItListens()
    }

    deinit {
        program.signal(SIGKILL)
        _ = try? program.wait(timeLimit: 10)
    }

    /// A folder of certificates with which it can be spoken to, a client's own among them if it wants one.
    func certificateFolder() throws -> String {
        let path = folder.path("certs")
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        try FileManager.default.copyItem(atPath: folder.path("server.crt"), toPath: path + "/ca.crt")
        if transport == .tlsWithClients {
            try FileManager.default.copyItem(atPath: folder.path("server.crt"), toPath: path + "/client.cert")
            try FileManager.default.copyItem(atPath: folder.path("server.key"), toPath: path + "/client.key")
        }
        return path
    }

    /// All requests so far, by its access log.
    var requests: [Request] {
        program.outputSoFar.split(separator: "\n").compactMap { line in
            let parts = line.split(separator: "\"", omittingEmptySubsequences: false)
            guard parts.count > 2 else { return nil }
            let request = parts[1].split(separator: " ")
            let result = parts[2].split(separator: " ")
            guard request.count == 3, result.count >= 2 else { return nil }
            return Request(
                method: String(request[0]), path: String(request[1]), status: Int(result[0]) ?? 0, bytes: Int(result[1]) ?? 0)
        }
    }

    /// How often each blob was sent to somebody, by digest.
    var blobDeliveries: [String: Int] {
        var counts: [String: Int] = [:]
        for request in requests where request.method == "GET" && request.status < 300 && request.path.contains("/blobs/sha256:") {
            counts[String(request.path.suffix(71)), default: 0] += 1
        }
        return counts
    }

    private func waitUntilItListens() throws {
        guard Self.listens(port) else {
            throw Program.Failure.timedOut(program: "docker-registry", arguments: ["serve"], errors: program.errorsSoFar)
        }
    }

    /// Whether somebody listens at the port within ten seconds.
    static func listens(_ port: Int) -> Bool {
        for _ in 0..<500 {
            if connects(port) { return true }
            usleep(20_000)
        }
        return false
    }

    private static func address(_ port: Int) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        return address
    }

    private static func withSocket<T>(_ body: (Int32) throws -> T) rethrows -> T {
        let socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(socket) }
        return try body(socket)
    }

    private static func connects(_ port: Int) -> Bool {
        withSocket { socket in
            var address = address(port)
            return withUnsafePointer(to: &address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    connect(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
                }
            }
        }
    }

    /// A port that nobody listened at a moment ago.
    static func freePort() throws -> Int {
        try withSocket { socket in
            var address = address(0)
            var size = socklen_t(MemoryLayout<sockaddr_in>.size)
            let isBound = withUnsafeMutablePointer(to: &address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    bind(socket, $0, size) == 0 && getsockname(socket, $0, &size) == 0
                }
            }
            guard isBound else { throw Program.Failure.notStarted(program: "socket", errno: errno) }
            return Int(in_port_t(bigEndian: address.sin_port))
        }
    }
}
