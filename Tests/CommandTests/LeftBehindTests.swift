import Foundation
import Glibc
import TestSupport
import Testing

/// A command ends with its process, also where others that it left behind have its streams.
@Suite(.enabled(if: ContainerScene.isPossible)) struct LeftBehindTests {
    /// The seconds that `body` takes.
    private func seconds(_ body: () throws -> Void) rethrows -> Double {
        let begin = ContinuousClock.now
        try body()
        let span = (ContinuousClock.now - begin).components
        return Double(span.seconds) + Double(span.attoseconds) / 1e18
    }

    @Test(arguments: [["exec"], ["exec", "-t"]]) func execEndsWithItsCommand(words: [String]) throws {
        let scene = try ContainerScene()
        try scene.line("run", "-d", "--name", "back", "busybox", "sleep", "1000")
        let script = "sleep 900 & seq 20000; exit 7"
        var outcome: Program.Outcome?
        let taken = try seconds { outcome = try scene.bench.program.run(words + ["back", "sh", "-c", script]) }
        #expect(taken < 60 && outcome?.status == 7)
        let said = outcome?.output.replacingOccurrences(of: "\r\n", with: "\n")
        #expect(said == (1...20_000).map { "\($0)\n" }.joined())
        #expect(try scene.strata("exec", "back", "pidof", "sleep").status == 0)
        try scene.line("rm", "-f", "back")
    }

    @Test func aTerminalShowsTheLastWordOfEveryCommand() throws {
        let scene = try ContainerScene()
        try scene.line("run", "-d", "--name", "back", "busybox", "sleep", "1000")
        for _ in 0..<10 { #expect(try scene.strata("exec", "-t", "back", "echo", "last").output == "last\r\n") }
        #expect(try scene.strata("exec", "-dt", "back", "sh", "-c", "tty > /tty").status == 0)
        try scene.eventually("it has a terminal") { try scene.strata("exec", "back", "cat", "/tty").output == "/dev/pts/0\n" }
        try scene.line("rm", "-f", "back")
    }

    @Test func whoIsLeftBehindMayGoOnWriting() throws {
        let scene = try ContainerScene()
        try scene.line("run", "-d", "--name", "back", "busybox", "sleep", "1000")
        let script = "(sleep 0.3; echo soon; sleep 3; echo late; echo late; touch /went-on) & echo now"
        #expect(try scene.strata("exec", "back", "sh", "-c", script).output == "now\nsoon\n")
        try scene.eventually("nothing ended it") { try scene.strata("exec", "back", "ls", "/went-on").status == 0 }
        try scene.line("rm", "-f", "back")
    }

    @Test func signalsReachALivingCommandOnly() throws {
        let scene = try ContainerScene()
        try scene.line("run", "-d", "--name", "back", "busybox", "sleep", "1000")
        let script = "trap 'echo told; exit 4' INT; touch /ready; while :; do sleep 0.1; done"
        let outcome = try scene.bench.shell(
            """
            "$STRATA" exec back sh -c "\(script)" & process=$!
            until "$STRATA" exec back ls /ready >/dev/null 2>&1; do sleep 0.1; done
            kill -INT $process; wait $process; echo "status $?"
            """)
        #expect(outcome.output == "told\nstatus 4\n", "\(outcome.errors)")
        try scene.line("rm", "-f", "back")
    }
}
