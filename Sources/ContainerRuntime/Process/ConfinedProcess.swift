import CLinux
import FoundationEssentials
import Glibc
import LayerArchive
package import StorageIO
import Synchronization
import SystemPackage

/// A confined program that runs, and the streams between it and whoever started it.
package final class ConfinedProcess: Sendable {
    /// Where bytes came from; a terminal has one stream only.
    package enum Stream: Sendable { case output, errors }

    /// Where the program's standard input comes from.
    package enum Input: Sendable {
        case nothing
        /// This descriptor, as it is.
        case descriptor(Int32)
        /// What is read from this descriptor, for one that the program cannot have itself: a terminal of other programs.
        case copied(from: Int32)

        fileprivate var fd: Int32? {
            switch self {
            case .nothing: nil
            case .descriptor(let fd), .copied(let fd): fd
            }
        }
    }

    /// What is around the program.
    package struct Setup: Sendable {
        /// Nothing, unless whoever starts it has something to read from.
        package var input = Input.nothing
        /// Whether it gets a terminal of its own, of this many rows and columns.
        package var terminal: (rows: UInt16, columns: UInt16)?
        /// Where the runtime hands that terminal over; without it the runtime copies to and from one that is made here.
        package var consoleAt: String?
        /// Whether both of its streams are one, in the order in which bytes come.
        package var isMerged = false
        /// A descriptor that stays open until the last confined process has ended.
        package var lock: Int32?
        /// The namespace of the network that it joins; nil for the machine's.
        package var network: Int32?

        /// A program without input, that writes to two streams.
        package init() {}
    }

    /// Hands over what a stream gave; called by one thread at a time for each stream.
    ///
    /// The bytes are valid during the call. False says that nobody wants more, as of a pipe whose reader has gone: the program is
    /// told in the same way.
    package typealias Delivery = @Sendable (Stream, UnsafeRawBufferPointer) -> Bool

    private let process: Int32
    /// Whether its status has been taken: from then on its number may be another process's.
    private let isTaken = Mutex(false)
    /// The file with the number of the runtime.
    private let notes: String?
    /// This side of its terminal, and the size that it is to have once it is there.
    private let terminal = Mutex<(file: File?, size: (rows: UInt16, columns: UInt16)?)>((nil, nil))
    /// Whether the program has the other side of that terminal, and not of one of the runtime's own.
    private let isDirect: Bool
    private let threads = Mutex<[ThreadHandle]>([])
    private let life: ProgramLife
    /// Streams that processes still have which the program left behind.
    private let left = Mutex<[File]>([])

    /// Starts it, by the plan that is written to `planPath`; the caller's thread must outlive it.
    package init(
        _ plan: Confinement, planAt planPath: String, _ setup: Setup, deliver: @escaping Delivery
    ) throws(RuntimeError) {
        var plan = plan
        plan.takesTerminal = setup.terminal != nil && setup.consoleAt == nil
        plan.parent = getpid()
        plan.joinsNetwork = setup.network != nil
        notes = plan.noteAt
        life = try ProgramLife()
        try PlanFile.write(plan, to: planPath)
        var child = ChildStreams()
        var mine: [(Stream, File)] = []
        var pumped: (from: Int32, to: File)?
        var console: ConsoleSocket?
        isDirect = setup.consoleAt != nil
        if setup.terminal != nil, let path = setup.consoleAt {
            console = try ConsoleSocket(at: path)
        } else if let size = setup.terminal {
            let (master, slave) = try Self.makeTerminal(size.rows, size.columns)
            terminal.withLock { $0.file = master }
            child = ChildStreams(input: slave, output: slave, errors: slave)
            mine = [(.output, master)]
            if let fd = setup.input.fd { pumped = (fd, master) }
        } else {
            let (reading, writing) = try Pipes.make()
            child.output = writing
            mine = [(.output, reading)]
            if setup.isMerged {
                child.errors = writing
            } else {
                let (reading, writing) = try Pipes.make()
                child.errors = writing
                mine.append((.errors, reading))
            }
            switch setup.input {
            case .nothing: break
            case .descriptor(let fd): child.inherited = fd
            case .copied(let fd):
                let (reading, writing) = try Pipes.make()
                child.input = reading
                pumped = (fd, writing)
            }
        }
        process = try child.spawn([Confinement.verb, planPath], lock: setup.lock, network: setup.network)
        for (stream, file) in mine {
            let isTerminal = setup.terminal != nil
            start { [self] in
                if isTerminal { return readTerminal(file, deliver) }
                let source = ProcessStream(file, of: life)
                if source.read({ deliver(stream, $0) }) == .left, let file = source.file { left.withLock { $0.append(file) } }
                source.close()
            }
        }
        if let console {
            let input = setup.input.fd
            start { [self] in
                guard let file = console.terminal(of: life) else { return }
                terminal.withLock { state in
                    state.file = file
                    if let size = state.size { _ = strata_resize_terminal(file.fd, size.rows, size.columns) }
                }
                if let input { pump(from: input, to: file) }
                readTerminal(file, deliver)
            }
        }
        if let pumped { pump(from: pumped.from, to: pumped.to) }
    }

    /// Hands over what a terminal shows, to the end of the program: who is left behind in it is told that it hangs up.
    private func readTerminal(_ file: File, _ deliver: Delivery) {
        let source = ProcessStream(file, of: life, patience: 0)
        guard source.read({ deliver(.output, $0) }) == .unwanted else { return }
        // Nobody sees anything of it, and only its reader could have ended the program.
        signal(Confinement.endSignal)
        _ = source.read { _ in true }
    }

    /// Copies from a descriptor to what the program reads.
    private func pump(from descriptor: Int32, to file: File) {
        // Not waited for: it may be blocked in a read that nobody ends.
        _ = ThreadHandle { Self.read(descriptor) { Self.write($0, to: file) } }
    }

    /// Waits until it has ended and all that it wrote is delivered, and returns its status.
    ///
    /// What processes that it left behind write is delivered for a moment more, and then dropped.
    package func wait() -> Int32 {
        var info = siginfo_t()
        while waitid(P_PID, id_t(process), &info, WEXITED | WNOWAIT) < 0, errno == EINTR {}
        var status: Int32 = 0
        isTaken.withLock { isTaken in
            while waitpid(process, &status, 0) < 0, errno == EINTR {}
            isTaken = true
        }
        life.end()
        for thread in threads.withLock({ threads in
            defer { threads = [] }
            return threads
        }) {
            thread.join()
        }
        let left = left.withLock { $0 }
        do { if !left.isEmpty { try StreamDrain.start(left) } } catch {
            // They learn that nobody reads, as from any pipe.
        }
        let signal = status & 0x7F
        return signal == 0 ? (status >> 8) & 0xFF : 128 + signal
    }

    /// Whether it has ended; `wait` tells how.
    package var hasEnded: Bool {
        var info = siginfo_t()
        return waitid(P_PID, id_t(process), &info, WEXITED | WNOHANG | WNOWAIT) != 0 || info.si_signo != 0
    }

    /// Sends a signal to the program; where that has ended it ends the wait for others that have its streams.
    package func signal(_ number: Int32) { isTaken.withLock { if $0 { life.hurry() } else { kill(process, number) } } }

    /// Ends all that is confined.
    package func end() { signal(Confinement.endSignal) }

    /// Says that its terminal has another size now.
    package func resize(rows: UInt16, columns: UInt16) {
        terminal.withLock { state in
            state.size = (rows, columns)
            if let file = state.file { _ = strata_resize_terminal(file.fd, rows, columns) }
        }
        // A runtime that copies may keep the new size to itself: its own terminal, which the program has, gets it here.
        guard !isDirect, let notes, let runtime = ProcessNote.process(at: notes) else { return }
        for fd in Self.terminals(of: runtime) {
            let copy = strata_copy_descriptor(runtime, fd)
            guard copy >= 0 else { continue }
            _ = strata_resize_terminal(copy, rows, columns)
            close(copy)
        }
    }

    /// The descriptors by which a process holds terminals of others.
    private static func terminals(of process: Int32) -> [Int32] {
        let folder = "/proc/\(process)/fd"
        do {
            let names = try FileManager.default.contentsOfDirectory(atPath: folder)
            return names.filter { target("\(folder)/\($0)").hasSuffix("/ptmx") }.compactMap { Int32($0) }
        } catch {
            // The process has ended, and its terminal with it.
            return []
        }
    }

    /// Where a symlink of `/proc` leads; empty for a descriptor that was closed since it was listed.
    private static func target(_ path: String) -> String {
        // One that is closed keeps no other from being found.
        do { return try FileManager.default.destinationOfSymbolicLink(atPath: path) } catch { return "" }
    }

    private func start(_ body: @escaping @Sendable () -> Void) {
        // Without a thread the stream is read here, to its end.
        guard let thread = ThreadHandle(body) else { return body() }
        threads.withLock { $0.append(thread) }
    }

    // MARK: Streams

    private static func makeTerminal(_ rows: UInt16, _ columns: UInt16) throws(RuntimeError) -> (File, File) {
        var size = winsize(ws_row: rows, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0)
        var (master, slave) = (Int32(-1), Int32(-1))
        guard openpty(&master, &slave, nil, nil, &size) == 0 else { throw .noStreams(errno: errno) }
        for fd in [master, slave] { _ = fcntl(fd, F_SETFD, FD_CLOEXEC) }
        return (
            File(adopting: FileDescriptor(rawValue: master), path: "a terminal"),
            File(adopting: FileDescriptor(rawValue: slave), path: "a terminal")
        )
    }

    /// Reads until the end, or until `body` wants no more.
    private static func read(_ fd: Int32, _ body: (UnsafeRawBufferPointer) -> Bool) {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 16, alignment: 16)
        defer { buffer.deallocate() }
        while true {
            let count = Glibc.read(fd, buffer.baseAddress, buffer.count)
            if count < 0, errno == EINTR { continue }
            guard count > 0, body(UnsafeRawBufferPointer(rebasing: buffer[..<count])) else { return }
        }
    }

    private static func write(_ bytes: UnsafeRawBufferPointer, to file: File) -> Bool {
        var rest = bytes
        while !rest.isEmpty {
            let count = Glibc.write(file.fd, rest.baseAddress, rest.count)
            if count < 0 {
                if errno == EINTR { continue }
                return false
            }
            rest = UnsafeRawBufferPointer(rebasing: rest[count...])
        }
        return true
    }
}

/// Holds back what a runtime says before the command has begun: of a failure its log tells, and nothing shall be said twice.
final class StartGate: Sendable {
    private struct State {
        var isOpen = false
        var pending: [(ConfinedProcess.Stream, [UInt8])] = []
        /// What is looked at for its begin; nil before it is there, and once somebody looks.
        var unwatched: ConfinedProcess?
    }

    private let bundle: Bundle
    private let deliver: ConfinedProcess.Delivery
    private let state = Mutex(State())

    init(_ bundle: Bundle, _ deliver: @escaping ConfinedProcess.Delivery) {
        self.bundle = bundle
        self.deliver = deliver
    }

    /// Hands bytes over, once the command has begun; false where nobody wants more.
    func pass(_ stream: ConfinedProcess.Stream, _ bytes: UnsafeRawBufferPointer) -> Bool {
        let isOpen = state.withLock { state in
            if state.isOpen { return true }
            guard bundle.hasStarted else {
                state.pending.append((stream, Array(bytes)))
                watch(&state)
                return false
            }
            open(&state)
            return true
        }
        return !isOpen || deliver(stream, bytes)
    }

    /// Opens it once the command has begun, if it ever does.
    ///
    /// A command may wait for an answer to the very bytes that are held back, so this does not wait for more of them.
    func open(atStartOf process: ConfinedProcess) {
        state.withLock { state in
            state.unwatched = process
            if !state.pending.isEmpty { watch(&state) }
        }
    }

    /// Looks for the begin from now on, on a thread of its own; nobody need look while nothing is held back.
    private func watch(_ state: inout State) {
        guard let process = state.unwatched else { return }
        state.unwatched = nil
        // Without a thread it opens when more comes.
        _ = ThreadHandle { [self] in if bundle.waitForStart(of: process) { open() } }
    }

    /// Hands over what was held back; to be called at the end, where nothing went wrong.
    func open() { state.withLock { if !$0.isOpen { open(&$0) } } }

    private func open(_ state: inout State) {
        state.isOpen = true
        state.unwatched = nil
        for (stream, bytes) in state.pending { bytes.withUnsafeBytes { _ = deliver(stream, $0) } }
        state.pending = []
    }
}

/// The other side of a program's streams, which it gets when it starts.
private struct ChildStreams {
    var input: File?
    /// A descriptor of this process in place of `input`.
    var inherited: Int32?
    var output: File?
    var errors: File?

    /// Starts this very program with these arguments.
    func spawn(_ arguments: [String], lock: Int32?, network: Int32?) throws(RuntimeError) -> Int32 {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        if let input = input?.fd ?? inherited {
            posix_spawn_file_actions_adddup2(&actions, input, 0)
        } else {
            posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        }
        for (number, file) in [(Int32(1), output), (2, errors)] {
            if let file {
                posix_spawn_file_actions_adddup2(&actions, file.fd, number)
            } else {
                posix_spawn_file_actions_addopen(&actions, number, "/dev/null", O_WRONLY, 0)
            }
        }
        // Numbers of their own, so that neither takes the place of the other before that is copied.
        var copies: [Int32] = []
        defer { for copy in copies { close(copy) } }
        for (descriptor, number) in [(lock, Confinement.lockDescriptor), (network, Confinement.networkDescriptor)] {
            guard let descriptor else { continue }
            let copy = fcntl(descriptor, F_DUPFD_CLOEXEC, Confinement.networkDescriptor + 1)
            guard copy >= 0 else { throw .noStreams(errno: errno) }
            copies.append(copy)
            posix_spawn_file_actions_adddup2(&actions, copy, number)
        }
        return try SpawnedProcess.start(arguments, actions: &actions)
    }
}

/// Pipes that no other program gets by accident.
package enum Pipes {
    /// Both ends of a new one.
    package static func make() throws(RuntimeError) -> (reading: File, writing: File) {
        do { return try File.pipe() } catch { throw .noStreams(errno: error.errno.rawValue) }
    }
}

/// Another process of this very program.
enum SpawnedProcess {
    /// Starts it with these arguments.
    static func start(
        _ arguments: [String], actions: inout posix_spawn_file_actions_t
    ) throws(RuntimeError) -> Int32 {
        do { return try StartedProgram.start("/proc/self/exe", ["strata"] + arguments, actions: &actions) } catch {
            throw .noProcess(errno: error.rawValue)
        }
    }
}
