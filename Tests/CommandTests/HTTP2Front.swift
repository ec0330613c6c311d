import Foundation
import Glibc
import TestSupport

/// HTTP/2 over TLS, by nghttpx, in front of a server that speaks HTTP/1.1; it ends with this object.
final class HTTP2Front {
    let port: Int
    /// How images name what is behind it.
    var name: String { "127.0.0.1:\(port)" }

    private let folder: TemporaryDirectory
    private let program: RunningProgram

    /// Whether it is installed; when not, a line says that its test is skipped.
    static var isInstalled: Bool { Program.isInstalled("nghttpx") }

    init(to port: Int, _ certificate: Certificate) throws {
        let folder = try TemporaryDirectory()
        self.folder = folder
        self.port = try DockerRegistry.freePort()
        program = try Program("nghttpx").start([
            // One process: what ends it ends all of it.
            "--single-process", "--conf=/dev/null", "--workers=1", "--frontend=127.0.0.1,\(self.port)",
            "--backend=127.0.0.1,\(port)", "--accesslog-file=\(folder.path("log"))", "--accesslog-format=$alpn $method $path",
            certificate.key, certificate.file,
        ])
        guard DockerRegistry.listens(self.port) else {
            throw Program.Failure.timedOut(program: "nghttpx", arguments: [], errors: program.errorsSoFar)
        }
    }

    deinit {
        program.signal(SIGKILL)
        _ = try? program.wait(timeLimit: 10)
    }

    /// All requests that were answered so far: the protocol (`h2`, `http/1.1`), the method, the path.
    func requests() throws -> [String] {
        try String(contentsOfFile: folder.path("log"), encoding: .utf8).split(separator: "\n").map(String.init)
    }
}
