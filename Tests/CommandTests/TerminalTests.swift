import Foundation
import Glibc
import TestSupport
import Testing

/// Colour and progress: on a terminal, and nowhere else unless asked for.
struct TerminalTests {
    private static let escape = "\u{1B}["

    @Test func aPipeGetsNoColourAndNoProgress() throws {
        let outcome = try Workbench().strata("scan", "fixtures/app-docker.tar")
        #expect(!outcome.output.contains(Self.escape))
        #expect(outcome.errors == "")
    }

    @Test(.needs("script"), arguments: [("", true), ("NO_COLOR=1", false), ("NO_COLOR=", true), ("TERM=dumb", false)])
    func aTerminalGetsColourUnlessToldOtherwise(variable: String, isColoured: Bool) throws {
        let bench = try Workbench()
        let outcome = try bench.shell(
            "TERM=xterm script -qec \"env $1 '$STRATA' scan fixtures/app-docker.tar\" /dev/null", variable)
        #expect(outcome.status == 0, "\(outcome.output)")
        #expect(outcome.output.contains(Self.escape) == isColoured)
    }

    @Test(.needs("script")) func noColorTurnsColourOff() throws {
        let outcome = try Workbench().shell(
            "TERM=xterm script -qec \"'$STRATA' scan --no-color fixtures/app-docker.tar\" /dev/null")
        #expect(!outcome.output.contains(Self.escape))
    }

    @Test func plainProgressIsLinesOnStandardError() throws {
        let bench = try Workbench()
        let outcome = try scanSlowly(bench, "--progress", "plain")
        let lines = outcome.errors.split(separator: "\n")
        #expect(!lines.isEmpty)
        #expect(lines.allSatisfy { $0.contains(/^scanning .*big\.tar: [0-9.]+[kM]?B of 105MB$/) }, "\(outcome.errors)")
        #expect(!outcome.output.contains("scanning"))
        #expect(try outcome.output == bench.succeed("scan", bench.folder.path("big.tar"), "--progress", "none"))
    }

    /// The bar is drawn over itself in one line of the terminal's width, and gone when the report comes.
    @Test(.needs("script")) func aTerminalShowsABarThatIsWipedAway() throws {
        let bench = try Workbench()
        let path = try bigArchive(bench)
        // The file's end comes late, so that the bar has time to show whatever the machine.
        let command = "stty cols 80; (head -c 90000000 '\(path)'; sleep 1; tail -c +90000001 '\(path)') | '$STRATA' scan -"
        let outcome = try bench.shell("TERM=xterm script -qec \"\(command)\" /dev/null")
        let parts = outcome.output.components(separatedBy: "\r")
        let bars = parts.filter { $0.hasPrefix("scanning -") }
        #expect(!bars.isEmpty, "\(outcome.output.prefix(2000))")
        #expect(bars.allSatisfy { $0.hasSuffix(Self.escape + "K") && $0.count < 80 + 3 }, "\(bars)")
        let report = try #require(parts.firstIndex { $0.hasPrefix(Self.escape + "K") && !$0.contains("scanning -") })
        #expect(!parts[report...].contains { $0.contains("scanning -") }, "a bar after the report began")
    }

    /// A pull's layers are lines that are drawn over, none wider than the terminal, and docker's last lines stand below them.
    @Test(.needs("script")) func aTerminalShowsAPullsLayersAsBars() throws {
        let scene = try PullScene()
        let digest = scene.layer.digest
        let blob = scene.image.layers[0].blob
        scene.registry.follow { request in
            guard PullScene.isForLayer(request, digest), request.number == 0 else { return nil }
            return ScriptedRegistry.Reply(body: blob).with { $0.stallAfter = 300_000 }
        }
        let command = "stty cols 80 rows 24; '$STRATA' pull --timeout 1 \(scene.name)"
        let outcome = try scene.bench.shell("TERM=xterm script -qec \"\(command)\" /dev/null")
        #expect(outcome.status == 0, "\(outcome.output)")
        let lines = outcome.output.split(whereSeparator: \.isNewline).map { $0.replacing(/\u{1B}\[[0-9]*[AKJ]/, with: "") }
        #expect(lines.contains { $0.contains(/^[0-9a-f]{12}: Downloading \[=*> *\]  3[0-9]{2}kB\/[0-9]+kB$/) }, "\(lines)")
        #expect(lines.contains { $0.hasSuffix(": Pull complete") })
        // A remark is no line that is drawn over.
        let drawn = lines.filter { !$0.hasPrefix("strata: note: retrying") }
        #expect(drawn.count + 1 == lines.count, "\(lines)")
        #expect(drawn.allSatisfy { $0.count < 80 || $0.hasPrefix("Digest:") || $0.hasPrefix("Status:") }, "\(drawn)")
    }

    @Test func aFullDiskUnderTheResultIsAFailure() throws {
        let outcome = try Workbench().shell("\"$STRATA\" scan fixtures/app-docker.tar > /dev/full")
        #expect(outcome.status == 3)
        #expect(outcome.errors.hasPrefix("strata: cannot write the result: No space left on device"), "\(outcome.errors)")
    }

    @Test func aReaderThatHasEnoughIsNoFailure() throws {
        let outcome = try Workbench().shell(
            "(\"$STRATA\" scan fixtures/app-docker.tar; echo \"status $?\" >&2) | true")
        #expect(outcome.errors == "status 0\n")
    }

    @Test(arguments: [["--progress", "none"], ["--progress", "auto"], ["--progress", "plain", "--quiet"]])
    func otherwiseProgressIsNotShownInALog(flags: [String]) throws {
        let outcome = try scanSlowly(try Workbench(), flags)
        #expect(outcome.errors == "")
    }

    private func scanSlowly(_ bench: Workbench, _ flags: String...) throws -> Program.Outcome {
        try scanSlowly(bench, flags)
    }

    /// Scans an archive of 105 MB with a rest after every few milliseconds, so that it takes more than a moment anywhere.
    private func scanSlowly(_ bench: Workbench, _ flags: [String]) throws -> Program.Outcome {
        let path = try bigArchive(bench)
        let scan = try bench.program.start(["scan", path] + flags)
        while scan.isRunning {
            usleep(10_000)
            scan.signal(SIGSTOP)
            usleep(100_000)
            scan.signal(SIGCONT)
        }
        return try scan.wait()
    }

    /// An archive of 105 MB.
    private func bigArchive(_ bench: Workbench) throws -> String {
        let made = try bench.shell(
            "cd \"$1\" && truncate -s 100M big && tar -cf big.tar big && rm big", bench.folder.path)
        try #require(made.status == 0, "\(made.errors)")
        return bench.folder.path("big.tar")
    }
}
