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

    /// Whether it is installed.
    static var isInstalled: Bool { Program.isInstalled("docker-registry") }

    init(_ access: Access = .everybody, _ transport: Transport = .plain) throws {
        let folder = try TemporaryDirectory()
        self.folder = folder
        self.transport = transport
        if transport != .plain { try Certificate.make(in: folder.path, "server") }
        var lines = [
            "version: 0.1", "log: {level: error}", "storage:", "  filesystem: {rootdirectory: \(folder.path("data"))}",
            "  delete: {enabled: true}", "http:", "  addr: 127.0.0.1:0",
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
        port = try program.listeningPort()
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
}
