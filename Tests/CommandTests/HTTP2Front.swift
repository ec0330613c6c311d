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

    init(to port: Int, _ certificate: Certificate) throws {
        let folder = try TemporaryDirectory()
        self.folder = folder
        program = try Self.start([
            // One process: what ends it ends all of it.
            "--single-process", "--conf=/dev/null", "--workers=1", "--backend=127.0.0.1,\(port)",
            "--accesslog-file=\(folder.path("log"))", "--accesslog-format=$alpn $method $path", certificate.key, certificate.file,
        ])
        self.port = try program.listeningPort()
    }

    /// Starts it at a port that is free; it lets no system choose one, so where another program was faster the next port is tried.
    private static func start(_ arguments: [String]) throws -> RunningProgram {
        for _ in 0..<20 {
            let port = try SilentPort().number
            let program = try Program("nghttpx").start(["--frontend=127.0.0.1,\(port)"] + arguments)
            do {
                _ = try program.listeningPort()
                return program
            } catch let failure as LoopbackFailure where failure.errno == ECHILD {
                _ = try program.wait()
            }
        }
        throw LoopbackFailure(call: "nghttpx", errno: EADDRINUSE)
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
