import Foundation
import Glibc
import TestSupport
import Testing

/// A store with an image of busybox, and containers of it.
struct ContainerScene {
    /// Whether containers can be run here.
    static let isPossible = geteuid() == 0 && ["crun", "busybox"].allSatisfy(Program.isInstalled)

    /// The same for an ordinary user; the test itself needs root, to set such a user up.
    static let isPossibleWithoutRoot =
        geteuid() == 0 && ["newuidmap", "setpriv", "unshare", "crun", "busybox"].allSatisfy(Program.isInstalled)
        && access("/etc/subuid", F_OK) == 0

    let bench: Workbench
    private let leftovers: Leftovers

    /// Ends what a test has left running, also one that fails.
    private final class Leftovers {
        private let bench: Workbench

        init(_ bench: Workbench) { self.bench = bench }

        deinit {
            let left = (try? bench.program.run(["ps", "-q"]).lines) ?? []
            if !left.isEmpty { _ = try? bench.program.run(["rm", "-f"] + left) }
        }
    }

    /// A bench with the image `busybox`, built here.
    init() throws {
        bench = try Workbench()
        leftovers = Leftovers(bench)
        let text = """
            FROM scratch
            COPY busybox /bin/busybox
            RUN ["/bin/busybox", "--install", "-s", "/bin"]
            RUN mkdir -p /etc /var/cache/old /tmp && echo root:x:0:0:root:/root:/bin/sh > /etc/passwd && \\
                echo web:x:33:34::/var:/bin/sh >> /etc/passwd && echo kept > /etc/kept && echo gone > /var/cache/old/gone
            CMD ["sh"]
            """
        let context = try Self.context(in: bench, text)
        let built = try bench.program.run(["build", "-q", "-t", "busybox", context])
        #expect(built.status == 0, "\(built.errors)")
    }

    /// A folder with busybox and a Dockerfile of this text.
    static func context(in bench: Workbench, _ dockerfile: String) throws -> String {
        let context = bench.folder.path("context")
        try FileManager.default.createDirectory(atPath: context, withIntermediateDirectories: true)
        try FileManager.default.copyItem(atPath: Program("busybox").path, toPath: "\(context)/busybox")
        try Data(dockerfile.utf8).write(to: URL(fileURLWithPath: "\(context)/Dockerfile"))
        return context
    }

    /// Runs `strata arguments…`.
    func strata(_ arguments: String..., input: Program.Input = .nothing) throws -> Program.Outcome {
        try bench.program.run(arguments, input: input)
    }

    /// The first line that a command prints, which must succeed.
    @discardableResult
    func line(_ arguments: String..., sourceLocation: SourceLocation = #_sourceLocation) throws -> String {
        let outcome = try bench.program.run(arguments)
        #expect(outcome.status == 0, "\(arguments): \(outcome.errors)", sourceLocation: sourceLocation)
        return outcome.lines.first ?? ""
    }

    /// The status of each container, by its name.
    func statuses() throws -> [String: String] {
        let rows = try #require(try bench.document("ps", "-a")["containers"] as? [[String: Any]])
        return Dictionary(
            uniqueKeysWithValues: rows.map { row in
                let status = row["exitStatus"] as? Int
                return (row["name"] as? String ?? "", (row["status"] as? String ?? "") + (status.map { " \($0)" } ?? ""))
            })
    }

    /// Waits until `condition` holds; at most a minute, on a machine that has much else to do.
    func eventually(_ what: String, _ condition: () throws -> Bool) throws {
        for _ in 0..<1200 {
            if try condition() { return }
            usleep(50_000)
        }
        Issue.record("it never came to be that \(what)")
    }

    /// The number of the process that runs a container's first one.
    func runtimeProcess(_ id: String) throws -> Int32 {
        let text = try String(contentsOfFile: "\(bench.store)/containers/\(id)/run/runtime", encoding: .utf8)
        return try #require(text.split(separator: " ").first.flatMap { Int32($0) })
    }

    /// Whether anything of the store is mounted in this namespace.
    var hasMounts: Bool {
        ((try? String(contentsOfFile: "/proc/self/mountinfo", encoding: .utf8)) ?? "").contains(bench.store)
    }

    /// The control groups of the container of this ID.
    func controlGroups(_ id: String) throws -> [String] {
        try Program.shell.run(["-c", "ls -d /sys/fs/cgroup/strata/$1 /sys/fs/cgroup/*/strata/$1 2>/dev/null", "sh", id]).lines
    }

    /// Processes whose command line holds `text`.
    func processes(_ text: String) throws -> [Int32] {
        let names = try FileManager.default.contentsOfDirectory(atPath: "/proc")
        return names.compactMap { Int32($0) }.filter { process in
            let line = FileManager.default.contents(atPath: "/proc/\(process)/cmdline") ?? Data()
            return String(decoding: line, as: UTF8.self).contains(text)
        }
    }
}
