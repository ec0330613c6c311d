import Foundation
import Glibc
import TestSupport
import Testing

/// The explorer in a terminal: what it shows there, and in which state it leaves it.
@Suite struct ExplorerScreenTests {
    private static let image = "localhost/strata/app:1"

    private func bench() throws -> Workbench {
        let bench = try Workbench()
        try bench.succeed("scan", "fixtures/app-docker.tar")
        return bench
    }

    private func scene(
        _ options: String = "", columns: Int = 80, rows: Int = 24, environment: [String: String] = [:]
    ) throws -> TmuxScene {
        let scene = try TmuxScene(
            try bench(), "\"$STRATA\" explore \(options) \(Self.image)", columns: columns, rows: rows,
            environment: environment)
        try scene.see("visible,")
        return scene
    }

    // MARK: Screens

    @Test(.needs("tmux"), arguments: [(80, 24), (200, 50)])
    func screensAreAsTheyWereLookedAt(columns: Int, rows: Int) throws {
        let scene = try scene(columns: columns, rows: rows)
        func expect(_ name: String) throws {
            let text = try scene.lines.joined(separator: "\n")
            try expectGolden(text, "Tests/CommandTests/Golden/explore/\(name)-\(columns)x\(rows).txt")
        }
        try expect("layers")
        try scene.press("Tab", "Down", "Enter", "Enter")
        try scene.see("▾ bin/")
        try expect("files")
        try scene.press("w")
        try scene.see("waste 1 of")
        try expect("waste")
        try scene.press("y")
        try scene.see("Why /")
        try expect("why")
        try scene.press("Escape")
        try scene.see("all layers")
        try scene.press("Tab", "Down", "Down", "Space", "Down")
        try scene.see("Changes by layers 1-2")
        try expect("range")
        try scene.press("?")
        try scene.see("$ strata analyze")
        try expect("help")
    }

    @Test(.needs("tmux")) func exactBytesAreNumbers() throws {
        let scene = try scene("--bytes")
        let document = try scene.bench.document("analyze", Self.image)
        let totals = try #require(document["totals"] as? [String: Any])
        try scene.see("\(try #require(totals["contentBytes"] as? Int)) ")
    }

    @Test(.needs("tmux")) func coloursRepeatWhatLettersSayUnlessNobodyWantsThem() throws {
        let colour = "\u{1B}[31m"
        #expect(try scene().painted.contains(colour))
        #expect(try !scene(environment: ["NO_COLOR": "1"]).painted.contains(colour))
        #expect(try !scene("--no-color").painted.contains(colour))
    }

    @Test(.needs("tmux")) func withoutUTF8BordersAreASCII() throws {
        let scene = try scene(environment: ["LC_ALL": "C"])
        let text = try scene.lines.joined()
        #expect(text.utf8.allSatisfy { $0 < 0x80 }, "\(text)")
        #expect(text.contains("|All layers merged"))
    }

    @Test(.needs("tmux")) func theMouseIsTakenUnlessItIsWantedElsewhere() throws {
        #expect(try scene().state("#{mouse_any_flag}") == "1")
        #expect(try scene("--no-mouse").state("#{mouse_any_flag}") == "0")
    }

    @Test(.needs("tmux")) func nothingInAnImageActsOnTheTerminal() throws {
        let bench = try Workbench()
        let names = ["\u{1B}]0;owned\u{7}", "\u{1B}[2J", "\u{9B}2J", "\u{202E}gnp.exe", "日本語", "e\u{301}", "zero\u{200B}width"]
        let members = names.map { TarMember.file("dir/" + $0, text: "\u{1B}]0;owned\u{7}\n") }
        let path = bench.folder.path("hostile.tar")
        let image = ImageBuilder([.init(members)], named: "localhost/hostile:1")
        try Data(try ImageBuilder.dockerArchive([image]).tar).write(to: URL(filePath: path))
        let scene = try TmuxScene(bench, "\"$STRATA\" explore --start files '\(path)'")
        let title = try scene.state("#{pane_title}")
        try scene.see("visible,")
        try scene.press("Down", "Enter", "Down", "Down")
        let lines = try scene.see("zero\\u{200B}width")
        for text in ["\\x1B]0;owned\\x07", "\\x1B[2J", "\\x9B2J", "\\u{202E}gnp.exe", "日本語", "e\u{301}"] {
            #expect(lines.contains { $0.unicodeScalars.contains(text.unicodeScalars) }, "\(text) in \(lines)")
        }
        try scene.press("v")
        try scene.see("]0;owned")
        #expect(try scene.state("#{pane_title}") == title)
    }

    @Test(.needs("tmux")) func aSmallTerminalSaysSoAndWaits() throws {
        let scene = try scene()
        try scene.resize(columns: 50, rows: 10)
        try scene.see("60x17 is needed")
        try scene.resize(columns: 80, rows: 24)
        try scene.see("Layers, in the order")
    }

    @Test(.needs("tmux")) func aStormOfSizesEndsWithTheLast() throws {
        let scene = try scene()
        let before = try scene.lines
        for step in 0..<40 { try scene.resize(columns: 40 + step * 5, rows: 10 + step) }
        try scene.resize(columns: 80, rows: 24)
        try scene.see("? keys")
        // The last of the sizes may take a moment.
        for _ in 0..<100 where try scene.lines != before { usleep(50_000) }
        #expect(try scene.lines == before)
    }

    @Test(.needs("tmux")) func aFileIsSavedUnderAFreeNameThatIsTold() throws {
        let bench = try bench()
        let scene = try TmuxScene(
            bench, "cd '\(bench.folder.path)'; \"$STRATA\" explore --start files \(Self.image)", columns: 200)
        try scene.see("visible,")
        try scene.type("/busybox.1")
        try scene.press("Enter")
        try scene.see("▾ manual/")
        try scene.press("e")
        try scene.see("saved \(bench.folder.path)/busybox.1, 120kB")
        try scene.press("e")
        try scene.see("saved \(bench.folder.path)/busybox.1.1, 120kB")
        let document = try bench.document("files", Self.image, "/opt/manual/busybox.1")
        let entries = try #require(document["entries"] as? [[String: Any]])
        let bytes = try #require(entries.first?["visibleBytes"] as? Int)
        for name in ["busybox.1", "busybox.1.1"] {
            #expect(FileManager.default.contents(atPath: bench.folder.path(name))?.count == bytes)
        }
    }

    // MARK: Ends

    @Test(.needs("tmux")) func qEndsWithStatus0() throws {
        let scene = try scene()
        try scene.press("Escape", "q")
        try scene.expectEnd(status: 0)
    }

    @Test(.needs("tmux")) func controlCEndsWithStatus130() throws {
        let scene = try scene()
        try scene.press("C-c")
        try scene.expectEnd(status: 130)
    }

    @Test(
        .needs("tmux"),
        arguments: [(SIGTERM, 143), (SIGHUP, 129), (SIGQUIT, 131), (SIGSEGV, 139), (SIGABRT, 134)] as [(Int32, Int32)])
    func aSignalPutsTheTerminalBack(signal: Int32, status: Int32) throws {
        let scene = try scene()
        kill(try scene.explorer, signal)
        try scene.expectEnd(status: status)
    }

    @Test(.needs("tmux", "bash")) func controlZStopsItAndFgGoesOn() throws {
        let scene = try TmuxScene(try bench(), "bash --norc --noprofile -i")
        try scene.type("\"$STRATA\" explore \(Self.image)")
        try scene.press("Enter")
        let before = try scene.see("visible,")
        try scene.press("C-z")
        try scene.see("Stopped")
        #expect(try scene.state("#{alternate_on} #{mouse_any_flag}") == "0 0")
        try scene.type("fg")
        try scene.press("Enter")
        try scene.see("visible,")
        #expect(try scene.lines == before)
        #expect(try scene.state("#{alternate_on} #{mouse_any_flag}") == "1 1")
        try scene.press("Down", "q")
        try scene.type("exit")
        try scene.press("Enter")
        try scene.expectEnd(status: 0)
    }

    /// Nobody reads what it writes: it still takes keys and ends.
    @Test(.needs("python3")) func aTerminalThatTakesNothingHoldsNobodyUp() throws {
        let bench = try bench()
        let script = """
            import fcntl, os, pty, select, struct, sys, termios, time
            child, terminal = pty.fork()
            if child == 0:
                os.execv(sys.argv[1], sys.argv[1:])
            fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 50, 200, 0, 0))
            for key in b"\\tsjjkk" * 200 + b"q":
                select.select([], [terminal], [], 20)
                os.write(terminal, bytes([key]))
                time.sleep(0.001)
            for _ in range(400):
                ended, status = os.waitpid(child, os.WNOHANG)
                if ended:
                    sys.exit(os.waitstatus_to_exitcode(status))
                time.sleep(0.05)
            os.kill(child, 9)
            sys.exit("it does not end")
            """
        let outcome = try Program("python3").run(
            ["-c", script, Program.strata.path, "explore", Self.image],
            environment: ["STRATA_STORE": bench.store, "HOME": bench.folder.path, "TERM": "xterm", "LC_ALL": "C.UTF-8"])
        #expect(outcome.status == 0, "\(outcome.errors)")
    }

    // MARK: No terminal

    @Test func withoutATerminalAnErrorNamesIt() throws {
        let bench = try bench()
        let outcome = try bench.strata("explore", Self.image)
        #expect(outcome.status == 3)
        #expect(outcome.errors.hasPrefix("strata: cannot open the explorer: standard output is not a terminal\nhint: "))
        #expect(outcome.output.isEmpty)
    }

    @Test(
        .needs("tmux"),
        arguments: [
            ("TERM=dumb \"$STRATA\" explore", "cannot move its cursor (TERM=dumb)"),
            ("TERM=no-such-terminal \"$STRATA\" explore", "the terminal type `no-such-terminal` is not known here"),
            ("TERM= \"$STRATA\" explore", "TERM is not set"),
            ("\"$STRATA\" explore < /dev/null", "standard input is not a terminal"),
        ])
    func aTerminalThatWillNotDoIsOneSentence(command: String, sentence: String) throws {
        let words = command.replacingOccurrences(of: "explore", with: "explore \(Self.image)")
        let scene = try TmuxScene(try bench(), words, columns: 120)
        try scene.see(sentence)
        try scene.expectEnd(status: 3)
    }

    @Test(.needs("tmux")) func anImageThatIsNotThereIsToldWhenTheTerminalIsBack() throws {
        let scene = try TmuxScene(try bench(), "\"$STRATA\" explore nothing:1")
        try scene.see("no image nothing:1 in the store")
        try scene.expectEnd(status: 3)
    }
}
