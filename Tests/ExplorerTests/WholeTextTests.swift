import Explorer
import Foundation
import Operations
import TerminalScreen
import TestSupport
import Testing

/// Nothing that a screen tells is cut off for good: not a sentence, not a line of a file, not a command, and not what is typed.
@Suite struct WholeTextTests {
    private static let long = "begin" + String(repeating: "é-", count: 120) + "finish"

    private func scene(_ isUTF8: Bool) throws -> ExplorerScene {
        let scene = try ExplorerScene()
        scene.cells = ScreenCells(isUTF8: isUTF8)
        var image = ImageBuilder(
            [.init([.file("text", text: Self.long + "\nlast\n")]), .init([.file("text", text: "other\n")])],
            named: "localhost/long:1")
        let config: [String: Any] = [
            "architecture": "amd64", "os": "linux",
            "rootfs": ["type": "layers", "diff_ids": image.layers.map(\.diffID.description)],
            "history": [["created_by": "RUN " + Self.long], ["created_by": "COPY"]],
        ]
        image.configOverride = Array(try JSONSerialization.data(withJSONObject: config))
        try scene.load(image)
        return scene
    }

    private func expectWhole(_ scene: ExplorerScene) {
        let shown = scene.screen.dropFirst().joined()
        #expect(shown.contains("begin") && shown.contains("finish"), "\(scene.screen)")
        #expect(!scene.screen.dropFirst().contains { $0.contains("…") || $0.hasSuffix("~") }, "\(scene.screen)")
    }

    @Test(arguments: [true, false]) func linesOfFilesAndTheirDifferences(isUTF8: Bool) throws {
        let scene = try scene(isUTF8)
        scene.size = ScreenSize(rows: 40, columns: 80)
        scene.explore("localhost/long:1", start: .files)
        scene.type("/text\nv")
        scene.press(.character("["))
        expectWhole(scene)
        #expect(scene.screen.contains("last"))
        scene.press(.character("]"), .character("c"))
        expectWhole(scene)
    }

    @Test(arguments: [true, false]) func instructions(isUTF8: Bool) throws {
        let scene = try scene(isUTF8)
        scene.size = ScreenSize(rows: 40, columns: 80)
        scene.explore("localhost/long:1")
        scene.press(.down, .character("i"))
        expectWhole(scene)
    }

    /// What is scrolled to stays where it is when the terminal gets another width.
    @Test func aResizeKeepsThePlace() throws {
        let scene = try ExplorerScene()
        let text = (0..<400).map { "line \($0) \(String(repeating: "x", count: 60))" }.joined(separator: "\n")
        try scene.load(ImageBuilder([.init([.file("text", text: text)])], named: "localhost/lines:1"))
        scene.explore("localhost/lines:1", start: .files)
        scene.type("/text\nv")
        for _ in 0..<8 { scene.press(.pageDown) }
        let first = scene.screen[1].prefix(10)
        #expect(first.hasPrefix("line 1"))
        for columns in [60, 100, 200, 80] {
            scene.size.columns = columns
            #expect(scene.screen[1].prefix(10) == first)
        }
    }

    @Test func whatIsSaid() throws {
        let scene = try ExplorerScene()
        try scene.load(.app)
        let name = "localhost/begin" + String(repeating: "-not-there", count: 12) + "-finish:1"
        var settings = HostViewSettings(title: "store")
        let workspace = scene.workspace
        settings.openImage = { _ in ImageView([name], workspace, ExplorerSettings(), start: .layers) }
        scene.exploreStore(settings)
        scene.press(.enter)
        expectWhole(scene)
        // What is marked is told all the same, and the sentence goes with the next key.
        #expect(scene.status.contains("0 marked, free 0B"))
        scene.press(.down)
        #expect(!scene.screen.joined().contains("finish"))
    }

    @Test func whatIsTyped() throws {
        let scene = try ExplorerScene()
        try scene.load(.app)
        scene.explore("localhost/app:1")
        scene.type("/" + String(repeating: "abc", count: 60) + "END")
        #expect(scene.status.hasSuffix("END_"), "\(scene.status)")
        #expect(scene.frame.cursor?.row == scene.size.rows - 1)
    }

    @Test func commandsOfTheHelp() throws {
        let scene = try ExplorerScene()
        try scene.load(.app)
        scene.size = ScreenSize(rows: 70, columns: 60)
        var settings = HostViewSettings(title: "store")
        settings.explorer.command.store = ["--store", "/begin/" + String(repeating: "folder/", count: 12) + "finish"]
        scene.exploreStore(settings)
        scene.press(.character("?"))
        expectWhole(scene)
    }
}
