import TestSupport
import Testing

/// Several processes at work on one store.
struct ConcurrencyTests {
    private static let names = ["localhost/strata/app:1", "localhost/strata/multi:1", "localhost/strata/small:1"]

    @Test(arguments: 1...3)
    func scansAtTheSameTimeAllSucceed(round: Int) throws {
        let bench = try Workbench()
        let scans = try Fixture.all.map { try bench.program.start(["scan", "--quiet", "fixtures/\($0)"]) }
        for (fixture, scan) in zip(Fixture.all, scans) {
            let outcome = try scan.wait()
            #expect(outcome.status == 0, "\(fixture): \(outcome.errors)")
            #expect(outcome.errors == "")
        }
        try expectWhole(bench)
    }

    @Test func theSameScanAtTheSameTimeIsOneImage() throws {
        let bench = try Workbench()
        let scans = try (0..<8).map { _ in try bench.program.start(["scan", "fixtures/app-docker.tar"]) }
        let outcomes = try scans.map { try $0.wait() }
        #expect(outcomes.allSatisfy { $0.status == 0 }, "\(outcomes.map(\.errors))")
        #expect(Set(outcomes.map(\.output)).count == 1)
        #expect(try bench.succeed("images", "-q") == "389f65297b0a\n")
        #expect(bench.problems == [])
    }

    @Test func readersDoNotMindAWriter() throws {
        let bench = try Workbench()
        try bench.succeed("scan", "fixtures/small-hybrid.tar")
        let writer = try bench.program.start(["scan"] + Fixture.all.map { "fixtures/\($0)" })
        repeat {
            #expect(try bench.imageNames().contains("localhost/strata/small:1"))
            try bench.succeed("analyze", "localhost/strata/small:1")
        } while writer.isRunning
        #expect(try writer.wait().status == 0)
        try expectWhole(bench)
    }

    private func expectWhole(_ bench: Workbench) throws {
        #expect(bench.problems == [])
        #expect(try bench.imageNames().filter { $0.hasPrefix("localhost/") } == Self.names)
        for name in Self.names { try bench.succeed("analyze", name) }
    }
}
