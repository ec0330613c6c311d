import Foundation
import Glibc
import TestSupport
import Testing

/// Two runs that remove from the same root: one after the other, so that none counts what the other has freed.
@Suite(.serialized) struct EngineTurnTests {
    private static let names = (0..<6).map { "localhost/t\($0):1" }

    private static var images: [ImageBuilder] {
        names.enumerated().map { number, name in
            ImageBuilder([BuiltLayer([.file("own-\(number)", size: 30_000, seed: UInt64(number + 1))])], named: name)
        }
    }

    private func twoAtOnce(_ host: EngineHost) throws {
        try host.load(Self.images)
        let plan = host.folder + "/plan.json"
        let made = try host.program.run(["plan", "-a", "-o", plan, "--engine", host.engine, "--format", "json"])
        #expect(made.status == 0, "\(made.errors)")
        let before = try du(host.root)
        var programs = [host.program, host.program]
        // Whoever has another store takes part.
        programs[1].environment["STRATA_STORE"] = host.folder + "/other"
        let runs = try programs.map { try $0.start(["apply", plan, "--format", "json"]) }
        let outcomes = try runs.map { run in
            let ended = try run.wait(timeLimit: 120)
            #expect(ended.status == 0, "\(ended.errors)")
            return try #require(try JSONSerialization.jsonObject(with: Data(ended.output.utf8)) as? [String: Any])
        }
        var freed: Int64 = 0
        var removed: [String] = []
        for outcome in outcomes {
            freed += try #require(outcome["freedBytes"] as? NSNumber).int64Value
            let items = try #require(outcome["items"] as? [[String: Any]])
            removed += items.filter { $0["status"] as? String == "removed" }.compactMap { $0["name"] as? String }
        }
        #expect(removed.sorted() == Self.names.sorted())
        #expect(freed == (outcomes[0]["predictedBytes"] as? NSNumber)?.int64Value)
        #expect(try abs(before - du(host.root) - freed) <= 200_000)
    }

    @Test(.needs("/usr/bin/podman"), .needsRoot) func podman() throws { try twoAtOnce(try EngineHost(.podman)) }

    @Test(.needs("/usr/sbin/dockerd", "/usr/bin/docker"), .needsRoot) func docker() throws {
        try twoAtOnce(try EngineHost(.docker))
    }

    /// Another run is waited for, and not for ever.
    @Test(.needs("/usr/bin/podman"), .needsRoot) func anotherRunIsWaitedFor() throws {
        let host = try EngineHost(.podman)
        try host.load(Self.images)
        let root = open(host.root, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        #expect(flock(root, LOCK_EX | LOCK_NB) == 0)
        let prune = ["image", "prune", "-a", "-f", "--engine", host.engine]
        let busy = try host.program.run(prune + ["--wait", "0s"])
        #expect(busy.status == 4 && busy.errors.contains("another run of strata"), "\(busy.errors)")
        #expect(try host.names() == Set(Self.names))
        // Looking waits for nobody.
        #expect(try host.program.run(prune + ["--dry-run"]).status == 0)
        let waiting = try host.program.start(prune + ["--wait", "1m"])
        // One that waits shows nothing: it is only to be still there after a while.
        usleep(300_000)
        #expect(waiting.isRunning)
        close(root)
        #expect(try waiting.wait(timeLimit: 60).status == 0)
        #expect(try host.names().isEmpty)
    }
}
