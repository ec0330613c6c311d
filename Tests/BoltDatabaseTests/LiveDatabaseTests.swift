import BoltDatabase
import Foundation
import Glibc
import StorageIO
import Synchronization
import SystemPackage
import TestSupport
import Testing

/// containerd of this machine, with a root of its own; stopped and gone with the last reference.
private final class LiveContainerd: Sendable {
    let folder: String
    private let daemon: RunningProgram

    init() throws {
        // Short, since sockets are in it.
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
        daemon = try Program("/usr/bin/containerd").start(["--config", folder + "/config.toml"])
        for _ in 0..<300 where daemon.isRunning {
            if let outcome = try? run(["version"]), outcome.status == 0 { return }
            usleep(100_000)
        }
        try Skip.because("containerd does not start here: \(daemon.errorsSoFar.suffix(300))")
    }

    deinit {
        daemon.signal(SIGTERM)
        _ = try? daemon.wait(timeLimit: 30)
        try? FileManager.default.removeItem(atPath: folder)
    }

    private func run(_ arguments: [String]) throws -> Program.Outcome { try Self.run(arguments, in: folder) }

    /// Runs ctr for the engine of a folder: a thread that does so keeps no engine alive.
    static func run(_ arguments: [String], in folder: String) throws -> Program.Outcome {
        try Program("/usr/bin/ctr").run(["-a", folder + "/sock"] + arguments)
    }
}

/// A database that its engine has open and locked, and writes to.
@Suite(.needs("/usr/bin/containerd", "/usr/bin/ctr"), .needsRoot) struct LiveDatabaseTests {
    @Test func everyLookIsOneOfTheStatesThatWere() throws {
        let engine = try LiveContainerd()
        let folder = try Directory.open(FilePath(engine.folder + "/root/io.containerd.metadata.v1.bolt"))
        let wanted = 60
        let isOver = Atomic(false)
        let place = engine.folder
        let writer = Thread {
            for number in 0..<wanted {
                do {
                    let outcome = try LiveContainerd.run(["namespaces", "create", "n\(number)", "a=\(number)"], in: place)
                    #expect(outcome.status == 0, "\(outcome.errors)")
                } catch {
                    Issue.record(error)
                }
            }
            isOver.store(true, ordering: .sequentiallyConsistent)
        }
        writer.start()
        var last = 0
        var transaction: UInt64 = 0
        while last < wanted {
            let wasOver = isOver.load(ordering: .sequentiallyConsistent)
            let snapshot: BoltSnapshot
            do {
                guard let read = try BoltSnapshot.read("meta.db", in: folder) else { continue }
                snapshot = read
            } catch {
                guard case .busy = error else { throw error }
                // On a machine that has other things to do the writer may always be quicker; then nothing is said, which is right.
                continue
            }
            let spaces = snapshot.root.bucket("v1")?.buckets ?? []
            let names = spaces.map { String(decoding: $0.key, as: UTF8.self) }.filter { $0.hasPrefix("n") }
            // They were made one after another, so each state has the first so many of them, and no state comes before an earlier one.
            #expect(Set(names) == Set((0..<names.count).map { "n\($0)" }))
            #expect(names.count >= last && snapshot.transaction >= transaction)
            for (key, space) in spaces where key.first == UInt8(ascii: "n") {
                #expect(space.bucket("labels")?.value("a").map(Array.init) == Array(key.dropFirst()))
            }
            (last, transaction) = (names.count, snapshot.transaction)
            if wasOver { break }
        }
        #expect(last == wanted)
        withExtendedLifetime(engine) {}
    }
}
