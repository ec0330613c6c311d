import StorageIO
import TestSupport
import Testing

/// The program is killed at every step of every durable write; the store must not mind.
struct KillTests {
    private static let app = "fixtures/app-docker.tar"
    private static let appName = "localhost/strata/app:1"
    private static let smallName = "localhost/strata/small:1"

    /// Every point of a scan, and later blobs at the points of a blob.
    private static let places: [String] = Failpoint.allCases.filter(\.isOfAScan).flatMap { point in
        point.rawValue.hasPrefix("blob.") ? ["", ":2", ":5"].map { point.rawValue + $0 } : [point.rawValue]
    }

    @Test(arguments: places)
    func aScanKilledInANewStoreLosesNothing(place: String) throws {
        let bench = try Workbench()
        try kill(bench, at: place)
        let names = try bench.imageNames()
        #expect(names == [] || names == [Self.appName], "after a kill at \(place)")
        try expectRecovery(bench, after: place, names: [Self.appName])
    }

    @Test(arguments: places)
    func aScanKilledInAStoreInUseLeavesWhatItHeld(place: String) throws {
        let bench = try Workbench()
        try bench.succeed("scan", "fixtures/small-hybrid.tar")
        let before = try bench.succeed("analyze", Self.smallName)
        try kill(bench, at: place)
        #expect(try bench.imageNames().filter { $0 != Self.appName } == [Self.smallName], "after a kill at \(place)")
        #expect(try bench.succeed("analyze", Self.smallName) == before, "after a kill at \(place)")
        try expectRecovery(bench, after: place, names: [Self.appName, Self.smallName])
    }

    @Test func everyPlaceIsReached() throws {
        var missed: [String] = []
        for place in Self.places {
            let bench = try Workbench()
            if !(try run(bench, at: place).isKilled) { missed.append(place) }
        }
        #expect(missed == [])
    }

    /// Whether the problem is a file that a killed process may leave: the next one that needs its place clears it.
    private static func isRemnant(_ problem: String) -> Bool {
        problem.hasPrefix("left over: ingest/") || problem == "left over: locks/index.json.new"
            || problem.hasPrefix("unknown file: catalog.sqlite.new")
    }

    private func run(_ bench: Workbench, at place: String) throws -> Program.Outcome {
        try bench.strata("scan", Self.app, "--store", bench.store, environment: ["STRATA_FAILPOINT": place])
    }

    private func kill(_ bench: Workbench, at place: String) throws {
        let outcome = try run(bench, at: place)
        #expect(outcome.isKilled || outcome.status == 0, "at \(place): \(outcome.status) \(outcome.errors)")
    }

    private func expectRecovery(_ bench: Workbench, after place: String, names: [String]) throws {
        #expect(bench.problems.filter { !Self.isRemnant($0) } == [], "after a kill at \(place)")
        try bench.succeed("scan", Self.app)
        #expect(bench.ingestNames == [], "after a kill at \(place) and another scan")
        #expect(bench.problems == [], "after a kill at \(place) and another scan")
        #expect(try bench.imageNames() == names, "after a kill at \(place) and another scan")
    }
}

extension Failpoint {
    /// Whether a scan comes by it; what `save`, `fsck --repair` `rmi`, `plan`, `undo`, `build` and `run` come by has tests of its own.
    fileprivate var isOfAScan: Bool {
        !["output.", "repair.", "release.", "plan.", "undo.", "settings.", "cache.", "layer.", "container."].contains {
            rawValue.hasPrefix($0)
        }
    }
}
