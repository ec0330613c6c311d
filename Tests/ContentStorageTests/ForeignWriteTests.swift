import ContentStorage
import Foundation
import Glibc
import OCISpec
import StorageIO
import TestSupport
import Testing

/// Signs that another tool is writing.
struct ForeignWriteTests {
    private let fixture: StoreFixture

    init() throws { fixture = try StoreFixture() }

    private func now() -> Int64 { Int64(time(nil)) }

    private func found() throws -> String? { try fixture.store.foreignWrites.first(after: now() - 60) }

    @Test func thereAreNoneInAStoreOfItsOwn() throws {
        let session = try fixture.store.sessions.begin()
        _ = try session.store(Array("blob".utf8))
        _ = try session.makeWriter()
        #expect(try found() == nil)
        try session.end()
        #expect(try found() == nil)
    }

    @Test(arguments: ["oci-put-blob7", ".umoci-7/blob", "ingest/sha256_12_7", "ingest/0123/data", "blobs/sha256/0123456"])
    func eachToolsTemporaryFileIsOne(name: String) throws {
        let path = "\(fixture.path)/\(name)"
        try FileManager.default.createDirectory(
            atPath: (path as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
        try Data("x".utf8).write(to: URL(fileURLWithPath: path))
        let sign = try #require(try found())
        #expect(name == sign || name.hasPrefix(sign + "/"))
        #expect(try fixture.store.foreignWrites.first(after: now() + 60) == nil, "it is older than that")
    }

    @Test func otherFilesAreNone() throws {
        try Data("x".utf8).write(to: URL(fileURLWithPath: "\(fixture.path)/notes.txt"))
        #expect(try found() == nil)
    }
}
