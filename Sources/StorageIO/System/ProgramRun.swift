package import Glibc
import Synchronization
package import SystemPackage

/// One run of a program that is given some bytes and answers with some.
package enum ProgramRun {
    /// How it ended, and what it said.
    package struct Answer: Sendable {
        /// The exit status, 128 and the signal's number after a signal; nil where it was killed because its time was over.
        package var status: Int32?
        /// What it wrote to standard output, up to a limit, and to standard error where that was asked for.
        package var output: [UInt8]
    }

    /// What is read of an output; the rest is dropped, so that the program does not wait for a reader.
    private static let longestOutput = 1 << 20
    /// How often it is looked whether the program has ended while another process still has its output open.
    private static let lookMilliseconds = 50.0

    /// The programs that run, by what ends them: see `kill`.
    private static let running = Mutex<Set<pid_t>>([])

    /// Ends all that still run; for a process that is about to end.
    package static func endAll() {
        for target in running.withLock({ $0 }) { _ = Glibc.kill(target, SIGKILL) }
    }

    /// The first program of that name in the folders that `PATH` says; nil for none.
    ///
    /// A name with a slash would be any file, and a folder that is not absolute the current one: neither is looked at.
    package static func find(_ name: String, _ environment: [String: String]) -> String? {
        guard !name.utf8.contains(UInt8(ascii: "/")) else { return nil }
        let folders = (environment["PATH"] ?? "/usr/local/bin:/usr/bin:/bin").utf8.split(separator: UInt8(ascii: ":"))
        let places = folders.filter { $0.first == UInt8(ascii: "/") }.map { "\(String(decoding: $0, as: UTF8.self))/\(name)" }
        return places.first { path in
            var status = stat()
            return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFREG && access(path, X_OK) == 0
        }
    }

    /// Runs the program at `path` until it has ended, or has had its `seconds`; the system's reason where it starts none.
    ///
    /// A program that does not read its input, or not all of it, is as good as any: the process ignores SIGPIPE.
    ///
    /// What it writes to standard error goes nowhere, or with `withErrors` to the output. `endAll` leaves it alone where it `outlives`
    /// this process, since it is half-way through something.
    package static func run(
        _ path: String, _ arguments: [String], _ input: [UInt8], _ environment: [String: String], seconds: Double,
        withErrors: Bool = false, outlives: Bool = false
    ) throws(Errno) -> Answer {
        var run = try Run(path, arguments, environment, withErrors: withErrors, outlives: outlives)
        return run.finish(input, until: ContinuousClock.now + .seconds(seconds))
    }

    /// A program that runs, and this process's ends of its streams.
    private struct Run {
        private let process: pid_t
        /// What a signal goes to: the program and all that it has started, or where it may ask at the terminal, whose
        /// processes it must be among for that, the program alone.
        private let target: pid_t
        private var input: File?
        private var output: File?
        private var status: Int32?
        private var collected: [UInt8] = []

        init(
            _ path: String, _ arguments: [String], _ environment: [String: String], withErrors: Bool, outlives: Bool
        ) throws(Errno) {
            let toProgram: (reading: File, writing: File)
            let fromProgram: (reading: File, writing: File)
            do { (toProgram, fromProgram) = (try File.pipe(), try File.pipe()) } catch {
                throw error.errno
            }
            let isAlone = outlives || isatty(0) == 0
            process = try ProgramRun.spawn(
                path, arguments, environment, input: toProgram.reading.fd, output: fromProgram.writing.fd, isAlone: isAlone,
                withErrors: withErrors)
            target = isAlone ? -process : process
            let target = target
            if !outlives { ProgramRun.running.withLock { _ = $0.insert(target) } }
            input = toProgram.writing
            output = fromProgram.reading
            for file in [toProgram.writing, fromProgram.reading] {
                _ = fcntl(file.fd, F_SETFL, fcntl(file.fd, F_GETFL) | O_NONBLOCK)
            }
        }

        mutating func finish(_ bytes: [UInt8], until end: ContinuousClock.Instant) -> Answer {
            var rest = bytes[...]
            while true {
                if rest.isEmpty { input = nil }
                let isOver = status != nil
                write(&rest)
                read()
                // What an ended program has written was read just now; a process that it left behind may hold the pipe.
                if isOver { return Answer(status: status, output: collected) }
                let left = (end - ContinuousClock.now) / .milliseconds(1)
                if left <= 0 { return kill() }
                wait(milliseconds: min(left, ProgramRun.lookMilliseconds))
                look(WNOHANG)
            }
        }

        private mutating func kill() -> Answer {
            Glibc.kill(target, SIGKILL)
            look(0)
            read()
            return Answer(status: nil, output: collected)
        }

        /// Waits until something can be read or written, or a while.
        private func wait(milliseconds: Double) {
            var files: [pollfd] = []
            if let output { files.append(pollfd(fd: output.fd, events: Int16(POLLIN), revents: 0)) }
            if let input { files.append(pollfd(fd: input.fd, events: Int16(POLLOUT), revents: 0)) }
            // Without streams only the end is waited for.
            _ = poll(&files, nfds_t(files.count), files.isEmpty ? 2 : Int32(milliseconds.rounded(.up)))
        }

        /// Learns whether the program has ended.
        private mutating func look(_ options: Int32) {
            guard status == nil else { return }
            var word: Int32 = 0
            var found = waitpid(process, &word, options)
            while found < 0, errno == EINTR { found = waitpid(process, &word, options) }
            guard found == process else { return }
            ProgramRun.running.withLock { _ = $0.remove(target) }
            let signal = word & 0x7F
            status = signal == 0 ? (word >> 8) & 0xFF : 128 + signal
        }

        private mutating func write(_ rest: inout ArraySlice<UInt8>) {
            while let input, !rest.isEmpty {
                let count = rest.withUnsafeBytes { Glibc.write(input.fd, $0.baseAddress, $0.count) }
                if count < 0, errno == EINTR { continue }
                if count < 0, errno == EAGAIN { return }
                // Nobody reads on.
                guard count >= 0 else {
                    rest = []
                    break
                }
                rest = rest.dropFirst(count)
            }
            input = nil
        }

        private mutating func read() {
            var buffer = [UInt8](repeating: 0, count: 64 << 10)
            while let output {
                let count = Glibc.read(output.fd, &buffer, buffer.count)
                if count < 0, errno == EINTR { continue }
                if count < 0, errno == EAGAIN { return }
                guard count > 0 else { break }
                collected += buffer[..<min(count, ProgramRun.longestOutput - collected.count)]
            }
            output = nil
        }
    }

    /// Starts a program whose standard error goes nowhere, or with its output; `isAlone` in a group of its own.
    private static func spawn(
        _ path: String, _ arguments: [String], _ environment: [String: String], input: Int32, output: Int32,
        isAlone: Bool, withErrors: Bool
    ) throws(Errno) -> pid_t {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, input, 0)
        posix_spawn_file_actions_adddup2(&actions, output, 1)
        if withErrors {
            posix_spawn_file_actions_adddup2(&actions, output, 2)
        } else {
            posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0)
        }
        let variables = environment.map { "\($0.key)=\($0.value)" }
        return try StartedProgram.start(path, [path] + arguments, environment: variables, actions: &actions, isAlone: isAlone)
    }
}
