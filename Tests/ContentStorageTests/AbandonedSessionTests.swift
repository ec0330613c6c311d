import ContentStorage
import Foundation
import OCISpec
import StorageIO
import SystemPackage
import TestSupport
import Testing

/// A session directory whose lock nobody holds is what a killed process leaves.
@Suite struct AbandonedSessionTests {
    let fixture: StoreFixture

    init() throws {
        fixture = try StoreFixture()
    }

    private func leave(_ name: String, resumable: Bool = false, age: TimeInterval = 0) throws {
        let path = "\(fixture.path)/ingest/\(name)"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
        let partial = sha256(Array("what it is to become".utf8)).fileName + ".1"
        for file in ["holds", "partial.1"] + (resumable ? ["resumable", partial] : []) {
            try Data("x".utf8).write(to: URL(fileURLWithPath: "\(path)/\(file)"))
            try setAge(of: "\(path)/\(file)", to: age)
        }
        try setAge(of: path, to: age)
    }

    private func setAge(of file: String, to age: TimeInterval) throws {
        try FileManager.default.setAttributes([.modificationDate: Date(timeIntervalSinceNow: -age)], ofItemAtPath: file)
    }

    @Test func isClearedByTheNextSession() throws {
        try leave("dead")
        try fixture.add("anything")
        #expect(try fixture.names("ingest") == [])
    }

    @Test func aLiveOneIsNotCleared() throws {
        let live = try fixture.store.sessions.begin()
        #expect(try fixture.reopened().sessions.clearAbandoned(olderThan: .zero).count == 0)
        #expect(try fixture.names("ingest").count == 1)
        try live.end()
    }

    @Test func aLiveResumableOneIsNotCleared() throws {
        let live = try fixture.store.sessions.begin(keepsPartials: true)
        #expect(try fixture.reopened().sessions.clearAbandoned(olderThan: .zero).count == 0)
        try live.end()
    }

    @Test func aYoungResumableOneStays() throws {
        try leave("pull", resumable: true, age: 60)
        try fixture.add("anything")
        #expect(try fixture.names("ingest") == ["pull"])
    }

    @Test func aYoungResumableOneWithoutPartialBlobsGoes() throws {
        try leave("pull", resumable: true, age: 60)
        let partial = sha256(Array("what it is to become".utf8)).fileName + ".1"
        try FileManager.default.removeItem(atPath: "\(fixture.path)/ingest/pull/\(partial)")
        try fixture.add("anything")
        #expect(try fixture.names("ingest") == [])
    }

    @Test func anOldResumableOneGoes() throws {
        try leave("pull", resumable: true, age: 3700)
        try fixture.add("anything")
        #expect(try fixture.names("ingest") == [])
    }

    @Test func aResumableOneGoesWhenNoAgeIsAsked() throws {
        try leave("pull", resumable: true)
        #expect(try fixture.store.sessions.clearAbandoned(olderThan: .zero).count == 1)
    }

    @Test func nobodyIsWaitedFor() throws {
        try leave("dead")
        let locks = try fixture.store.locks.folder()
        let other = try FileLock.acquire("sweep.lock", in: locks, .shared, patience: .zero)
        defer { other.release() }
        #expect(try fixture.store.sessions.clearAbandoned().count == 0)
        #expect(try fixture.names("ingest") == ["dead"])
    }

    @Test func aHoldWaitsForASweepAndThenIsBusy() throws {
        let store = try ContentStore.open(at: FilePath(fixture.path), create: false, patience: .milliseconds(20))
        let session = try store.sessions.begin()
        let sweep = try FileLock.acquire("sweep.lock", in: store.locks.folder(), .exclusive, patience: .zero)
        defer { sweep.release() }
        #expect(throws: ContentError.busy(path: "\(fixture.path)/locks/sweep.lock")) {
            try session.hold(descriptor("x").digest)
        }
    }
}
