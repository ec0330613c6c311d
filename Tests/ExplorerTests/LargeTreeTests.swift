import Explorer
import LayerArchive
import TerminalScreen
import TestSupport
import Testing

/// A tree of many entries costs what is on the screen.
@Suite struct LargeTreeTests {
    @Test func movingInALargeDirectoryLooksAtWhatIsShown() throws {
        let scene = try ExplorerScene()
        let members = (0..<20_000).map { TarMember.file("many/f\($0)", text: String(repeating: "x", count: $0 % 7)) }
        try scene.load(ImageBuilder([.init(members)], named: "localhost/many:1"))
        scene.explore("localhost/many:1", start: .files)
        scene.press(.down, .enter, .end)
        #expect(scene.selected.contains("f"))
        scene.press(.home)
        #expect(scene.selected.contains("/"))
        let clock = ContinuousClock()
        let time = clock.measure {
            for _ in 0..<200 {
                scene.press(.down)
                _ = scene.frame
            }
        }
        // Far more than it takes, and far less than a walk over all of them 200 times.
        #expect(time < .seconds(4))
        scene.type("/f19999\n")
        #expect(scene.selected.contains("f19999"))
    }

    @Test func aChainOfDirectoriesIsWalked() throws {
        let scene = try ExplorerScene()
        let path = Array(repeating: "d", count: 3000).joined(separator: "/") + "/end"
        try scene.load(ImageBuilder([.init([.file(path, text: "x")])], named: "localhost/deep:1"))
        scene.explore("localhost/deep:1", start: .files)
        scene.type("/end\n")
        #expect(scene.selected.contains("end"))
        scene.press(.character("y"), .end)
        #expect(scene.screen.contains { $0.contains("stores a file") })
    }
}
