import Foundation
import StorageIO
import TestSupport
import Testing

/// A step fails as on a full or a broken disk.
struct ForcedErrorTests {
    /// The steps of a scan into a store that is there already which a disk can refuse; the catalog is apart.
    private static let points: [Failpoint] = [
        .sessionBeforeDirectory, .sessionAfterDirectory, .sessionAfterLock, .sessionBeforeHold, .sessionAfterHold,
        .blobBeforeCreate, .blobAfterCreate, .blobBeforeWrite, .blobAfterWrite, .blobBeforeSync, .blobAfterSync,
        .indexBeforeWrite, .indexAfterWrite, .indexAfterSync,
    ]
    private static let reasons = ["ENOSPC": "No space left on device", "EIO": "Input/output error"]

    @Test(arguments: points, ["ENOSPC", "EIO"])
    func aFailedStepChangesNothing(point: Failpoint, error: String) throws {
        let bench = try Workbench()
        try bench.succeed("scan", "fixtures/small-hybrid.tar")
        let index = try Data(contentsOf: URL(fileURLWithPath: bench.store + "/index.json"))
        let outcome = try bench.strata(
            "scan", "fixtures/app-docker.tar", environment: ["STRATA_FAILPOINT": "\(point.rawValue)=\(error)"])
        expectSentence(outcome, naming: bench.store)
        #expect(outcome.errors.contains(Self.reasons[error] ?? error), "\(outcome.errors)")
        #expect(bench.ingestNames == [])
        #expect(bench.problems == [])
        #expect(try Data(contentsOf: URL(fileURLWithPath: bench.store + "/index.json")) == index)
        try bench.succeed("scan", "fixtures/app-docker.tar")
        #expect(try bench.imageNames() == ["localhost/strata/app:1", "localhost/strata/small:1"])
    }

    @Test(arguments: [
        Failpoint.storeBeforeDirectories, .storeAfterDirectories, .newIndexBeforeWrite, .newIndexAfterSync, .markerBeforeWrite,
        .markerAfterSync, .formatBeforeWrite, .formatAfterSync,
    ])
    func aStoreThatCouldNotBeMadeIsMadeByTheNextCommand(point: Failpoint) throws {
        let bench = try Workbench()
        let outcome = try bench.strata(
            "scan", "fixtures/small-hybrid.tar", environment: ["STRATA_FAILPOINT": "\(point.rawValue)=ENOSPC"])
        expectSentence(outcome, naming: bench.store)
        try bench.succeed("scan", "fixtures/small-hybrid.tar")
        #expect(bench.problems == [])
        #expect(try bench.imageNames() == ["localhost/strata/small:1"])
    }

    @Test(arguments: [Failpoint.catalogBeforeCreate, .catalogAfterCreate, .catalogBeforeWrite, .catalogAfterWrite])
    func aCatalogThatCannotBeWrittenHarmsNothing(point: Failpoint) throws {
        let bench = try Workbench()
        let outcome = try bench.strata(
            "scan", "fixtures/small-hybrid.tar", environment: ["STRATA_FAILPOINT": "\(point.rawValue)=EIO"])
        if outcome.status != 0 { expectSentence(outcome, naming: "catalog") }
        #expect(bench.ingestNames == [])
        #expect(bench.problems == [])
        try bench.succeed("scan", "fixtures/small-hybrid.tar")
        #expect(try bench.imageNames() == ["localhost/strata/small:1"])
    }
}
