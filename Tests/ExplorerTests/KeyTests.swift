import Explorer
import Foundation
import OCISpec
import Operations
import TerminalScreen
import TestSupport
import Testing

/// The keys of the code, of `?` and of docs/explore.md are the same.
@Suite struct KeyTests {
    /// What stands for a key in a list of keys.
    private static func keys(_ words: String) -> [Key] {
        words.split(separator: " ").map(String.init).flatMap { word -> [Key] in
            switch word {
            case "Up": [.up]
            case "Down": [.down]
            case "Left": [.left]
            case "Right": [.right]
            case "PgUp": [.pageUp]
            case "PgDn": [.pageDown]
            case "Ctrl-U": [.control("u")]
            case "Ctrl-D": [.control("d")]
            case "Ctrl-L": [.control("l")]
            case "Ctrl-C": [.control("c")]
            case "Home": [.home]
            case "End": [.end]
            case "Tab": [.tab, .backTab]
            case "Enter": [.enter]
            case "Backspace": [.backspace]
            case "Space": [.character(" ")]
            case "Esc": [.escape]
            case "1-5": "12345".map { .character($0) }
            default: word.count == 1 ? word.map { .character($0) } : []
            }
        }
    }

    /// Every key that a terminal can send, but for the mouse.
    private static let all: [Key] =
        [
            .up, .down, .left, .right, .enter, .escape, .backspace, .tab, .backTab, .pageUp, .pageDown, .home, .end, .delete,
        ] + (0x20..<0x7F).map { .character(Character(Unicode.Scalar($0))) } + "abdefghijklmnopqrstuvwxyz".map { .control($0) }

    /// Keys that change something where a scene stands.
    private func effective(_ scene: () throws -> ExplorerScene) throws -> Set<Key> {
        var found: Set<Key> = []
        for key in Self.all {
            let scene = try scene()
            let before = scene.screen
            scene.press(key)
            if scene.screen != before || scene.ending != nil { found.insert(key) }
        }
        return found
    }

    private func documented(_ help: [KeyHelp]) -> Set<Key> {
        Set(help.flatMap { Self.keys($0.keys) } + Self.keys("? q Ctrl-C Ctrl-L"))
    }

    @Test func noKeyOfAnImageIsASecret() throws {
        let shared = try ExplorerScene()
        try shared.load(.app)
        let view = ImageView(["localhost/app:1"], shared.workspace, ExplorerSettings(), start: .layers)
        var known = documented(view.keys)
        // They say why they do nothing.
        known.formUnion([.character("d"), .character("u"), .delete])
        for start in [ImageView.Pane.layers, .files] {
            let found = try effective {
                shared.explore("localhost/app:1", start: start)
                shared.press(.down, .down)
                return shared
            }
            #expect(found.subtracting(known) == [], "\(start)")
        }
    }

    @Test func noKeyOfAStoreIsASecret() throws {
        let shared = try ExplorerScene()
        var app = ImageBuilder.app
        app.names.append("localhost/app:old")
        try shared.load(.base, app)
        let known = documented(HostView(StoreHost(shared.workspace), HostViewSettings(title: "store")).keys)
        for start in [[], [.character("t"), .down], [.character(" "), .character("d")]] as [[Key]] {
            let found = try effective {
                // Ages do not grow between two looks.
                shared.exploreStore(HostViewSettings(title: "store", now: { Timestamp(seconds: 2_000_000_000) }))
                shared.press(.character("g"))
                for key in start { shared.press(key) }
                return shared
            }
            #expect(found.subtracting(known).subtracting([.character("y")]) == [], "\(start)")
        }
    }

    /// What `?` names beside a key can be typed: with something in the place of the words in capitals it ends well.
    @Test func eachCommandOfTheHelpWorks() throws {
        let scene = try ExplorerScene()
        try scene.load(.base, .app)
        var settings = ExplorerSettings()
        settings.command.store = ["--store", scene.folder.path("store")]
        settings.command.platform = ["--platform", "linux/amd64"]
        var host = HostViewSettings(title: "store", settings)
        host.explorer.command.planning = ["--trash", "1h"]
        var help = HostView(StoreHost(scene.workspace), host).keys
        for sources in [["localhost/app:1"], ["localhost/base:1", "localhost/app:1"]] {
            help += ImageView(sources, scene.workspace, settings, start: .layers).keys
        }
        let places = [
            " IMAGE": " localhost/app:1", "NAME": "localhost/app:1", "PATH": "/etc/base", " N ": " 0 ", "PATTERN": "'*'",
        ]
        let commands = Set(help.compactMap(\.command))
        #expect(commands.count > 10)
        for command in commands {
            let whole = places.reduce(command + " ") { $0.replacingOccurrences(of: $1.key, with: $1.value) }
            let outcome = try Program("bash").run(
                ["-c", "strata() { \"$STRATA\" \"$@\"; }; \(whole)"],
                environment: ["STRATA": Program.strata.path, "HOME": scene.folder.path, "PATH": "/usr/bin:/bin"])
            #expect(outcome.status == 0, "\(whole): \(outcome.errors)")
        }
    }

    @Test func thePageHasTheKeysOfTheHelp() throws {
        let page = try String(contentsOfFile: Program.packageRoot + "/docs/explore.md", encoding: .utf8)
        let scene = try ExplorerScene()
        let image = ImageView(["a"], scene.workspace, ExplorerSettings(), start: .layers).keys
        let host = HostView(StoreHost(scene.workspace), HostViewSettings(title: "store")).keys
        for (heading, help) in [("## An image", image), ("## Hosts", host)] {
            let part = try #require(
                page.components(separatedBy: "\n" + heading + "\n").last?.components(separatedBy: "\n## ").first)
            let rows = part.components(separatedBy: "| key | what it does |").last?.split(separator: "\n").drop {
                $0.hasPrefix("|---")
            }
            let written = Set(
                (rows ?? []).prefix { $0.hasPrefix("|") }.flatMap { Self.keys(Self.plain(String($0.split(separator: "|")[0]))) })
            #expect(written == documented(help), "\(heading): \(written.symmetricDifference(documented(help)))")
        }
    }

    /// Keys without the signs of the page.
    private static func plain(_ cell: String) -> String {
        cell.replacingOccurrences(of: "arrows", with: "Up Down Left Right").replacingOccurrences(of: "`", with: "")
            .replacingOccurrences(of: ",", with: "")
    }
}
