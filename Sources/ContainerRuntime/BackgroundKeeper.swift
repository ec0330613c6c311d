import CLinux
import Glibc
package import OCISpec
import StorageIO
import SystemPackage

/// A keeper that is a process of its own, for a container in the background.
package enum BackgroundKeeper {
    /// The first argument by which the program is told to be one; the container's folder and that of the short names follow.
    package static let verb = "--keep"
    /// The descriptor on which it says how the start went.
    private static let reportDescriptor: Int32 = 3

    /// Starts a container in the background, and returns once its command has begun; an error where it cannot.
    package static func start(_ folder: ContainerFolder, layersFolder: String) throws(RuntimeError) {
        let reading: File
        var writing: File?
        (reading, writing) = try Pipes.make()
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        for fd in Int32(0)...2 { posix_spawn_file_actions_addopen(&actions, fd, "/dev/null", fd == 0 ? O_RDONLY : O_WRONLY, 0) }
        if let writing { posix_spawn_file_actions_adddup2(&actions, writing.fd, reportDescriptor) }
        _ = try SpawnedProcess.start([verb, folder.path, layersFolder], actions: &actions)
        writing = nil
        var report: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4096)
        while true {
            let count = Glibc.read(reading.fd, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            if count <= 0 { break }
            report += buffer[..<count]
        }
        if let problem = Self.problem(String(decoding: report, as: UTF8.self)) { throw problem }
    }

    /// What the report says; an empty one is of a keeper that was killed.
    static func problem(_ report: String) -> RuntimeError? {
        let lines = report.split(separator: "\n", maxSplits: 1, omittingEmptySubsequences: false)
        let detail = lines.count > 1 ? String(lines[1]) : "whoever should run it was killed"
        return switch lines.first {
        case "0": nil
        case "126": .notExecutable(detail: detail)
        case "127": .noSuchCommand(detail: detail)
        default: .runtimeFailed(detail: detail)
        }
    }

    /// Is a keeper: runs the container to its end.
    ///
    /// The process must have one thread until `program` is called, which finds the runtime.
    package static func run(
        folder path: String, layersFolder: String, _ program: () throws(RuntimeError) -> RuntimeProgram,
        now: @escaping @Sendable () -> Timestamp
    ) -> Int32 {
        _ = setsid()
        _ = fcntl(reportDescriptor, F_SETFD, FD_CLOEXEC)
        var isReported = false
        func report(_ text: String) {
            guard !isReported else { return }
            isReported = true
            _ = text.withCString { Glibc.write(reportDescriptor, $0, strlen($0)) }
            close(reportDescriptor)
        }
        do throws(RuntimeError) {
            if geteuid() != 0 { try UserNamespace.enter() }
            let place = FilePath(path)
            let parent = try storing { () throws(StorageError) in try Directory.open(place.removingLastComponent()) }
            let folder = try ContainerFolder(place.lastComponent?.string ?? "", in: parent)
            let keeper = try Keeper(folder, layersFolder: layersFolder, try program(), Keeper.Streams(), now: now)
            do throws(RuntimeError) {
                try keeper.waitForStart()
                report("0\n")
            } catch {
                report("\(error.exitStatus)\n\(error.detail)")
            }
            return try keeper.wait()
        } catch {
            report("\(error.exitStatus)\n\(error.detail)")
            return error.exitStatus
        }
    }
}

extension RuntimeError {
    /// What a runtime said; else the error itself.
    var detail: String {
        switch self {
        case .noSuchCommand(let detail), .notExecutable(let detail), .runtimeFailed(let detail), .noUserNamespace(let detail):
            detail
        default: "\(self)"
        }
    }
}
