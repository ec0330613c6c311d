import ContentStorage
import Dispatch
import Foundation
import OCISpec
import StorageIO
import SystemPackage
import TestSupport
import Testing

@Suite struct IngestTests {
    let fixture: StoreFixture

    init() throws {
        fixture = try StoreFixture()
    }

    private let bytes = Array("some layer".utf8)
    private var digest: Digest { Digest(hashing: bytes) }

    private func blobs() throws -> [String] { try fixture.names("blobs/sha256") }

    @Test func aBlobIsInvisibleUntilItsCommit() throws {
        let session = try fixture.store.sessions.begin()
        let writer = try session.makeWriter(expected: digest)
        try writer.write(bytes)
        #expect(try fixture.store.blobs.size(of: digest) == nil)
        try writer.commit(digest: digest, size: Int64(bytes.count))
        #expect(try fixture.store.blobs.size(of: digest) == Int64(bytes.count))
        try session.end()
    }

    @Test func anEndedSessionLeavesNothing() throws {
        let session = try fixture.store.sessions.begin()
        try session.makeWriter(expected: nil).write(bytes)
        let writer = try session.makeWriter(expected: digest)
        try writer.write(bytes)
        try session.end()
        #expect(try fixture.names("ingest") == [])
        #expect(try blobs() == [])
        withExtendedLifetime(writer) {}
    }

    @Test func aForgottenSessionEndsItself() throws {
        do { _ = try fixture.store.sessions.begin().makeWriter(expected: nil) }
        #expect(try fixture.names("ingest") == [])
    }

    @Test func endingTwiceIsEndingOnce() throws {
        let session = try fixture.store.sessions.begin()
        try session.end()
        try session.end()
    }

    @Test func anEndedSessionTakesNothingMore() throws {
        let session = try fixture.store.sessions.begin()
        let writer = try session.makeWriter(expected: nil)
        try session.end()
        #expect(throws: ContentError.sessionEnded) { try session.makeWriter(expected: nil) }
        #expect(throws: ContentError.sessionEnded) { try session.hold(digest) }
        #expect(throws: ContentError.sessionEnded) { try session.temporaryFile() }
        try writer.write(bytes)
        #expect(throws: ContentError.sessionEnded) { try writer.commit(digest: digest, size: Int64(bytes.count)) }
        #expect(try blobs() == [])
    }

    @Test func aShortBlobIsRefused() throws {
        let session = try fixture.store.sessions.begin()
        let writer = try session.makeWriter(expected: digest)
        try writer.write(Array(bytes.dropLast()))
        let wanted = Int64(bytes.count)
        #expect(throws: ContentError.sizeMismatch(digest, expectedBytes: wanted, actualBytes: wanted - 1)) {
            try writer.commit(digest: digest, size: wanted)
        }
        try session.end()
        #expect(try blobs() == [])
    }

    @Test func aDiscardedBlobLeavesNothing() throws {
        let session = try fixture.store.sessions.begin()
        let writer = try session.makeWriter(expected: digest)
        try writer.write(bytes)
        writer.discard()
        #expect(throws: ContentError.sessionEnded) { try writer.write(bytes) }
        let own = try fixture.names("ingest")[0]
        #expect(try fixture.names("ingest/\(own)") == ["holds"])
        try session.end()
    }

    @Test func aHoldTellsWhetherTheBlobIsThere() throws {
        let session = try fixture.store.sessions.begin()
        #expect(try !session.hold(digest))
        try fixture.add("some layer")
        #expect(try session.hold(digest))
        try session.end()
    }

    @Test func holdsAreWrittenOncePerDigest() throws {
        let session = try fixture.store.sessions.begin()
        _ = try session.hold(digest)
        _ = try session.hold(digest)
        let own = try fixture.names("ingest")[0]
        let holds = try String(contentsOfFile: "\(fixture.path)/ingest/\(own)/holds", encoding: .utf8)
        #expect(holds == "\(digest)\n")
        try session.end()
    }

    @Test func aCommitIsHeldEvenWhenTheDigestWasUnknown() throws {
        let session = try fixture.store.sessions.begin()
        let writer = try session.makeWriter()
        try writer.write(bytes)
        try writer.commit(digest: digest, size: Int64(bytes.count))
        let own = try fixture.names("ingest")[0]
        let holds = try String(contentsOfFile: "\(fixture.path)/ingest/\(own)/holds", encoding: .utf8)
        #expect(holds == "\(digest)\n")
        try session.end()
    }

    @Test func theSecondOfTwoCommitsChangesNothing() throws {
        let first = try fixture.store.sessions.begin()
        let second = try fixture.store.sessions.begin()
        let writers = [try first.makeWriter(expected: digest), try second.makeWriter(expected: digest)]
        for writer in writers {
            try writer.write(bytes)
            try writer.commit(digest: digest, size: Int64(bytes.count))
        }
        try first.end()
        try second.end()
        #expect(try fixture.store.blobs.read(digest) == bytes)
        #expect(StoreChecker.problems(at: fixture.path) == [])
    }

    @Test func oneSessionMayWriteABlobTwiceAtOnce() throws {
        let session = try fixture.store.sessions.begin()
        let writers = [try session.makeWriter(expected: digest), try session.makeWriter(expected: digest)]
        for writer in writers { try writer.write(bytes) }
        for writer in writers { try writer.commit(digest: digest, size: Int64(bytes.count)) }
        try session.end()
        #expect(StoreChecker.problems(at: fixture.path) == [])
    }

    @Test func aTruncatedBlobIsReplacedByAWholeOne() throws {
        try fixture.write("some", to: "blobs/sha256/\(digest.hex)")
        try fixture.add("some layer")
        #expect(try fixture.store.blobs.read(digest) == bytes)
    }

    @Test func spoolSpaceHasNoName() throws {
        let session = try fixture.store.sessions.begin()
        let file = try session.temporaryFile()
        try file.write(bytes)
        let own = try fixture.names("ingest")[0]
        #expect(try fixture.names("ingest/\(own)") == ["holds"])
        try session.end()
        #expect(try file.readAll(limit: 100) == bytes)
    }

    @Test func aLongBlobIsWrittenWhole() throws {
        let chunk = [UInt8](repeating: 0x5a, count: 1 << 20)
        let session = try fixture.store.sessions.begin()
        let writer = try session.makeWriter()
        for _ in 0..<20 { try writer.write(chunk) }
        let whole = [UInt8](repeating: 0x5a, count: 20 << 20)
        try writer.commit(digest: Digest(hashing: whole), size: 20 << 20)
        try session.end()
        #expect(StoreChecker.problems(at: fixture.path) == [])
    }

    @Test func manyThreadsShareASession() throws {
        let session = try fixture.store.sessions.begin()
        DispatchQueue.concurrentPerform(iterations: 64) { number in
            do { _ = try session.store(Array("document \(number % 16)".utf8)) } catch { Issue.record(error) }
        }
        try session.end()
        #expect(try blobs().count == 16)
        #expect(StoreChecker.problems(at: fixture.path) == [])
    }

    #if STRATA_FAILPOINTS
        static let points = Failpoint.allCases.filter {
            ($0.rawValue.hasPrefix("blob.") || $0.rawValue.hasPrefix("session.")) && !$0.rawValue.hasSuffix("-end")
        }
    #else
        static let points: [Failpoint] = []
    #endif

    @Test(arguments: points)
    func aFailureAnywhereLeavesNothingHalfWritten(point: Failpoint) throws {
        #if STRATA_FAILPOINTS
            FailpointScript.shared.force(.noSpace, at: point, below: fixture.path)
            defer { FailpointScript.shared.clear(below: fixture.path) }
            #expect(throws: ContentError.self) { try fixture.add("some layer") }
            FailpointScript.shared.clear(below: fixture.path)
        #endif
        #expect(StoreChecker.problems(at: fixture.path) == [])
        try fixture.add("some layer")
        #expect(StoreChecker.problems(at: fixture.path) == [])
    }
}
