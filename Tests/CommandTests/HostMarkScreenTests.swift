import Foundation
import TestSupport
import Testing

/// Marks of single names, and what a screen says where nothing can be looked at or pasted as it stands.
@Suite struct HostMarkScreenTests {
    /// A name by itself frees nothing; all names of an image free what the image does, and the image is gone with them.
    @Test(.needs("tmux")) func singleNamesAreMarked() throws {
        let scene = try HostScene()
        let frees = try #require(try scene.figures()["localhost/app:1"]).frees
        let screen = try scene.explore("--bytes")
        try screen.type("/app:1")
        try screen.press("Enter", "t")
        try screen.wait(for: "└ localhost/app:old")
        try screen.press("Down", "Space")
        try screen.wait(for: "1 marked, free 0")
        try screen.press("d")
        let plan = try screen.wait(for: "y: yes")
        #expect(plan.contains { $0.contains("1 thing, 0 to be freed") }, "\(plan)")
        #expect(plan.contains { $0.split(separator: " ") == ["0", "untag", "localhost/app:1"] }, "\(plan)")
        #expect(plan.contains("strata apply $(strata plan -q --only name=localhost/app:1)"), "\(plan)")
        try screen.press("n", "Space")
        try screen.wait(for: "2 marked, free \(frees)")
        #expect(try scene.planned(["name=localhost/app:1", "name=localhost/app:old"]) == frees)
        // The image's mark takes the place of those of its names.
        try screen.press("Up", "Up", "Up")
        try screen.wait("the image's row") { $0.contains { $0.hasPrefix("  ") && $0.contains("localhost/app:1 (+1)") } }
        try screen.press("g")
        try screen.type("/app:1")
        try screen.press("Enter", "Space")
        try screen.wait(for: "1 marked, free \(frees)")
        try screen.press("Space")
        try screen.wait(for: "the image is marked, with all its names")
        // One name goes, the image stays.
        try screen.press("c", "g")
        try screen.type("/app:1")
        try screen.press("Enter", "Down", "Space", "d")
        try screen.wait(for: "1 thing, 0 to be freed")
        try screen.press("y")
        try screen.wait(for: "1 removed, 0 skipped, 0 failed")
        let names = try scene.bench.imageNames()
        #expect(!names.contains("localhost/app:1") && names.contains("localhost/app:old"), "\(names)")
        #expect(scene.bench.problems == [])
    }

    /// The command of a plan is about the store that the screen shows, wherever it is pasted.
    @Test(.needs("tmux", "bash")) func aPlansCommandNamesTheStore() throws {
        let scene = try HostScene()
        let folder = scene.bench.folder.path("a store")
        try FileManager.default.moveItem(atPath: scene.bench.store, toPath: folder)
        let screen = try TmuxScreen(scene.bench.program, ["explore", "--store", folder, "--trash", "1h"], columns: 80, rows: 40)
        try screen.wait(for: "localhost/big:1")
        try screen.type("/big:1")
        try screen.press("Enter", "Space", "d")
        let plan = try screen.wait(for: "y: yes")
        let at = try #require(plan.firstIndex { $0.hasPrefix("strata apply") })
        let command = plan[at...].prefix { !$0.isEmpty }.joined()
        try screen.press("n", "q")
        #expect(try screen.status() == 0)
        let pasted = try scene.bench.shell("strata() { \"$STRATA\" \"$@\"; }; \(command)")
        #expect(pasted.status == 0, "\(command): \(pasted.errors)")
        let left = try scene.bench.program.run(["images", "--store", folder])
        #expect(!left.output.contains("localhost/big"), "\(left.output)")
        let undo = try scene.bench.program.run(["undo", "--store", folder])
        #expect(undo.lines.count == 2, "one plan can be undone: \(undo.output)")
    }

    /// A store that cannot be looked at ends the explorer with the error that `df` has, whole.
    @Test(.needs("tmux")) func aDamagedStoreIsToldWhenTheTerminalIsBack() throws {
        let scene = try HostScene()
        try Data("{".utf8).write(to: URL(filePath: "\(scene.bench.store)/index.json"))
        let screen = try TmuxScreen(scene.bench.program, ["explore"], columns: 80, rows: 24)
        #expect(try screen.status() == 3)
        let lines = try screen.lines()
        let df = try scene.bench.strata("df")
        #expect(df.status == 3)
        let shown = lines.joined().filter { $0 != " " }
        let sentence = try #require(df.errors.split(separator: "\n").first).filter { $0 != " " }
        #expect(shown.contains(sentence), "\(lines)")
    }
}
