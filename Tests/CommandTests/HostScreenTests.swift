import Foundation
import Glibc
import TestSupport
import Testing

/// The explorer of a store at a real terminal: what its screen says is what the commands say, and what it does is what it said.
struct HostScreenTests {
    /// Screens as they are, but for the first line, which has the store's path.
    @Test(.needs("tmux"), arguments: [(80, 24), (200, 50)]) func theListsLookAsTheyDid(columns: Int, rows: Int) throws {
        let scene = try HostScene()
        let screen = try scene.marking(["app:1", "app:2"], columns: columns, rows: rows)
        func golden(_ name: String) throws {
            let lines = try screen.lines()
            #expect(lines.count == rows + 1 || lines.count == rows)
            try expectGolden(
                lines.dropFirst().joined(separator: "\n"), "Tests/CommandTests/Golden/explore/\(name)-\(columns)x\(rows).txt")
        }
        try golden("images")
        try screen.press("d")
        try screen.wait(for: "y: yes")
        try golden("plan")
        try screen.press("n", "?")
        try screen.wait(for: "carries it out")
        try golden("keys")
        try screen.press("Escape", "q")
        #expect(try screen.status() == 0)
    }

    @Test(.needs("tmux")) func everyNumberIsTheCommands() throws {
        let scene = try HostScene()
        let figures = try scene.figures()
        let screen = try scene.explore("--bytes", columns: 120)
        let lines = try screen.lines()
        #expect(figures.count == 5)
        for (name, figure) in figures {
            let words = try HostScene.row(name, lines)
            #expect(words[0] == "\(figure.disk)", "\(words)")
            #expect(words[1] == "\(figure.frees)", "\(words)")
        }
        #expect(lines.contains { $0.contains("0 marked, free 0") })
        // In the words of `df` as well.
        let texts = try scene.explore().lines()
        let table = try scene.bench.succeed("df", "-v")
        for name in figures.keys {
            let words = try HostScene.row(name, texts)
            let row = try #require(table.split(separator: "\n").first { $0.hasSuffix(name) }).split(separator: " ")
            #expect(words[0] == row[1])
            #expect(words[1] == row[4])
        }
    }

    /// What two images free together is more than the sum where they share a layer, and is what the plan says, what it takes and what
    /// the command to paste says.
    @Test(.needs("tmux")) func marksTellWhatTheyFreeTogetherAndTheyDo() throws {
        let scene = try HostScene()
        let figures = try scene.figures()
        let names = ["image=localhost/app:1", "image=localhost/app:2"]
        let joint = try scene.planned(names)
        let first = try #require(figures["localhost/app:1"]), second = try #require(figures["localhost/app:2"])
        #expect(joint > first.frees + second.frees)
        let screen = try scene.marking(["app:1", "app:2"], ["--bytes"], rows: 40)
        try screen.wait(for: "2 marked, free \(joint)")
        try screen.press("d")
        let plan = try screen.wait(for: "y: yes")
        #expect(plan.contains { $0.contains("2 things, \(joint) to be freed") })
        #expect(plan.contains { $0.contains("localhost/app:1, localhost/app:old") })
        #expect(plan.contains { $0.contains("localhost/base:1") }, "who keeps the base")
        // The command, put together again where the screen broke it.
        let at = try #require(plan.firstIndex { $0.hasPrefix("strata apply") })
        let command = plan[at...].prefix { !$0.isEmpty }.joined()
        try screen.press("n")
        try screen.wait(for: "2 marked, free \(joint)")
        #expect(try scene.figures().count == 5)
        try screen.press("d")
        try screen.wait(for: "y: yes")
        try screen.press("Enter")
        try screen.press("y")
        let outcome = try screen.wait(for: "freed \(joint)")
        #expect(outcome.contains { $0.contains("predicted \(joint)") })
        #expect(outcome.contains { $0.contains("2 removed, 0 skipped, 0 failed") })
        try screen.wait(for: "0 marked, free 0")
        #expect(Set(try scene.figures().keys) == ["localhost/base:1", "localhost/web:1", "localhost/big:1"])
        #expect(scene.bench.problems == [])
        try screen.press("Escape", "q")
        #expect(try screen.status() == 0)
        // In another store of the same images the command does the same.
        let other = try HostScene()
        let pasted = try other.bench.shell("strata() { \"$STRATA\" \"$@\"; }; \(command)")
        #expect(pasted.status == 0, "\(command): \(pasted.errors)")
        #expect(Set(try other.figures().keys) == ["localhost/base:1", "localhost/web:1", "localhost/big:1"])
    }

    @Test(.needs("tmux")) func whatAContainerUsesIsRefusedUntilTheContainerIsMarkedToo() throws {
        let scene = try HostScene()
        try scene.bench.succeed("create", "--name", "shop", "localhost/web:1", "true")
        let screen = try scene.explore("--bytes")
        try screen.type("/web:1")
        try screen.press("Enter")
        try screen.wait(for: "stays: container shop uses it")
        try screen.press("Space")
        try screen.wait(for: "cannot remove localhost/web:1: container shop uses it")
        try screen.press("2")
        try screen.wait(for: "shop")
        try screen.press("Space")
        try screen.wait(for: "1 marked")
        try screen.press("1")
        try screen.wait(for: "localhost/web:1")
        try screen.press("Space")
        let id = try scene.bench.succeed("ps", "-aq", "--no-trunc").split(separator: "\n").map(String.init)[0]
        let joint = try scene.planned(["image=localhost/web:1", "container=\(id)"])
        try screen.wait(for: "2 marked, free \(joint)")
        // Without its container the image's mark comes to nothing, and the screen says so.
        try screen.press("2", "Space")
        try screen.wait(for: "1 marked, free 0; 1 of them stays")
        try screen.press("Space")
        try screen.wait(for: "2 marked, free \(joint)")
        try screen.press("d")
        try screen.wait(for: "y: yes")
        try screen.press("y")
        try screen.wait(for: "freed \(joint)")
        #expect(try scene.bench.succeed("ps", "-aq") == "")
    }

    /// Between the plan and the yes somebody gives an image a name: it stays, with the reason.
    @Test(.needs("tmux")) func whatChangedSinceThePlanIsSkippedWithTheReason() throws {
        let scene = try HostScene()
        let screen = try scene.marking(["app:2", "big:1"])
        try screen.press("d")
        try screen.wait(for: "y: yes")
        try scene.bench.succeed("tag", "localhost/app:2", "localhost/kept:1")
        try screen.press("y")
        let outcome = try screen.wait(for: "1 removed, 1 skipped, 0 failed")
        #expect(outcome.contains { $0.contains("skipped localhost/app:2: it has a new name since") })
        #expect(try scene.bench.imageNames().contains("localhost/kept:1"))
        #expect(try !scene.bench.imageNames().contains("localhost/big:1"))
        // Between a mark and the plan it is the plan that shows it: another one is gone.
        let again = try scene.marking(["app:1", "base:1"])
        try scene.bench.succeed("rmi", "localhost/base:1")
        try again.press("d")
        let plan = try again.wait(for: "y: yes")
        #expect(plan.contains { $0.contains("localhost/base:1: it is gone") })
        #expect(plan.contains { $0.hasPrefix("1 thing, ") })
        try again.press("n")
        try again.wait(for: "1 marked")
        // So does a look: what is gone is not marked any more.
        try scene.bench.succeed("rmi", "-f", "localhost/app:1", "localhost/app:old")
        try again.press("r")
        try again.wait(for: "no longer there, and not marked any more: localhost/app:1")
        try again.press("Down")
        try again.wait(for: "0 marked, free 0B")
    }

    @Test(.needs("tmux")) func whatGoesToTheTrashComesBackAfterAYes() throws {
        let scene = try HostScene()
        let screen = try scene.marking(["big:1"], ["--trash", "1h"])
        try screen.press("d")
        try screen.wait(for: "kept in the trash")
        try screen.press("y")
        try screen.wait(for: "to the trash until")
        #expect(try !scene.bench.imageNames().contains("localhost/big:1"))
        try screen.press("Escape", "u")
        let undo = try screen.wait(for: "restore these?")
        #expect(undo.contains { $0.contains("localhost/big:1") })
        try screen.press("Enter", "Escape")
        try screen.wait(for: "0 marked")
        #expect(try !scene.bench.imageNames().contains("localhost/big:1"))
        try screen.press("u")
        try screen.wait(for: "restore these?")
        try screen.press("y")
        try screen.wait(for: "restored localhost/big:1")
        #expect(try scene.bench.imageNames().contains("localhost/big:1"))
        try screen.press("Escape", "u")
        try screen.wait(for: "nothing to undo")
        #expect(scene.bench.problems == [])
    }

    @Test(.needs("tmux")) func readOnlyRemovesNothing() throws {
        let scene = try HostScene()
        let screen = try scene.marking(["big:1"], ["--read-only"])
        try screen.press("d")
        try screen.wait(for: "nothing is removed with --read-only")
        try screen.press("u")
        try screen.wait(for: "nothing is changed with --read-only")
        try screen.press("q")
        #expect(try screen.status() == 0)
        #expect(try scene.figures().count == 5)
    }

    /// Killed while it removes, the store stays sound, and the next explorer brings the rest to its end.
    @Test(
        .needs("tmux"), arguments: ["release.before-move", "release.after-move", "release.before-remove", "index.after-rename"])
    func killedInTheMiddleTheStoreIsSound(point: String) throws {
        let scene = try HostScene()
        var program = scene.bench.program
        program.environment["STRATA_FAILPOINT"] = point
        let screen = try TmuxScreen(program, ["explore"], columns: 80, rows: 24)
        try screen.wait(for: "BYTES")
        try screen.type("/big:1")
        try screen.press("Enter", "Space", "d")
        try screen.wait(for: "y: yes")
        try screen.press("y")
        #expect(try screen.status() == 137)
        #expect(scene.bench.problems.filter { !$0.contains("trash") && !$0.contains("orphan") } == [])
        try scene.bench.succeed("gc", "--min-age", "0s")
        #expect(scene.bench.problems == [])
    }

    @Test(.needs("tmux")) func rowsAreSortedSearchedAndFiltered() throws {
        let scene = try HostScene()
        let screen = try scene.explore("--bytes")
        let figures = try scene.figures()
        func names() throws -> [String] {
            try screen.lines().compactMap { line in
                let last = line.split(separator: " ").map(String.init)
                guard line.first == " " || line.first == "*" || line.first == "-" else { return nil }
                return last.first { $0.hasPrefix("localhost/") }
            }.filter { figures[$0] != nil }
        }
        try screen.wait(for: "by bytes")
        #expect(try names() == figures.keys.sorted { (figures[$0]?.disk ?? 0) > (figures[$1]?.disk ?? 0) })
        try screen.press("s")
        try screen.wait(for: "by frees")
        #expect(try names() == figures.keys.sorted { (figures[$0]?.frees ?? 0) > (figures[$1]?.frees ?? 0) })
        try screen.press("s")
        try screen.wait(for: "by last use")
        try screen.press("s")
        try screen.wait(for: "by name")
        #expect(try names() == figures.keys.sorted())
        try screen.press("f")
        try screen.type("APP")
        try screen.wait(for: "2 of 5")
        #expect(try names() == ["localhost/app:1", "localhost/app:2"])
        try screen.press("Enter")
        // What a filter hides is shown for a search that finds it.
        try screen.type("/big")
        try screen.press("Enter")
        try screen.wait("all rows") { !$0.contains { $0.contains("filter") } }
        #expect(try names().count == 5)
        try screen.press("i")
        let facts = try screen.wait(for: "Unique")
        #expect(facts.contains { $0.contains("Frees") && $0.contains("\(figures["localhost/big:1"]?.frees ?? 0)") })
        try screen.press("Escape")
        try screen.wait(for: "BYTES")
        // An image opens over the list, and is gone back from.
        try screen.press("Enter")
        try screen.wait(for: "INSTRUCTION")
        try screen.press("h")
        try screen.wait(for: "LAST USED")
    }

    /// The mouse selects a row and a list, and removes nothing.
    @Test(.needs("tmux")) func aClickSelectsARowOrAList() throws {
        let scene = try HostScene()
        let screen = try scene.explore()
        let lines = try screen.lines()
        let line = try #require(lines.firstIndex { $0.contains("localhost/web:1") })
        try screen.click(line: line, column: 20)
        // The line below the list is about the row that is selected.
        try screen.wait("the row's names below") { $0.contains("localhost/web:1") }
        let tabs = lines[1]
        let containers = try #require(tabs.range(of: "Containers"))
        try screen.click(line: 1, column: tabs.distance(from: tabs.startIndex, to: containers.lowerBound))
        try screen.wait("no rows") { !$0.contains { $0.contains("localhost/web:1") } }
        try screen.click(line: 1, column: 2)
        try screen.wait(for: "localhost/web:1")
        try screen.wait(for: "0 marked")
    }

    /// `--start` opens each list, and an image's two panes.
    @Test(
        .needs("tmux"),
        arguments: [
            ("images", "localhost/app:1"), ("containers", "shop"), ("volumes", "goods"), ("cache", "nothing here"),
            ("leaked", "sha256:"),
        ]) func itStartsWhereItIsTold(start: String, text: String) throws
    {
        let scene = try HostScene()
        try scene.bench.succeed("create", "--name", "shop", "localhost/web:1", "true")
        try scene.bench.succeed("volume", "create", "goods")
        try scene.leaveABlobBehind()
        let screen = try TmuxScreen(scene.bench.program, ["explore", "--start", start], columns: 80, rows: 24)
        try screen.wait(for: text)
    }

    /// What is left over, but so young that another tool may still need it, is not marked, and the screen says why.
    @Test(.needs("tmux")) func whatIsLeftOverAndYoungStays() throws {
        let scene = try HostScene()
        let digest = try scene.leaveABlobBehind()
        let screen = try scene.explore("--start", "leaked")
        try screen.wait(for: String(digest.prefix(20)))
        try screen.press("Space")
        try screen.wait(for: "cannot remove \(digest.prefix(20))")
        try screen.wait(for: "stays: it is younger than about an hour")
        #expect(try scene.figures().count == 5)
    }

    /// An image without a name is called by the ID that `images` shows.
    @Test(.needs("tmux")) func aNamelessImageHasTheIDOfImages() throws {
        let scene = try HostScene()
        try scene.bench.succeed("tag", "localhost/web:1", "localhost/big:1")
        let images = try scene.bench.succeed("images", "-a").split(separator: "\n").map { $0.split(separator: " ") }
        let id = try #require(images.first { $0[0] == "<none>" })[2]
        let screen = try scene.explore()
        try screen.wait(for: "<none> \(id)")
        try screen.type("/\(id)")
        try screen.press("Enter")
        try screen.wait("it is found by that") { $0.contains("<none> \(id)") }
    }
}
