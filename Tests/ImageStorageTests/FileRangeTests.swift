import ContentStorage
import Foundation
import Glibc
import ImageStorage
import OCISpec
import StorageIO
import SystemPackage
import TestSupport
import Testing

/// Bytes of files are known again by the stamp of their file, and by nothing less.
@Suite struct FileRangeTests {
    private let scratch: TemporaryDirectory
    private let store: ImageStore
    private let folder: Directory
    private let digest = sha256([1, 2, 3])

    init() throws {
        scratch = try TemporaryDirectory()
        store = try ImageStore.open(at: FilePath(scratch.path("store")), create: true)
        folder = try Directory.open(FilePath(scratch.path))
        try write([UInt8](repeating: 7, count: 100))
    }

    private func write(_ bytes: [UInt8]) throws {
        try Data(bytes).write(to: URL(fileURLWithPath: scratch.path("file")), options: [])
    }

    private func status() throws -> FileStatus { try #require(try folder.status("file")) }

    /// The range as somebody sees it who looks `seconds` after the file's last change.
    private func range(_ offset: Int64 = 10, _ bytes: Int64 = 20, after seconds: Int64 = 60) throws -> FileRange? {
        let status = try status()
        return FileRange(status, offset: offset, bytes: bytes, now: Timestamp(seconds: status.changedSeconds + seconds))
    }

    @Test func whatWasReadIsKnownAgain() throws {
        let range = try #require(try range())
        #expect(store.catalog.digest(of: range) == nil)
        store.catalog.remember(digest, of: range)
        #expect(try store.catalog.digest(of: #require(try self.range())) == digest)
        #expect(try store.catalog.digest(of: #require(try self.range(11, 20))) == nil)
        #expect(try store.catalog.digest(of: #require(try self.range(10, 21))) == nil)
        #expect(store.catalog.problems == [])
    }

    /// A change in the same tick of the clock would leave no trace.
    @Test func aFileThatHasJustChangedIsNotKnownAgain() throws {
        #expect(try range(after: 0) == nil)
        #expect(try range(after: 2) == nil)
        #expect(try range(after: 3) != nil)
    }

    /// A time in the future says nothing of when the file changed.
    @Test func aFileFromTheFutureIsNotKnownAgain() throws {
        #expect(try range(after: -1000) == nil)
    }

    @Test func aFileWithoutANameIsNotKnownAgain() throws {
        let file = try folder.openFile("file")
        #expect(unlink(scratch.path("file")) == 0)
        let status = try #require(try file?.status())
        #expect(FileRange(status, offset: 0, bytes: 1, now: Timestamp(seconds: status.changedSeconds + 60)) == nil)
    }

    /// Whoever sets the time of the content back cannot set back when the inode changed.
    @Test func aFileThatWasWrittenIsAnotherOne() throws {
        store.catalog.remember(digest, of: try #require(try range()))
        let before = try status()
        try write([UInt8](repeating: 8, count: 100))
        var times = [
            timespec(tv_sec: Int(before.modifiedSeconds), tv_nsec: Int(before.modifiedNanoseconds)),
            timespec(tv_sec: Int(before.modifiedSeconds), tv_nsec: Int(before.modifiedNanoseconds)),
        ]
        #expect(utimensat(AT_FDCWD, scratch.path("file"), &times, 0) == 0)
        #expect(try status().modifiedSeconds == before.modifiedSeconds)
        #expect(try store.catalog.digest(of: #require(try range())) == nil)
    }

    @Test func theLatestOfOneRangeCounts() throws {
        let other = sha256([9])
        let range = try #require(try range())
        store.catalog.remember(digest, of: range)
        store.catalog.remember(other, of: range)
        #expect(store.catalog.digest(of: range) == other)
    }
}
