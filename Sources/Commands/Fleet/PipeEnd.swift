import Glibc
import Operations

/// How a command ends whose lines nobody takes any more.
enum PipeEnd {
    /// Runs `body`; a reader that has gone ends the command with the status of SIGPIPE, since not every line was answered.
    static func watch(_ body: () throws -> Void) throws {
        do {
            try body()
        } catch let failure as LineOutput.Failure {
            if failure.errno == EPIPE { throw CommandEnd(status: 128 + SIGPIPE) }
            throw CommandError.outputFailed(errno: failure.errno)
        }
    }
}
