import Foundation
import TestSupport
import Testing

/// What counts as use of an image: each time all that is known of uses is set back by 90 days, and then something is done.
struct UseTests {
    /// Sets all uses that are noted back, as if nothing had happened since.
    private func age(_ bench: Workbench) throws {
        let statement = "UPDATE image SET usedAt = coalesce(usedAt, importedAt) - 90 * 86400"
        let outcome = try Program("python3").run([
            "-c", "import sqlite3, sys; d = sqlite3.connect(sys.argv[1]); d.execute(sys.argv[2]); d.commit()",
            "\(bench.store)/catalog.sqlite", statement,
        ])
        #expect(outcome.status == 0, "\(outcome.errors)")
    }

    /// The names that a prune of what was not used for 30 days would remove.
    private func unused(_ bench: Workbench) throws -> [String] {
        let plan = try bench.document("image", "prune", "-a", "--filter", "used<30d", "--dry-run")
        return (plan["victims"] as? [[String: Any]] ?? []).compactMap { $0["name"] as? String }
    }

    @Test(.enabled(if: ContainerScene.isPossible)) func startAndRestartAreUses() throws {
        let scene = try ContainerScene()
        try scene.line("create", "--name", "web", "busybox", "true")
        for verb in [["start", "-a"], ["restart"]] {
            try age(scene.bench)
            let outcome = try scene.bench.program.run(verb + ["web"])
            #expect(outcome.status == 0, "\(outcome.errors)")
            _ = try scene.strata("wait", "web")
            // As if the container were gone without a word.
            let containers = "\(scene.bench.store)/containers"
            try FileManager.default.moveItem(atPath: containers, toPath: "\(containers).away")
            #expect(try unused(scene.bench) == [], "\(verb)")
            try? FileManager.default.removeItem(atPath: containers)
            try FileManager.default.moveItem(atPath: "\(containers).away", toPath: containers)
        }
    }

    @Test(.enabled(if: ContainerScene.isPossible)) func whatAContainerHasIsUsedNow() throws {
        let scene = try ContainerScene()
        try scene.line("create", "--name", "web", "busybox", "true")
        try age(scene.bench)
        let rows = try #require(try scene.bench.document("images")["images"] as? [[String: Any]])
        let used = try #require(rows.first?["lastUsed"] as? String)
        let moment = try #require(try? Date(used, strategy: .iso8601))
        #expect(Date().timeIntervalSince(moment) < 86400)
        #expect(try scene.bench.succeed("images", "-q", "--filter", "used<30d") == "")
    }

    @Test(.enabled(if: ContainerScene.isPossible)) func theMomentWhenAContainerWentIsKept() throws {
        let scene = try ContainerScene()
        for removal in [["rm", "web"], ["container", "prune", "-f"], ["system", "prune", "-f"]] {
            try scene.line("create", "--name", "web", "busybox", "true")
            try age(scene.bench)
            let outcome = try scene.bench.program.run(removal)
            #expect(outcome.status == 0, "\(outcome.errors)")
            #expect(try scene.line("ps", "-aq") == "")
            #expect(try unused(scene.bench) == [], "\(removal)")
        }
        try age(scene.bench)
        #expect(try unused(scene.bench) == ["busybox:latest"])
    }

    @Test(.enabled(if: ContainerScene.isPossible)) func aContainerThatGoesWithItsEndHasUsedItsImage() throws {
        let scene = try ContainerScene()
        try scene.line("run", "-d", "--rm", "--name", "web", "busybox", "sh", "-c", "while [ ! -e /end ]; do sleep 0.02; done")
        try age(scene.bench)
        // The container's end may kill it: what it does is seen by then.
        _ = try scene.strata("exec", "web", "touch", "/end")
        _ = try scene.strata("wait", "web")
        while try scene.line("ps", "-aq") != "" { usleep(20_000) }
        #expect(try unused(scene.bench) == [])
        try age(scene.bench)
        let outcome = try scene.strata("run", "--rm", "busybox", "true")
        #expect(outcome.status == 0, "\(outcome.errors)")
        #expect(try unused(scene.bench) == [])
    }

    /// Whether a container is used, such a filter does not say, and what a container has is used.
    @Test(.enabled(if: ContainerScene.isPossible)) func aFilterByUseLeavesContainersAndTheirImages() throws {
        let scene = try ContainerScene()
        try scene.line("create", "--name", "web", "busybox", "true")
        try age(scene.bench)
        try scene.bench.succeed("system", "prune", "-a", "-f", "--filter", "used<30d")
        #expect(try scene.line("ps", "-aq") != "")
        #expect(try scene.bench.imageNames() == ["busybox:latest"])
    }

    /// The ID is that of one platform's config, which no entry of `index.json` names.
    @Test(.enabled(if: ContainerScene.isPossible)) func whoRunsAnIDUsesTheIndexThatListsIt() throws {
        let bench = try Workbench()
        try bench.succeed("load", "-q", "-i", "fixtures/multi-platform.tar")
        let id = try #require(try bench.succeed("images", "-q").split(separator: "\n").first.map(String.init))
        let container = try bench.succeed("create", id, "true").trimmingCharacters(in: .whitespacesAndNewlines)
        try age(bench)
        #expect(try unused(bench) == [])
        try bench.succeed("rm", container)
        #expect(try unused(bench) == [])
        try age(bench)
        #expect(try unused(bench).count == 1)
    }
}
