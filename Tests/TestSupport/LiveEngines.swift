import Foundation
import Glibc
import Synchronization
import Testing

/// What a test asked of an engine, and it did not do.
package struct EngineFailure: Error {
    package let command: [String]
    package let errors: String
}

/// Docker of this machine, with a root of its own; stopped and gone with the last reference.
///
/// The paths are short, since sockets are among them.
package final class LiveDocker: Sendable {
    package let folder: String
    package var root: String { folder + "/data" }
    package var client: DockerClient { DockerClient(folder: folder) }
    private let running: Mutex<RunningProgram>
    private var daemon: RunningProgram { running.withLock { $0 } }
    private static let program = "/usr/sbin/dockerd"
    fileprivate static let path = "/usr/sbin:/usr/bin:/sbin:/bin"

    /// Starts dockerd and waits until it answers.
    package init() throws {
        folder = "/tmp/strata-d-\(UUID().uuidString.prefix(8))"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        running = Mutex(try Self.start(folder))
        try waitUntilItAnswers()
    }

    private static func start(_ folder: String) throws -> RunningProgram {
        var program = Program(Self.program)
        program.environment = ["PATH": Self.path]
        return try program.start([
            "--data-root", folder + "/data", "--exec-root", folder + "/exec", "--pidfile", folder + "/pid",
            "--host", "unix://\(folder)/sock", "--config-file", "", "--bridge", "none", "--iptables=false", "--ip-masq=false",
            "--storage-driver", "overlay2", "--default-ulimit", "nofile=20000:20000",
        ])
    }

    private func waitUntilItAnswers() throws {
        for _ in 0..<300 where daemon.isRunning {
            if (try? client(["version"])) != nil { return }
            usleep(100_000)
        }
        // A container's own file system, for one, carries no overlays.
        try Skip.because("dockerd does not start here: \(daemon.errorsSoFar.suffix(300))")
    }

    /// Kills dockerd wherever it is, and its containerd, as a power cut does.
    package func kill() throws {
        daemon.signal(SIGKILL)
        _ = try daemon.wait(timeLimit: 30)
        let path = folder + "/exec/containerd/containerd.pid"
        let text = try String(contentsOfFile: path, encoding: .utf8)
        if let containerd = pid_t(text.trimmingCharacters(in: .whitespacesAndNewlines)) { _ = Glibc.kill(containerd, SIGKILL) }
        try FileManager.default.removeItem(atPath: path)
    }

    /// Starts dockerd on what the last one left.
    package func restart() throws {
        let next = try Self.start(folder)
        running.withLock { $0 = next }
        try waitUntilItAnswers()
    }

    /// Stops dockerd and leaves its root as it is.
    package func stop() throws {
        daemon.signal(SIGTERM)
        _ = try daemon.wait(timeLimit: 30)
    }

    deinit {
        if daemon.isRunning { try? stop() }
        // Foundation reads no more than a page of a file whose size is 0, as this has.
        for line in ((try? Program("cat").run(["/proc/self/mounts"]))?.lines ?? []).reversed() {
            let parts = line.split(separator: " ")
            if parts.count > 1, parts[1].hasPrefix(folder) { umount2(String(parts[1]), 2) }
        }
        try? FileManager.default.removeItem(atPath: folder)
    }

    /// Runs the client; the lines that it prints.
    @discardableResult
    package func callAsFunction(_ arguments: String..., environment: [String: String] = [:]) throws -> [String] {
        try client(arguments, environment)
    }
}

/// The client of a daemon.
///
/// A thread that has it keeps no daemon alive.
package struct DockerClient: Sendable {
    package let folder: String

    /// Runs the client; the lines that it prints.
    @discardableResult
    package func callAsFunction(_ arguments: [String], _ environment: [String: String] = [:]) throws -> [String] {
        let outcome = try start(arguments, environment).wait()
        guard outcome.status == 0 else { throw EngineFailure(command: arguments, errors: outcome.errors) }
        return outcome.lines
    }

    /// Starts the client and returns while it runs.
    package func start(_ arguments: [String], _ environment: [String: String] = [:]) throws -> RunningProgram {
        var program = Program("/usr/bin/docker")
        program.environment = ["DOCKER_HOST": "unix://\(folder)/sock", "PATH": LiveDocker.path, "HOME": folder]
        return try program.start(arguments, environment: environment)
    }
}

/// podman of this machine, with a storage of its own; no service runs.
package final class LivePodman: Sendable {
    package let folder: String
    package var root: String { folder + "/root" }

    package init() throws {
        folder = "/tmp/strata-p-\(UUID().uuidString.prefix(8))"
        try FileManager.default.createDirectory(atPath: folder + "/tmp", withIntermediateDirectories: true)
    }

    deinit {
        _ = try? self("rm", "-fa")
        _ = try? Program("/bin/umount").run([folder + "/root/overlay"])
        try? FileManager.default.removeItem(atPath: folder)
    }

    /// Runs podman; the lines that it prints.
    @discardableResult
    package func callAsFunction(_ arguments: String...) throws -> [String] {
        let outcome = try start(arguments).wait()
        guard outcome.status == 0 else { throw EngineFailure(command: arguments, errors: outcome.errors) }
        return outcome.lines
    }

    /// Starts podman and returns while it runs.
    package func start(_ arguments: [String]) throws -> RunningProgram {
        var client = Program("/usr/bin/podman")
        client.environment = ["PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": folder, "TMPDIR": folder + "/tmp"]
        let storage = ["--root", root, "--runroot", folder + "/run", "--storage-driver", "overlay"]
        return try client.start(storage + ["--runtime", "runc", "--cgroup-manager", "cgroupfs"] + arguments)
    }
}

/// Allocated bytes of a path on its own file system, as du(1) says; none where nothing is.
package func du(_ path: String) throws -> Int64 {
    if access(path, F_OK) != 0 { return 0 }
    let outcome = try Program("/usr/bin/du").run(["-sx", "-B1", path])
    return Int64(outcome.output.prefix { $0.isNumber }) ?? -1
}

/// A root file system of busybox, as a tar.
package func busyboxTar() throws -> [UInt8] {
    let busybox = [UInt8](try Data(contentsOf: URL(fileURLWithPath: "/bin/busybox")))
    let names = ["sh", "sleep", "echo", "true", "cat", "mkdir"].map { TarMember.symlink("bin/\($0)", to: "busybox") }
    let folders = ["bin", "proc", "sys", "dev", "tmp", "etc"].map { TarMember.directory($0) }
    return Tar(folders + [.file("bin/busybox", busybox, mode: 0o755)] + names).bytes
}

/// containerd of this machine, with a root of its own; stopped and gone with the last reference.
package final class LiveContainerd: Sendable {
    package let folder: String
    package var root: String { folder + "/root" }
    package var client: ContainerdClient { ContainerdClient(folder: folder) }
    private let running: Mutex<RunningProgram>
    private var daemon: RunningProgram { running.withLock { $0 } }

    package init() throws {
        folder = "/tmp/strata-c-\(UUID().uuidString.prefix(8))"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let settings = """
            version = 2
            root = "\(folder)/root"
            state = "\(folder)/state"
            disabled_plugins = ["io.containerd.grpc.v1.cri"]
            [grpc]
              address = "\(folder)/sock"
            """
        try Data(settings.utf8).write(to: URL(fileURLWithPath: folder + "/config.toml"))
        running = Mutex(try Self.start(folder))
        try waitUntilItAnswers()
    }

    private static func start(_ folder: String) throws -> RunningProgram {
        try Program("/usr/bin/containerd").start(["--config", folder + "/config.toml"])
    }

    private func waitUntilItAnswers() throws {
        for _ in 0..<300 where daemon.isRunning {
            if let outcome = try? client.run(["version"]), outcome.status == 0 { return }
            usleep(100_000)
        }
        try Skip.because("containerd does not start here: \(daemon.errorsSoFar.suffix(300))")
    }

    /// Kills containerd wherever it is.
    package func kill() throws {
        daemon.signal(SIGKILL)
        _ = try daemon.wait(timeLimit: 30)
    }

    /// Starts containerd on what the last one left.
    package func restart() throws {
        let next = try Self.start(folder)
        running.withLock { $0 = next }
        try waitUntilItAnswers()
    }

    /// Stops containerd and leaves its root as it is.
    package func stop() throws {
        daemon.signal(SIGTERM)
        _ = try daemon.wait(timeLimit: 30)
    }

    deinit {
        if daemon.isRunning { try? stop() }
        try? FileManager.default.removeItem(atPath: folder)
    }

    /// Runs ctr; the lines that it prints.
    @discardableResult
    package func callAsFunction(_ arguments: String...) throws -> [String] {
        let outcome = try client.run(arguments)
        guard outcome.status == 0 else { throw EngineFailure(command: arguments, errors: outcome.errors) }
        return outcome.lines
    }
}

/// The client of a containerd.
///
/// A thread that has it keeps no daemon alive.
package struct ContainerdClient: Sendable {
    package let folder: String

    package init(folder: String) { self.folder = folder }

    /// Runs ctr to its end.
    package func run(_ arguments: [String]) throws -> Program.Outcome { try start(arguments).wait() }

    /// Starts ctr and returns while it runs.
    package func start(_ arguments: [String]) throws -> RunningProgram {
        try Program("/usr/bin/ctr").start(["-a", folder + "/sock"] + arguments)
    }
}
