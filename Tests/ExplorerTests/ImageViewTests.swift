import Explorer
import Foundation
import ImageTransfer
import LayerAnalysis
import OCISpec
import Operations
import TerminalScreen
import TestSupport
import Testing

/// An image on the screen: every figure is that of the command that tells the same.
@Suite struct ImageViewTests {
    private func scene(exact: Bool = true, start: ImageView.Pane = .layers, size: ScreenSize? = nil) throws -> ExplorerScene {
        let scene = try ExplorerScene()
        try scene.load(.app)
        if let size { scene.size = size }
        scene.explore("localhost/app:1", start: start, showsExactBytes: exact)
        return scene
    }

    /// Every path of the tree on the screen, with the two figures.
    private func tree(_ scene: ExplorerScene) -> [(first: String, second: String, name: String)] {
        scene.files.compactMap { line in
            let words = line.split(separator: " ").map(String.init)
            guard words.count > 2 else { return nil }
            let rest = words.dropFirst(2).drop { ["A", "C", "D", "▸", "▾"].contains($0) }
            return (words[0], words[1], rest.first ?? "")
        }
    }

    // MARK: Figures

    @Test(arguments: [ScreenSize(rows: 24, columns: 80), ScreenSize(rows: 50, columns: 200)])
    func layersHaveTheFiguresOfAnalyze(size: ScreenSize) throws {
        let scene = try scene(size: size)
        let document = try scene.document("analyze", "localhost/app:1")
        let layers = try #require(document["layers"] as? [[String: Any]])
        let totals = try #require(document["totals"] as? [String: Any])
        let all = scene.layers[0].split(separator: " ")
        #expect(all.contains("\(try #require(totals["contentBytes"] as? Int))"))
        #expect(all.contains("\(try #require(totals["wastedBytes"] as? Int))"))
        for (number, layer) in layers.enumerated() {
            let words = scene.layers[number + 1].split(separator: " ").map(String.init)
            #expect(words[0] == "\(number)")
            #expect(words[1] == "\(try #require(layer["contentBytes"] as? Int))")
            #expect(words[2] == "\(try #require(layer["hiddenBytes"] as? Int))")
        }
        #expect(scene.status.contains("\(try #require(totals["visibleBytes"] as? Int)) visible"))
    }

    @Test func theMergedTreeHasTheFiguresOfFiles() throws {
        let scene = try scene(start: .files)
        openEverything(scene)
        let shown = Dictionary(uniqueKeysWithValues: tree(scene).map { ($0.name, $0) })
        let listed = try #require(try scene.document("files", "localhost/app:1")["entries"] as? [[String: Any]])
        for entry in listed {
            let path = try #require(entry["path"] as? String)
            let name = path.split(separator: "/").last.map(String.init) ?? ""
            let line = try #require(shown[name] ?? shown[name + "/"] ?? shown[name + "@"] ?? shown["/" + name], "\(path)")
            #expect(line.first == "\(try #require(entry["visibleBytes"] as? Int))", "\(path)")
            let wasted = try #require(entry["wastedBytes"] as? Int)
            #expect(line.second == (wasted > 0 ? "\(wasted)" : "-"), "\(path)")
        }
        // What is gone stands there for its waste.
        let gone = try #require(try scene.document("files", "localhost/app:1", "--wasted")["entries"] as? [[String: Any]])
        let app = try #require(gone.first { $0["path"] as? String == "opt/app" })
        #expect(shown["app"]?.second == "\(try #require(app["wastedBytes"] as? Int))")
    }

    private func openEverything(_ scene: ExplorerScene) {
        scene.press(.home)
        for _ in 0..<40 {
            if scene.selected.contains("▸") { scene.press(.character(" ")) }
            scene.press(.down)
        }
    }

    @Test func aLayersTreeHasTheFiguresOfItsListing() throws {
        let scene = try scene()
        scene.press(.down, .down, .tab)
        #expect(scene.screen[1].contains("Stored by layer 1"))
        openEverything(scene)
        let shown = Dictionary(uniqueKeysWithValues: tree(scene).map { ($0.name, $0) })
        let listed = try #require(try scene.document("files", "localhost/app:1", "--layer", "1")["entries"] as? [[String: Any]])
        for entry in listed {
            let name = try #require(entry["path"] as? String).split(separator: "/").last.map(String.init) ?? ""
            let line = try #require(shown[name] ?? shown[name + "/"], "\(name)")
            #expect(line.first == "\(try #require(entry["visibleBytes"] as? Int))", "\(name)")
        }
        // What a layer's entries waste is what the layer wastes.
        let layers = try #require(try scene.document("analyze", "localhost/app:1")["layers"] as? [[String: Any]])
        #expect(shown["/"]?.second == "\(try #require(layers[1]["hiddenBytes"] as? Int))")
        #expect(scene.files.contains { $0.contains(" A ") && $0.contains("keep") })
        #expect(scene.files.contains { $0.contains(" C ") && $0.contains("text") })
    }

    @Test func aRangeOfLayersIsOneChange() throws {
        let scene = try scene()
        scene.press(.down, .down, .character(" "), .down)
        #expect(scene.screen[1].contains("Changes by layers 1-2"))
        #expect(scene.screen[1].contains("1-2 as one"))
        scene.press(.tab)
        openEverything(scene)
        // What comes and goes within the range is no change.
        #expect(!scene.files.contains { $0.contains(" app ") })
        #expect(scene.files.contains { $0.contains(" A ") && $0.contains("keep") })
        #expect(scene.files.contains { $0.contains(" C ") && $0.contains("text") && $0.contains("content") })
        scene.press(.escape)
        #expect(scene.screen[1].contains("Stored by layer 2"))
    }

    @Test func aLayersChangesHaveTheFiguresOfDiff() throws {
        let scene = try scene()
        scene.press(.down, .down, .down, .character("c"), .tab)
        let totals = try #require(
            try scene.document("diff", "localhost/app:1", "--layer", "2")["totals"] as? [String: Any])
        let paths = try #require(totals["paths"] as? [String: Any] ?? totals)
        let after = (paths["addedBytes"] as? Int ?? 0) + (paths["modifiedBytesAfter"] as? Int ?? 0)
        let before = (paths["removedBytes"] as? Int ?? 0) + (paths["modifiedBytesBefore"] as? Int ?? 0)
        let root = try #require(tree(scene).first)
        #expect(root.first == "\(after)")
        #expect(root.second == "\(before)")
        #expect(scene.screen[2].contains("AFTER") && scene.screen[2].contains("BEFORE"))
    }

    @Test func twoImagesAreOneTree() throws {
        let scene = try ExplorerScene()
        try scene.load(.base, .app)
        scene.explore("localhost/base:1", "localhost/app:1", showsExactBytes: true)
        let totals = try #require(
            try scene.document("diff", "localhost/base:1", "localhost/app:1")["totals"] as? [String: Any])
        let delta = try #require(totals["visibleDelta"] as? Int)
        #expect(scene.status.contains("+\(delta) visible"), "\(scene.status)")
        #expect(scene.screen[0].contains("localhost/base:1 → localhost/app:1"))
        #expect(scene.layers.contains { $0.hasPrefix(" A 1") })
        scene.press(.down)
        #expect(scene.layers.contains { $0.hasPrefix(">A 1") })
        scene.press(.tab)
        openEverything(scene)
        #expect(scene.files.contains { $0.contains(" A ") && $0.contains("twin") })
        #expect(scene.files.contains { $0.contains(" C ") && $0.contains("text") })
        // A file's text is what differs, and either version is a key away.
        scene.type("/text\n")
        scene.press(.character("v"))
        #expect(scene.screen[1...4] == ["  one", "- two", "+ 2", "  three"])
        #expect(scene.status.contains("from layer 0 of localhost/base:1 to layer 1 of localhost/app:1"))
        scene.press(.character("["))
        #expect(scene.screen[1...3] == ["one", "two", "three"])
    }

    @Test func bytesAreInTheTextOfDfUnlessExactOnesAreAskedFor() throws {
        let scene = try scene(exact: false)
        #expect(scene.layers[2].contains("521kB"), "\(scene.layers)")
        #expect(scene.status.contains("wasted"))
    }

    // MARK: Habits

    @Test func foldersAreFoldedAtFirstAndTheLargestStandsFirst() throws {
        let scene = try scene(start: .files)
        #expect(scene.screen[1].contains("by bytes"))
        #expect(tree(scene).map(\.name) == ["/", "opt/", "etc/", "usr/", "empty/"])
        scene.press(.character("s"))
        #expect(scene.screen[1].contains("by waste"))
        scene.press(.character("s"))
        #expect(scene.screen[1].contains("by name"))
        #expect(tree(scene).map(\.name) == ["/", "empty/", "etc/", "opt/", "usr/"])
    }

    @Test func spaceFoldsAndEnterOpens() throws {
        let scene = try scene(start: .files)
        scene.press(.down, .character(" "))
        #expect(tree(scene).map(\.name).prefix(4) == ["/", "opt/", "keep", "twin"])
        scene.press(.character(" "))
        #expect(tree(scene).count == 5)
        scene.press(.enter)
        #expect(tree(scene).count == 9)
        scene.press(.down, .left)
        #expect(scene.selected.contains("opt/"))
    }

    @Test func aSearchOpensWhatHidesTheMatch() throws {
        let scene = try scene()
        scene.type("/readme\n")
        #expect(scene.selected.contains("readme"))
        scene.type("/nothing\n")
        #expect(scene.status.contains("no path matches"))
        scene.type("/etc/te\n")
        #expect(scene.selected.contains("text"))
        scene.type("/*.md\n")
        #expect(scene.status.contains("no path matches"))
        // Letters are a text while it is typed.
        scene.type("/q?")
        #expect(scene.ending == nil)
        #expect(scene.status.contains("/q?_"))
        scene.press(.escape)
        #expect(scene.ending == nil)
    }

    @Test func aFilterKeepsWhatIsAboveAndSaysThatTotalsArePartial() throws {
        let scene = try scene(start: .files)
        scene.type("fkeep\n")
        #expect(scene.screen[1].contains("Filtered"))
        #expect(scene.status.contains("partial"))
        #expect(tree(scene).map(\.name) == ["/", "opt/", "keep"])
        #expect(tree(scene).map(\.first) == ["20000", "20000", "20000"])
        // Folding works as without one.
        scene.press(.home, .down, .character(" "))
        #expect(tree(scene).map(\.name) == ["/", "opt/"])
        scene.press(.escape)
        #expect(tree(scene).count == 5)
        scene.type("f>20kB\n")
        #expect(tree(scene).map(\.name).contains("twin"))
        #expect(!tree(scene).map(\.name).contains("readme"))
    }

    @Test func theNextWasteIsTheNextLargest() throws {
        let scene = try scene()
        let paths = try #require(try scene.document("analyze", "localhost/app:1")["wastedPaths"] as? [[String: Any]])
        for path in paths {
            scene.press(.character("w"))
            let name = try #require(path["path"] as? String).split(separator: "/").last.map(String.init) ?? ""
            #expect(scene.selected.contains(name))
            #expect(scene.status.contains("\(try #require(path["wastedBytes"] as? Int))"))
            let causes = try #require(path["causes"] as? [String: Any])
            for cause in causes.keys { #expect(scene.selected.contains(cause) || scene.status.contains(cause)) }
        }
    }

    @Test func whyNamesLayersAndDuplicates() throws {
        let scene = try scene()
        scene.type("/keep\n")
        scene.press(.character("y"))
        let text = scene.screen.joined(separator: "\n")
        #expect(text.contains("stores it again, the content unchanged"), "\(text)")
        #expect(text.contains("/opt/twin"))
        scene.press(.escape)
        #expect(scene.selected.contains("keep"))
    }

    @Test func allOfALineIsAKeyAway() throws {
        let scene = try scene()
        scene.press(.down, .down, .character("i"))
        #expect(scene.screen.contains { $0.contains("diff ID") })
        scene.press(.escape, .tab, .character("i"))
        #expect(scene.screen.contains { $0.contains("path") })
    }

    // MARK: Files

    @Test func aFileIsShownAsEachLayerStoresIt() throws {
        let scene = try scene()
        scene.type("/text\n")
        scene.press(.character("v"))
        #expect(scene.screen[1...3] == ["one", "2", "three"])
        #expect(scene.status.contains("layer 1, version 2 of 2"))
        scene.press(.character("["))
        #expect(scene.screen[1...3] == ["one", "two", "three"])
        scene.press(.character("]"), .character("c"))
        #expect(scene.screen[1...4] == ["  one", "- two", "+ 2", "  three"])
        scene.press(.escape)
        #expect(scene.selected.contains("text"))
    }

    @Test func binaryFilesSayThatTheyAre() throws {
        let scene = try scene()
        scene.type("/app\n")
        scene.press(.enter)
        #expect(scene.screen[1].contains("Binary, 500000 bytes"))
    }

    // MARK: Ends

    @Test func escapeNeverQuitsAndQDoes() throws {
        let scene = try scene()
        scene.press(.escape, .escape, .left, .backspace, .character("d"), .character("u"))
        #expect(scene.ending == nil)
        scene.press(.character("?"))
        #expect(scene.screen.contains { $0.contains("$ strata analyze localhost/app:1") })
        scene.press(.escape)
        #expect(scene.ending == nil)
        scene.press(.character("q"))
        guard case .quit = scene.ending else {
            Issue.record("q does not quit")
            return
        }
    }

    @Test func everyKeyOfTheHelpIsThere() throws {
        let scene = try scene(size: ScreenSize(rows: 60, columns: 120))
        scene.press(.character("?"))
        let text = scene.screen.joined(separator: "\n")
        for key in ["Tab", "Space", "/", "f ", "w ", "y ", "i ", "v ", "e ", "s ", "r ", "c ", "q ", "Ctrl-C", "Ctrl-Z", "Esc"] {
            #expect(text.contains("\n" + key), "\(key)")
        }
    }

    @Test func anImageThatIsNotThereEndsWithTheError() throws {
        let scene = try ExplorerScene()
        scene.explore("nothing:1")
        guard case .fail = scene.ending else {
            Issue.record("it goes on")
            return
        }
    }

    @Test func aFailureOfAViewAboveAnotherLeavesTheOther() throws {
        let scene = try ExplorerScene()
        try scene.load(.app)
        let image = ImageView(["nothing:1"], scene.workspace, ExplorerSettings(), start: .layers)
        scene.open(OneLine { .open(image) })
        scene.press(.enter)
        #expect(scene.ending == nil)
        #expect(scene.screen[1] == "the view below")
        #expect(scene.status.contains("nothing:1"))
    }

    /// A view that does one thing.
    private final class OneLine: ExplorerView {
        let (title, status, keys) = ("below", "", [KeyHelp]())
        private let action: () -> ExplorerAction
        init(_ action: @escaping () -> ExplorerAction) { self.action = action }
        func frame(_ size: ScreenSize, _ cells: ScreenCells) -> Frame { Frame([ScreenLine("the view below")]) }
        func press(_ key: Key, _ size: ScreenSize) -> [ExplorerAction] { [action()] }
        func start() -> [ExplorerAction] { [] }
    }

    @Test func whatIsNotKnownHasNoNumber() throws {
        let scene = try ExplorerScene()
        let foreign = BuiltLayer([.file("windows/dll", size: 3000, seed: 9)]).with {
            $0.descriptor.mediaType = "application/vnd.oci.image.layer.nondistributable.v1.tar"
            $0.isAbsent = true
        }
        let image = ImageBuilder([foreign, .init([.file("own", size: 500, seed: 8)])], named: "localhost/part:1")
        let path = scene.folder.path("part.tar")
        try Data(try image.layout().tar).write(to: URL(filePath: path))
        scene.explore(path, start: .files, showsExactBytes: true)
        #expect(scene.status.contains("partial"), "\(scene.screen)")
        #expect(scene.layers[1].split(separator: " ").map(String.init).prefix(3) == ["0", "-", "-"])
        #expect(tree(scene).first { $0.name == "/" }?.first == "-")
        #expect(tree(scene).first { $0.name == "own" }?.first == "500")
    }

    @Test func layersBeyondAHundredHaveTheirNumbers() throws {
        let scene = try ExplorerScene()
        let layers = (0..<120).map { BuiltLayer([.file("f\($0)", size: $0 + 1, seed: UInt64($0))]) }
        try scene.load(ImageBuilder(layers, named: "localhost/tall:1"))
        scene.explore("localhost/tall:1", showsExactBytes: true)
        scene.press(.end)
        #expect(scene.selected.split(separator: " ").prefix(3) == [">119", "120", "0"])
        scene.press(.home, .character("s"), .down)
        #expect(scene.selected.split(separator: " ").prefix(3) == [">119", "120", "0"])
    }

    @Test func aSmallScreenSaysSo() throws {
        let scene = try scene(size: ScreenSize(rows: 16, columns: 59))
        #expect(scene.screen.contains { $0.contains("60x17 is needed") })
        scene.size = ScreenSize(rows: 17, columns: 60)
        #expect(scene.screen[1].contains("Layers"))
    }

    // MARK: While it is read

    /// What is read so far can be walked in, is said to be partial, and is the whole in the end with the same line selected.
    @Test func layersThatAreReadAreShownWhileOthersAreRead() throws {
        let scene = try ExplorerScene()
        let path = scene.folder.path("app.tar")
        try Data(try ImageBuilder.dockerArchive([.app]).tar).write(to: URL(filePath: path))
        scene.passing = []
        scene.explore(path, start: .files)
        let partial = try #require(scene.passing).filter { $0.contains { $0.contains("of 4 layers so far") } }
        let first = try #require(partial.first)
        #expect(first.last?.contains("totals are partial") == true)
        // The largest layer is read first.
        #expect(first.contains { $0.hasSuffix("▸ opt/") }, "\(first)")
        #expect(scene.screen.contains { $0.contains("All layers merged") })
        #expect(!scene.status.contains("partial"))
    }

    /// Of an image that is read a part, the tree has just that part, whatever the others would do to it.
    @Test func aPartialTreeHasTheLayersThatAreKnown() throws {
        let scene = try ExplorerScene()
        let config = ImageConfig(
            platform: Platform(os: "linux", architecture: "amd64"), rootfs: RootFS(diffIDs: ImageBuilder.app.layers.map(\.diffID))
        )
        let outline = ImageOutline(name: "localhost/app:1", config: config, blobBytes: [nil, nil, nil, nil])
        #expect(try scene.workspace.partialTree(of: outline) == nil)
        try scene.load(.base)
        let partial = try #require(try scene.workspace.partialTree(of: outline))
        #expect(partial.knownCount == 1)
        let paths = ["etc/base", "etc/text", "opt"].map { partial.tree.place(of: Array($0.utf8)) != nil }
        #expect(paths == [true, true, false])
        try scene.load(.app)
        #expect(try scene.workspace.partialTree(of: outline)?.knownCount == 4)
    }

    /// Of two images, `y` tells what the layers of both did.
    @Test func whyOfTwoImagesTellsOfBoth() throws {
        let scene = try ExplorerScene()
        try scene.load(.base, .app)
        scene.explore("localhost/base:1", "localhost/app:1", start: .files)
        scene.type("/text\n")
        scene.press(.character("y"))
        #expect(scene.screen.contains { $0.contains("/etc/text in localhost/base:1") }, "\(scene.screen)")
        #expect(scene.screen.contains { $0.contains("/etc/text in localhost/app:1") })
    }
}
