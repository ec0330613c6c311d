import Foundation
import Glibc

/// A program that a test runs as a process of its own, with nothing of the test's environment but `PATH`.
package struct Program: Sendable {
    /// Where the program's standard input comes from.
    package enum Input: Sendable {
        /// `/dev/null`.
        case nothing
        /// The file at this path.
        case file(String)
        /// A descriptor of this process, which stays the caller's to close.
        case descriptor(Int32)
    }

    /// Why there is no outcome.
    package enum Failure: Error {
        case notStarted(program: String, errno: Int32)
        case timedOut(program: String, arguments: [String], errors: String)
    }

    /// The executable's path.
    package let path: String
    /// The directory that it runs in.
    package var directory = Program.packageRoot
    /// Variables that every run has.
    package var environment: [String: String] = [:]

    /// The program at `path`, or the one of that name that `PATH` leads to.
    package init(_ path: String) {
        self.path = path.contains("/") ? path : Self.find(path) ?? path
    }

    /// The program under test, which the build puts beside the tests' own executable.
    package static let strata = Program(productsDirectory + "/strata")
    package static let shell = Program("/bin/sh")

    /// The directory with `Package.swift`, without a slash at its end.
    package static let packageRoot = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().path

    private static let productsDirectory = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
        .deletingLastPathComponent().path

    /// Whether a program of this name is installed, or one of this path; see `needs` for what a test does without it.
    package static func isInstalled(_ name: String) -> Bool {
        name.contains("/") ? access(name, X_OK) == 0 : find(name) != nil
    }

    private static func find(_ name: String) -> String? {
        searchPath.split(separator: ":").map { "\($0)/\(name)" }.first { access($0, X_OK) == 0 }
    }

    private static let searchPath = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"

    /// Runs the program to its end; one that is not done after `timeLimit` seconds is killed.
    package func run(
        _ arguments: [String], environment extra: [String: String] = [:], input: Input = .nothing, timeLimit: Double = 120
    ) throws -> Outcome {
        try start(arguments, environment: extra, input: input).wait(timeLimit: timeLimit)
    }

    /// Starts the program and returns while it runs.
    package func start(
        _ arguments: [String], environment extra: [String: String] = [:], input: Input = .nothing
    ) throws -> RunningProgram {
        let folder = try TemporaryDirectory()
        var variables = environment.merging(extra) { _, new in new }
        if variables["PATH"] == nil { variables["PATH"] = Self.searchPath }
        let id = try spawn(arguments, variables, input, folder)
        return RunningProgram(path: path, arguments: arguments, id: id, folder: folder)
    }

    private func spawn(
        _ arguments: [String], _ variables: [String: String], _ input: Input, _ folder: TemporaryDirectory
    ) throws -> pid_t {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        switch input {
        case .nothing: posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        case .file(let path): posix_spawn_file_actions_addopen(&actions, 0, path, O_RDONLY, 0)
        case .descriptor(let descriptor): posix_spawn_file_actions_adddup2(&actions, descriptor, 0)
        }
        let flags = O_WRONLY | O_CREAT | O_TRUNC
        posix_spawn_file_actions_addopen(&actions, 1, folder.path("output"), flags, 0o600)
        posix_spawn_file_actions_addopen(&actions, 2, folder.path("errors"), flags, 0o600)

        // Signals as a shell would leave them, whatever the test runner blocks or ignores.
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var none = sigset_t()
        var all = sigset_t()
        sigemptyset(&none)
        sigfillset(&all)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setsigdefault(&attributes, &all)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))

        var id = pid_t()
        // `env` changes the directory and becomes the program.
        let env = "/usr/bin/env"
        let status = Self.withCStrings([env, "-C", directory, path] + arguments) { argv in
            Self.withCStrings(variables.map { "\($0)=\($1)" }) { envp in
                posix_spawn(&id, env, &actions, &attributes, argv, envp)
            }
        }
        guard status == 0 else { throw Failure.notStarted(program: path, errno: status) }
        return id
    }

    private static func withCStrings<T>(_ texts: [String], _ body: ([UnsafeMutablePointer<CChar>?]) -> T) -> T {
        let copies = texts.map { strdup($0) }
        defer { for copy in copies { free(copy) } }
        return body(copies + [nil])
    }
}

extension Program {
    /// How a program ended, and what it wrote.
    package struct Outcome: Sendable {
        /// The exit status; 128 and the signal's number for a killed program, as shells say it.
        package let status: Int32
        package let output: String
        package let errors: String

        /// Whether SIGKILL ended the program.
        package var isKilled: Bool { status == 128 + SIGKILL }
        /// The lines of standard output.
        package var lines: [String] { output.split(separator: "\n").map(String.init) }
    }
}

/// A program that was started and not yet waited for.
package struct RunningProgram {
    let path: String
    let arguments: [String]
    /// Its number.
    package let id: Int32
    let folder: TemporaryDirectory

    /// Sends a signal to the program.
    package func signal(_ number: Int32) { kill(id, number) }

    /// What it has written to standard error so far.
    package var errorsSoFar: String { text("errors") }

    /// What it has written to standard output so far.
    package var outputSoFar: String { text("output") }

    /// Whether it has not ended; an ended one is still to be waited for.
    package var isRunning: Bool {
        var info = siginfo_t()
        return waitid(P_PID, id_t(id), &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_signo == 0
    }

    /// Waits for its end; one that is not done after `timeLimit` seconds is killed, and that is an error.
    package func wait(timeLimit: Double = 120) throws -> Program.Outcome {
        let deadline = Date().addingTimeInterval(timeLimit)
        var word: Int32 = 0
        while true {
            let found = waitpid(id, &word, WNOHANG)
            if found == id { break }
            if found < 0, errno != EINTR { throw Program.Failure.notStarted(program: path, errno: errno) }
            if Date() > deadline {
                kill(id, SIGKILL)
                waitpid(id, &word, 0)
                throw Program.Failure.timedOut(program: path, arguments: arguments, errors: errorsSoFar)
            }
            usleep(2000)
        }
        let signal = word & 0x7F
        let status = signal == 0 ? (word >> 8) & 0xFF : 128 + signal
        return Program.Outcome(status: status, output: text("output"), errors: text("errors"))
    }

    private func text(_ name: String) -> String {
        let bytes = (try? Data(contentsOf: URL(fileURLWithPath: folder.path(name)))) ?? Data()
        return String(decoding: bytes, as: UTF8.self)
    }
}
