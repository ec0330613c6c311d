import CLinux
import ContentStorage
import Glibc
import StorageIO
import SystemPackage

/// A process of this very program that goes on when the one that started it has ended, and tells that one how its start went.
enum BackgroundProcess {
    /// The descriptor on which it tells.
    private static let reportDescriptor: Int32 = 3
    /// The one by which it has a lock, where it is given one.
    static let lockDescriptor: Int32 = 4

    /// Starts one with these arguments, and returns once it has told that all is well; an error where it is not.
    static func start(_ arguments: [String], lock: FileLock? = nil) throws(RuntimeError) {
        let reading: File
        var writing: File?
        (reading, writing) = try Pipes.make()
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        // Copies with numbers of their own, so that none is replaced before it is copied.
        var copies: [Int32] = []
        defer { for copy in copies { close(copy) } }
        func give(_ file: Int32, as number: Int32) throws(RuntimeError) {
            let copy = fcntl(file, F_DUPFD_CLOEXEC, lockDescriptor + 1)
            guard copy >= 0 else { throw .noStreams(errno: errno) }
            copies.append(copy)
            posix_spawn_file_actions_adddup2(&actions, copy, number)
        }
        for fd in Int32(0)...2 { posix_spawn_file_actions_addopen(&actions, fd, "/dev/null", fd == 0 ? O_RDONLY : O_WRONLY, 0) }
        if let writing { try give(writing.fd, as: reportDescriptor) }
        if let lock { try give(lock.descriptor, as: lockDescriptor) }
        _ = try SpawnedProcess.start(arguments, actions: &actions)
        for copy in copies { close(copy) }
        copies = []
        writing = nil
        var report: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4096)
        while true {
            let count = Glibc.read(reading.fd, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            if count <= 0 { break }
            report += buffer[..<count]
        }
        if let problem = problem(String(decoding: report, as: UTF8.self)) { throw problem }
    }

    /// What the report says; an empty one is of a process that was killed.
    static func problem(_ report: String) -> RuntimeError? {
        let lines = report.split(separator: "\n", maxSplits: 1, omittingEmptySubsequences: false)
        let detail = lines.count > 1 ? String(lines[1]) : "its supervisor was killed"
        return switch lines.first {
        case "0": nil
        case "126": .notExecutable(detail: detail)
        case "127": .noSuchCommand(detail: detail)
        case "in use": .content(.containerInUse(id: detail))
        case "gone": .content(.containerAbsent(detail))
        default: .runtimeFailed(detail: detail)
        }
    }

    /// Is one: `body` does its work, and calls what it is given once the start has gone well.
    ///
    /// Nothing of the caller's is kept: no terminal, no folder, no open file, whose locks it would hold. What goes wrong is reported in
    /// the words of whoever said it, else in those that `describe` has for it.
    static func run(
        isLocked: Bool, describe: (RuntimeError) -> String, _ body: (_ hasStarted: () -> Void) throws(RuntimeError) -> Int32
    ) -> Int32 {
        _ = setsid()
        _ = chdir("/")
        _ = strata_close_from(isLocked ? lockDescriptor + 1 : lockDescriptor)
        _ = fcntl(reportDescriptor, F_SETFD, FD_CLOEXEC)
        var isReported = false
        func report(_ text: String) {
            guard !isReported else { return }
            isReported = true
            _ = text.withCString { Glibc.write(reportDescriptor, $0, strlen($0)) }
            close(reportDescriptor)
        }
        do {
            return try body { report("0\n") }
        } catch {
            switch error {
            case .content(.containerInUse(let id)): report("in use\n\(id)")
            case .content(.containerAbsent(let id)): report("gone\n\(id)")
            default: report("\(error.exitStatus)\n\(error.detail ?? describe(error))")
            }
            return error.exitStatus
        }
    }
}

extension RuntimeError {
    /// What a runtime, the kernel or a process of this program said of it; nil where the kind of error says it all.
    var detail: String? {
        switch self {
        case .noSuchCommand(let detail), .notExecutable(let detail), .runtimeFailed(let detail), .noUserNamespace(let detail),
            .notPermitted(let detail), .signalFailed(let detail), .copyFailed(let detail):
            detail
        default: nil
        }
    }
}
