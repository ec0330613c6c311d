import Foundation
import Glibc
import TestSupport
import Testing

/// Sources that come through a pipe, and ends of pipes that go away.
struct StreamTests {
    @Test(arguments: Fixture.all)
    func aPipeReadsAsItsFile(fixture: String) throws {
        let (piped, direct) = (try Workbench(), try Workbench())
        let outcome = try piped.shell("cat \"$1\" | \"$STRATA\" scan -", "fixtures/\(fixture)")
        #expect(outcome.status == 0, "\(outcome.errors)")
        #expect(try outcome.output == direct.succeed("scan", "fixtures/\(fixture)"))
        #expect(piped.problems == [])
    }

    @Test(arguments: ["gzip", "zstd", "xz", "bzip2"])
    func aCompressedArchiveReadsAsThePlainOne(program: String) throws {
        try Skip.unless(installed: program)
        let (piped, direct) = (try Workbench(), try Workbench())
        let outcome = try piped.shell("\(program) -c \"$1\" | \"$STRATA\" scan -", "fixtures/small-hybrid.tar")
        #expect(outcome.status == 0, "\(outcome.errors)")
        #expect(try outcome.output == direct.succeed("scan", "fixtures/small-hybrid.tar"))
    }

    @Test(arguments: Fixture.all)
    func halfAnArchiveIsAnError(fixture: String) throws {
        let bench = try Workbench()
        let half = try Fixture.bytes(fixture).count / 2
        let outcome = try bench.shell("head -c \"$2\" \"$1\" | \"$STRATA\" scan -", "fixtures/\(fixture)", "\(half)")
        expectSentence(outcome, naming: "standard input")
        #expect(bench.ingestNames == [])
        #expect(bench.problems == [])
        #expect(try bench.imageNames() == [])
    }

    @Test func anEmptyPipeIsAnError() throws {
        expectSentence(try Workbench().strata("scan", "-"), naming: "standard input")
    }

    @Test(arguments: [SIGINT, SIGTERM])
    func anInterruptedScanLeavesNothing(signal: Int32) throws {
        let bench = try Workbench()
        var ends: [Int32] = [0, 0]
        try #require(pipe(&ends) == 0)
        for end in ends { try #require(fcntl(end, F_SETFD, FD_CLOEXEC) == 0) }
        defer { for end in ends { close(end) } }
        let scan = try bench.program.start(["scan", "-"], input: .descriptor(ends[0]))
        try writeAll(try Fixture.bytes("app-docker.tar").prefix(300_000), to: ends[1])
        try waitUntil { !bench.ingestNames.isEmpty }
        scan.signal(signal)
        let outcome = try scan.wait(timeLimit: 20)
        #expect(outcome.status == 128 + signal)
        #expect(outcome.output == "")
        #expect(bench.ingestNames == [])
        #expect(bench.problems == [])
    }

    @Test func anInterruptedScanOfAFifoLeavesNothing() throws {
        let bench = try Workbench()
        let path = bench.folder.path("fifo")
        try #require(mkfifo(path, 0o600) == 0)
        let scan = try bench.program.start(["scan", path])
        let writer = open(path, O_WRONLY | O_CLOEXEC)
        try #require(writer >= 0)
        defer { close(writer) }
        try writeAll(try Fixture.bytes("app-docker.tar").prefix(300_000), to: writer)
        try waitUntil { !bench.ingestNames.isEmpty }
        scan.signal(SIGINT)
        #expect(try scan.wait(timeLimit: 20).status == 130)
        #expect(bench.ingestNames == [])
    }

    @Test(arguments: ["scan", "analyze", "files", "history"])
    func aReaderThatGoesAwayIsNoFailure(verb: String) throws {
        let bench = try Workbench()
        let outcome = try bench.shell(
            "{ \"$STRATA\" \(verb) fixtures/app-docker.tar; echo \"status $?\" >&2; } | true")
        #expect(outcome.errors == "status 0\n")
        #expect(bench.ingestNames == [])
        #expect(bench.problems == [])
    }

    @Test func theFirstLineMayBeAllThatIsRead() throws {
        let bench = try Workbench()
        let outcome = try bench.shell("\"$STRATA\" files fixtures/app-docker.tar | head -n 1")
        #expect(outcome.lines == ["VISIBLE  WASTED  PATH"])
        #expect(outcome.errors == "")
    }

    private func writeAll(_ data: Data, to descriptor: Int32) throws {
        var rest = data
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
            try #require(count > 0)
            rest = rest.dropFirst(count)
        }
    }

    private func waitUntil(_ condition: () -> Bool) throws {
        for _ in 0..<5000 {
            if condition() { return }
            usleep(2000)
        }
        Issue.record("nothing happened for ten seconds")
    }
}
