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

    @Test(arguments: [("", true), ("NO_COLOR=1", false), ("NO_COLOR=", true), ("TERM=dumb", false)])
    func aTerminalGetsColourUnlessToldOtherwise(variable: String, isColoured: Bool) throws {
        guard Program.isInstalled("script") else { return }
        let bench = try Workbench()
        let outcome = try bench.shell(
            "TERM=xterm script -qec \"env $1 '$STRATA' scan fixtures/app-docker.tar\" /dev/null", variable)
        #expect(outcome.status == 0, "\(outcome.output)")
        #expect(outcome.output.contains(Self.escape) == isColoured)
    }

    @Test func noColorTurnsColourOff() throws {
        guard Program.isInstalled("script") else { return }
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
        let path = bench.folder.path("big.tar")
        let made = try bench.shell(
            "cd \"$1\" && truncate -s 100M big && tar -cf big.tar big && rm big", bench.folder.path)
        try #require(made.status == 0, "\(made.errors)")
        let scan = try bench.program.start(["scan", path] + flags)
        while scan.isRunning {
            usleep(10_000)
            scan.signal(SIGSTOP)
            usleep(100_000)
            scan.signal(SIGCONT)
        }
        return try scan.wait()
    }
}
