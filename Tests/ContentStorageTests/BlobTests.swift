import ContentStorage
import Foundation
import OCISpec
import StorageIO
import TestSupport
import Testing

@Suite struct BlobTests {
    let fixture: StoreFixture

    init() throws {
        fixture = try StoreFixture()
    }

    private func path(_ digest: Digest) -> String { "blobs/sha256/\(digest.hex)" }

    @Test func readsBackWhatWasStored() throws {
        let digest = try fixture.add("hello")
        #expect(try fixture.reopened().blobs.read(digest) == Array("hello".utf8))
    }

    @Test func knowsTheSizeOfABlob() throws {
        let digest = try fixture.add("hello")
        #expect(try fixture.store.blobs.size(of: digest) == 5)
    }

    @Test func anAbsentBlobHasNoSize() throws {
        #expect(try fixture.store.blobs.size(of: descriptor("nothing").digest) == nil)
    }

    @Test func anAbsentBlobIsNamed() throws {
        let digest = descriptor("nothing").digest
        #expect(throws: ContentError.blobAbsent(digest)) { try fixture.store.blobs.open(digest) }
    }

    @Test func anAbsentBlobOfAnAlgorithmNeverUsedIsAbsent() throws {
        let digest = Digest(hashing: [1], with: .sha512)
        #expect(try fixture.store.blobs.size(of: digest) == nil)
        #expect(throws: ContentError.blobAbsent(digest)) { try fixture.store.blobs.open(digest) }
    }

    @Test func storesUnderSHA512() throws {
        let bytes = Array("hello".utf8)
        let digest = Digest(hashing: bytes, with: .sha512)
        let session = try fixture.store.sessions.begin()
        let writer = try session.makeWriter(expected: digest)
        try writer.write(bytes)
        try writer.commit(digest: digest, size: 5)
        try session.end()
        #expect(try fixture.store.blobs.read(digest) == bytes)
        #expect(StoreChecker.problems(at: fixture.path) == [])
    }

    @Test func aDocumentOfOtherBytesIsCorrupt() throws {
        let digest = try fixture.add("hello")
        try FileManager.default.removeItem(atPath: "\(fixture.path)/\(path(digest))")
        try fixture.write("hullo", to: path(digest))
        let actual = Digest(hashing: Array("hullo".utf8))
        #expect(throws: ContentError.blobCorrupt(digest, actual: actual)) { try fixture.store.blobs.read(digest) }
    }

    @Test func aDocumentBeyondTheLimitIsRefused() throws {
        let digest = try fixture.add("hello")
        #expect(throws: ContentError.blobTooLarge(digest, bytes: 5, limit: 4)) { try fixture.store.blobs.read(digest, limit: 4) }
    }

    @Test func aSymlinkIsNoBlob() throws {
        let digest = descriptor("link").digest
        try FileManager.default.createSymbolicLink(
            atPath: "\(fixture.path)/\(path(digest))", withDestinationPath: "/etc/passwd")
        #expect(throws: ContentError.blobNotAFile(digest)) { try fixture.store.blobs.open(digest) }
        #expect(throws: ContentError.blobNotAFile(digest)) { try fixture.store.blobs.size(of: digest) }
    }

    @Test func aDirectoryIsNoBlob() throws {
        let digest = descriptor("directory").digest
        try FileManager.default.createDirectory(
            atPath: "\(fixture.path)/\(path(digest))", withIntermediateDirectories: false)
        #expect(throws: ContentError.blobNotAFile(digest)) { try fixture.store.blobs.open(digest) }
    }

    @Test func anOpenBlobOutlivesItsName() throws {
        let digest = try fixture.add("hello")
        let blob = try fixture.store.blobs.open(digest)
        try FileManager.default.removeItem(atPath: "\(fixture.path)/\(path(digest))")
        #expect(try blob.file.readAll(limit: 10) == Array("hello".utf8))
    }

    @Test func blobsAreReadOnlyAndTheOwnersAlone() throws {
        let digest = try fixture.add("hello")
        let attributes = try FileManager.default.attributesOfItem(atPath: "\(fixture.path)/\(path(digest))")
        #expect(attributes[.posixPermissions] as? Int == 0o400)
    }
}
