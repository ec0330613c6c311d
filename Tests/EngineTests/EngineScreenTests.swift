import Foundation
import OCISpec
import TestSupport
import Testing

/// The explorer beside real engines: what is marked there frees together what the screen says, and the engine removes it.
@Suite(.serialized) struct EngineScreenTests {
    private static func layer(_ name: String, _ size: Int, _ seed: UInt64) -> BuiltLayer {
        BuiltLayer([.file(name, size: size, seed: seed)])
    }

    /// Two images that share a layer with each other alone, one that a container uses, and their base.
    private static func images() -> [ImageBuilder] {
        let base = layer("base", 400_000, 1), common = layer("common", 300_000, 2)
        return [
            ImageBuilder([base, common, layer("one", 100_000, 3)], named: "localhost/one:1"),
            ImageBuilder([base, common, layer("two", 200_000, 4)], named: "localhost/two:1"),
            ImageBuilder([base, layer("used", 50_000, 5)], named: "localhost/used:1"),
        ]
    }

    private func explore(_ host: EngineHost, _ arguments: [String] = []) throws -> TmuxScreen {
        let screen = try TmuxScreen(
            host.program, ["explore", "--engine", host.engine, "--bytes"] + arguments, columns: 120, rows: 40)
        try screen.wait("the first rows") { $0.contains { $0.contains("BYTES") } }
        return screen
    }

    private func look(_ kind: EngineHost.Kind) throws {
        let host = try EngineHost(kind)
        try host.load(Self.images())
        try host.create("user", from: "localhost/used:1")
        let screen = try explore(host)
        let lines = try screen.lines()
        let figures = try #require(try host.document(["df", "--engine", host.engine])["images"] as? [[String: Any]])
        for image in figures {
            let name = try #require(image["name"] as? String)
            let row = try #require(lines.first { $0.contains(" " + name) }, "\(lines)")
            let words = row.dropFirst(2).split(separator: " ").map(String.init)
            #expect(words[0] == (image["diskBytes"] as? NSNumber)?.stringValue, "\(row)")
            #expect(words[1] == (image["freesBytes"] as? NSNumber)?.stringValue, "\(row)")
        }
        try screen.type("/used:1")
        try screen.press("Enter")
        try screen.wait(for: "stays: container")
        // Its page, and its layers and files, read in place.
        try screen.press("i")
        let facts = try screen.wait(for: "Unique")
        #expect(facts.contains { $0.hasPrefix("Used by") && $0.contains("user") }, "\(facts)")
        try screen.press("Escape", "Enter")
        try screen.wait(for: "visible,")
        try screen.press("Tab", "Down")
        try screen.wait("a file of its own layer") { $0.contains { $0.hasSuffix(" used") } }
        try screen.press("Tab", "h")
        try screen.wait(for: "stays: container")
        try screen.press("Space")
        try screen.wait(for: "cannot remove localhost/used:1")
        for (count, name) in ["one:1", "two:1"].enumerated() {
            try screen.type("/\(name)")
            try screen.press("Enter", "Space")
            try screen.wait(for: "\(count + 1) marked")
        }
        let plan = try host.document([
            "plan", "--engine", host.engine, "--only", "image=localhost/one:1", "--only", "image=localhost/two:1",
        ])
        let joint = try #require(((plan["totals"] as? [String: Any])?["freesBytes"] as? NSNumber)?.int64Value)
        try screen.wait(for: "2 marked, free \(joint)")
        try screen.press("d")
        let shown = try screen.wait(for: "y: yes")
        #expect(shown.contains { $0.contains("2 things, \(joint) to be freed") }, "\(shown)")
        try screen.press("Enter", "y")
        let outcome = try screen.wait(for: "2 removed, 0 skipped, 0 failed")
        #expect(outcome.contains { $0.contains("freed \(joint)") }, "\(outcome)")
        #expect(try host.names() == ["localhost/used:1"])
        try screen.wait(for: "0 marked, free 0")
        try screen.press("Escape")
        if kind == .containerd {
            try host.removeContainer("user")
        } else {
            try removeTheUsedOne(host, screen)
        }
        try screen.press("q")
        #expect(try screen.status() == 0)
    }

    /// A container that does not run and its image are marked together, and go.
    private func removeTheUsedOne(_ host: EngineHost, _ screen: TmuxScreen) throws {
        try screen.wait(for: "Images 1 ")
        try screen.press("2")
        try screen.wait(for: " by bytes")
        try screen.press("Space")
        try screen.wait(for: "1 marked")
        try screen.press("1")
        try screen.wait(for: "localhost/used:1")
        try screen.press("Space")
        try screen.wait(for: "2 marked")
        let plan = try host.document([
            "plan", "--engine", host.engine, "--only", "image=localhost/used:1", "--only", "container=user",
        ])
        let joint = try #require(((plan["totals"] as? [String: Any])?["freesBytes"] as? NSNumber)?.int64Value)
        try screen.wait(for: "2 marked, free \(joint)")
        try screen.press("d")
        try screen.wait(for: "2 things, \(joint) to be freed")
        try screen.press("y")
        let outcome = try screen.wait(for: "2 removed, 0 skipped, 0 failed")
        #expect(outcome.contains { $0.contains("freed \(joint)") }, "\(outcome)")
        #expect(try host.names() == [])
        try screen.press("Escape")
    }

    @Test(.needs("tmux", "/usr/sbin/dockerd", "/usr/bin/docker"), .needsRoot) func docker() throws { try look(.docker) }

    @Test(.needs("tmux", "/usr/bin/podman"), .needsRoot) func podman() throws { try look(.podman) }

    @Test(.needs("tmux", "/usr/bin/containerd", "/usr/bin/ctr"), .needsRoot) func containerd() throws { try look(.containerd) }

    /// A name that another image got between the plan and the yes stays, and so does what a container came to use.
    @Test(.needs("tmux", "/usr/sbin/dockerd", "/usr/bin/docker"), .needsRoot) func whatChangedMeanwhileIsSkipped() throws {
        let host = try EngineHost(.docker)
        try host.load(Self.images())
        let screen = try explore(host)
        for (count, name) in ["one:1", "two:1"].enumerated() {
            try screen.type("/\(name)")
            try screen.press("Enter", "Space")
            try screen.wait(for: "\(count + 1) marked")
        }
        try screen.press("d")
        try screen.wait(for: "y: yes")
        try host.create("late", from: "localhost/two:1")
        try screen.press("y")
        let outcome = try screen.wait(for: "1 removed, 1 skipped, 0 failed")
        #expect(outcome.contains { $0.contains("skipped localhost/two:1") }, "\(outcome)")
        #expect(try host.names() == ["localhost/two:1", "localhost/used:1"])
        try host.removeContainer("late")
    }

    /// The root of an engine that does not run is shown, with the reason why nothing goes.
    @Test(.needs("tmux", "/usr/sbin/dockerd", "/usr/bin/docker"), .needsRoot) func anEngineThatDoesNotRunIsShown() throws {
        let host = try EngineHost(.docker)
        try host.load(Self.images())
        var program = host.program
        program.environment["DOCKER_HOST"] = "unix://\(host.folder)/nobody"
        let screen = try TmuxScreen(program, ["explore", "--engine", host.engine], columns: 80, rows: 24)
        try screen.wait(for: "localhost/one:1")
        try screen.press("Space")
        try screen.wait(for: "cannot remove")
        try screen.press("Down")
        let lines = try screen.wait(for: "0 marked")
        #expect(lines.contains { $0.contains("stays: the engine does not answer") })
    }
}
