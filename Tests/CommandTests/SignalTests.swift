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
            // As many bytes later each time; all of it are 4,200,000.
            while scan.isRunning, Self.bytes(in: bench.store) < number * 170_000 { usleep(500) }
            scan.signal(signal)
            let outcome = try scan.wait(timeLimit: 60)
            #expect(outcome.status == 0 || outcome.status == 128 + signal, "\(outcome.errors)")
            if outcome.status != 0 { #expect(outcome.errors == "") }
            let ids = try bench.succeed("images", "-q").split(separator: "\n").map(String.init)
            if !ids.isEmpty { _ = try bench.program.run(["rmi", "-f"] + ids) }
        }
        #expect(bench.ingestNames == [])
        #expect(bench.problems == [])
    }

    /// Bytes of blobs and of what sessions are writing.
    private static func bytes(in store: String) -> Int {
        let files = FileManager.default
        return ["ingest", "blobs"].reduce(0) { sum, folder in
            let names = files.enumerator(atPath: "\(store)/\(folder)")?.compactMap { $0 as? String } ?? []
            return names.reduce(sum) { sum, name in
                var raw = stat()
                guard lstat("\(store)/\(folder)/\(name)", &raw) == 0, raw.st_mode & S_IFMT == S_IFREG else { return sum }
                return sum + Int(raw.st_size)
            }
        }
    }

    /// A signal that comes at the very moment is kept until the session can be cleared.
    @Test(arguments: ["session.after-directory", "session.after-lock", "session.before-hold", "session.before-end"])
    func aSignalWhileASessionIsMadeOrEndsLeavesNone(point: String) throws {
        let bench = try Workbench()
        let image = ImageBuilder([BuiltLayer([.file("f", size: 70_000, seed: 1)])], named: "localhost/i:1")
        let archive = try bench.file("in.tar", try image.layout().tar)
        let scan = try bench.program.start(["scan", "-q", archive], environment: ["STRATA_FAILPOINT": "\(point)=STOP"])
        while !isStopped(scan.id) { usleep(1000) }
        #expect(bench.ingestNames.count == 1)
        scan.signal(SIGTERM)
        scan.signal(SIGCONT)
        let outcome = try scan.wait(timeLimit: 60)
        #expect(outcome.status == 128 + SIGTERM, "\(outcome.status) \(outcome.errors)")
        #expect(outcome.errors == "")
        #expect(bench.ingestNames == [])
        #expect(bench.problems == [])
    }

    private func isStopped(_ id: Int32) -> Bool {
        var info = siginfo_t()
        return waitid(P_PID, id_t(id), &info, WSTOPPED | WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_signo != 0
    }

    @Test(.needsRoot) func withoutAThreadACommandEndsWithASentence() throws {
        let bench = try Workbench()
        let outcome = try bench.shell(
            """
            chmod a+rwx "$1"; setpriv --reuid=61234 --regid=61234 --clear-groups "$STRATA" --version > /dev/null || exit 0
            exec timeout 60 prlimit --nproc=1 setpriv --reuid=61234 --regid=61234 --clear-groups "$STRATA" images
            """, bench.folder.path)
        try Skip.unless(outcome.status != 0, "another user cannot run \(Program.strata.path)")
        expectSentence(outcome, naming: "cannot start a thread")
    }
}
