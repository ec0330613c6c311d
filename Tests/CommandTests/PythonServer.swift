import Foundation
import Glibc
import TestSupport

/// A server on this machine's loopback that is a script beside the tests: it says its port first, and ends with this object.
final class PythonServer {
    let port: Int

    private let program: RunningProgram
    /// The program ends when this does, even if nothing else of the tests is left.
    private let lifeline: Pipe

    /// Starts the script of this name.
    init(_ script: String, _ arguments: [String]) throws {
        lifeline = Pipe()
        for end in [lifeline.fileHandleForReading, lifeline.fileHandleForWriting] {
            _ = fcntl(end.fileDescriptor, F_SETFD, FD_CLOEXEC)
        }
        program = try Program("python3").start(
            ["\(Program.packageRoot)/Tests/CommandTests/\(script)"] + arguments,
            input: .descriptor(lifeline.fileHandleForReading.fileDescriptor))
        port = try Self.port(of: program, script)
    }

    deinit {
        program.signal(SIGKILL)
        _ = try? program.wait(timeLimit: 10)
    }

    private static func port(of program: RunningProgram, _ script: String) throws -> Int {
        let deadline = Date(timeIntervalSinceNow: 10)
        while program.isRunning, Date() < deadline {
            let lines = program.outputSoFar.split(separator: "\n", omittingEmptySubsequences: false)
            if lines.count > 1, let port = Int(lines[0]) { return port }
            usleep(5000)
        }
        program.signal(SIGKILL)
        let outcome = try program.wait()
        throw Program.Failure.timedOut(program: "python3", arguments: [script], errors: outcome.errors)
    }
}
