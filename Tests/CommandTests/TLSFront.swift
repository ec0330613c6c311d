import Foundation
import Glibc
import TestSupport

/// TLS on this machine's loopback in front of another server's port; it ends with this object.
final class TLSFront {
    /// What is particular about it.
    struct Manner {
        /// Clients must show a certificate that this one vouches for.
        var clientAuthority: Certificate?
        /// The least and greatest version it speaks: `1.2`, `1.3`.
        var minimumVersion: String?
        var maximumVersion: String?
        /// Whether it says that a connection ends before it ends it.
        var saysGoodbye = true
        /// The alert, by its number, with which it refuses every handshake.
        var alert: Int?
        /// What it says in place of TLS.
        var plainAnswer: String?

        static func with(_ change: (inout Manner) -> Void) -> Manner {
            var manner = Manner()
            change(&manner)
            return manner
        }
    }

    let port: Int
    /// How images name what is behind it.
    var name: String { "127.0.0.1:\(port)" }
    var url: String { "https://\(name)" }

    private let program: RunningProgram
    /// The program ends when this does, even if nothing else of the tests is left.
    private let lifeline: Pipe

    init(to port: Int, _ certificate: Certificate, _ manner: Manner = Manner()) throws {
        var arguments = ["\(Program.packageRoot)/Tests/CommandTests/tls-front.py", "\(port)", certificate.file, certificate.key]
        if let authority = manner.clientAuthority { arguments += ["--client-authority", authority.file] }
        if let version = manner.minimumVersion { arguments += ["--minimum", version] }
        if let version = manner.maximumVersion { arguments += ["--maximum", version] }
        if let alert = manner.alert { arguments += ["--alert", "\(alert)"] }
        if !manner.saysGoodbye { arguments.append("--no-goodbye") }
        if let answer = manner.plainAnswer { arguments += ["--plain", answer] }
        lifeline = Pipe()
        for end in [lifeline.fileHandleForReading, lifeline.fileHandleForWriting] {
            _ = fcntl(end.fileDescriptor, F_SETFD, FD_CLOEXEC)
        }
        program = try Program("python3").start(
            arguments, input: .descriptor(lifeline.fileHandleForReading.fileDescriptor))
        self.port = try Self.port(of: program)
    }

    deinit {
        program.signal(SIGKILL)
        _ = try? program.wait(timeLimit: 10)
    }

    private static func port(of program: RunningProgram) throws -> Int {
        let deadline = Date(timeIntervalSinceNow: 10)
        while program.isRunning, Date() < deadline {
            let lines = program.outputSoFar.split(separator: "\n", omittingEmptySubsequences: false)
            if lines.count > 1, let port = Int(lines[0]) { return port }
            usleep(5000)
        }
        program.signal(SIGKILL)
        let outcome = try program.wait()
        throw Program.Failure.timedOut(program: "python3", arguments: ["tls-front.py"], errors: outcome.errors)
    }
}
