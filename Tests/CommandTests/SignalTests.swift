import Foundation
import TestSupport
import Testing

/// Commands that a signal ends, or that get no thread to wait for one.
struct SignalTests {
    /// What the clean-up takes away from under threads that still work is no failure to tell, nor the status.
    @Test(arguments: [SIGINT, SIGTERM, SIGHUP]) func anInterruptedImportMakesUpNoError(signal: Int32) throws {
        let bench = try Workbench()
        let images = (1...6).map { number in
            ImageBuilder([BuiltLayer([.file("f", size: 700_000, seed: UInt64(number))])], named: "localhost/i:\(number)")
        }
        let archive = try bench.file("in.tar", try ImageBuilder.layout(images).tar)
        for number in 0..<25 {
            let scan = try bench.program.start(["scan", "-q", archive])
            usleep(UInt32(10_000 + number * 4_000))
            scan.signal(signal)
            let outcome = try scan.wait(timeLimit: 60)
            #expect(outcome.status == 0 || outcome.status == 128 + signal, "\(outcome.errors)")
            if outcome.status != 0 { #expect(outcome.errors == "") }
            let ids = try bench.succeed("images", "-q").split(separator: "\n").map(String.init)
            if !ids.isEmpty { _ = try bench.program.run(["rmi", "-f"] + ids) }
        }
        // A signal that comes while a session is made or ended may leave it, as a kill does: the next command clears it.
        try bench.succeed("scan", "-q", archive)
        #expect(bench.ingestNames == [])
        #expect(bench.problems == [])
    }

    @Test(.enabled(if: geteuid() == 0)) func withoutAThreadACommandEndsWithASentence() throws {
        let bench = try Workbench()
        let outcome = try bench.shell(
            """
            chmod a+rwx "$1"; setpriv --reuid=61234 --regid=61234 --clear-groups "$STRATA" --version > /dev/null || exit 0
            exec timeout 60 prlimit --nproc=1 setpriv --reuid=61234 --regid=61234 --clear-groups "$STRATA" images
            """, bench.folder.path)
        guard outcome.status != 0 else { return print("skipped: another user cannot run \(Program.strata.path)") }
        expectSentence(outcome, naming: "cannot start a thread")
    }
}
