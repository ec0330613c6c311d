import CLinux
import Glibc
import StorageIO
import Synchronization

/// A process of this very program that runs another one, and ends it when whoever started it has ended, by whatever signal.
package final class ProgramWatch: Sendable {
    /// The first argument by which the program is told to be one.
    package static let verb = "--attend"
    /// The descriptor that the other program inherits.
    static let descriptor: Int32 = 3
    private static let patienceMilliseconds = 2000

    private let process: Int32
    /// The watch ends when this is closed.
    private let life: Mutex<File?>

    /// Starts one that runs `words`; what that says of failures goes to the file `log`.
    init(_ words: [String], with file: File, log: String) throws(RuntimeError) {
        let (reading, writing) = try Pipes.make()
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, reading.fd, 0)
        posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0)
        posix_spawn_file_actions_addopen(&actions, 2, log, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        let copy = fcntl(file.fd, F_DUPFD_CLOEXEC, Self.descriptor + 1)
        guard copy >= 0 else { throw .noStreams(errno: errno) }
        defer { close(copy) }
        posix_spawn_file_actions_adddup2(&actions, copy, Self.descriptor)
        process = try SpawnedProcess.start([Self.verb] + words, actions: &actions)
        life = Mutex(writing)
    }

    /// Whether the other program has ended.
    var hasEnded: Bool {
        var info = siginfo_t()
        return waitid(P_PID, id_t(process), &info, WEXITED | WNOHANG | WNOWAIT) != 0 || info.si_signo != 0
    }

    /// Ends the other program, and waits until it has.
    func end() {
        let isFirst = life.withLock { life in
            defer { life = nil }
            return life != nil
        }
        guard isFirst else { return }
        while waitpid(process, nil, 0) < 0, errno == EINTR {}
    }

    /// Is one, by the arguments behind the verb.
    package static func run(_ words: [String]) -> Int32 {
        guard let path = words.first else { return 2 }
        _ = setsid()
        _ = chdir("/")
        _ = strata_close_from(descriptor + 1)
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        let child: Int32
        // As shells tell that a program does not start; whoever waits reads the status.
        do { child = try StartedProgram.start(path, words, actions: &actions) } catch { return 127 }
        // The other program alone keeps what it inherits.
        close(descriptor)
        var isAsked = false
        var status: Int32 = 0
        while true {
            var life = pollfd(fd: isAsked ? -1 : 0, events: 0, revents: 0)
            let isOver = poll(&life, 1, isAsked ? Int32(patienceMilliseconds) : 500) > 0
            if waitpid(child, &status, WNOHANG) == child { break }
            if isAsked { kill(child, SIGKILL) } else if isOver { kill(child, SIGTERM) }
            if isAsked || isOver, waitSoon(child, &status) { break }
            isAsked = isAsked || isOver
        }
        return status & 0x7F == 0 ? (status >> 8) & 0xFF : 128 + (status & 0x7F)
    }

    /// Waits a moment for the end of a child; false where it is still there.
    private static func waitSoon(_ child: Int32, _ status: inout Int32) -> Bool {
        for _ in 0..<200 {
            if waitpid(child, &status, WNOHANG) == child { return true }
            usleep(5000)
        }
        return false
    }
}
