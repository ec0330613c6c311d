import Foundation
import StorageIO
import SystemPackage
import TestSupport
import Testing

@Suite struct DirectoryTests {
    let scratch: TemporaryDirectory
    let directory: Directory

    init() throws {
        scratch = try TemporaryDirectory()
        directory = try Directory.open(FilePath(scratch.path))
    }

    @Test func makesMissingDirectoriesAbove() throws {
        _ = try Directory.make(FilePath(scratch.path("a/b/c")))
        #expect(try directory.directory("a").directory("b").names() == ["c"])
    }

    @Test func listsSortedNamesWithoutDots() throws {
        for name in ["b", "a", ".hidden"] { _ = try directory.createFile(name) }
        #expect(try directory.names() == [".hidden", "a", "b"])
    }

    @Test func doesNotFollowASymlinkToADirectory() throws {
        try directory.makeDirectory("real")
        try FileManager.default.createSymbolicLink(atPath: scratch.path("link"), withDestinationPath: "real")
        #expect(throws: StorageError.self) { try directory.directory("link") }
    }

    @Test func doesNotFollowASymlinkToAFile() throws {
        _ = try directory.createFile("real")
        try FileManager.default.createSymbolicLink(atPath: scratch.path("link"), withDestinationPath: "real")
        #expect(throws: StorageError.self) { try directory.openFile("link") }
    }

    @Test func anAbsentFileIsNil() throws {
        #expect(try directory.openFile("nothing") == nil)
        #expect(try directory.readFile("nothing", limit: 10) == nil)
        #expect(try directory.status("nothing") == nil)
    }

    @Test func readsAFileOfExactlyTheLimit() throws {
        try directory.createFile("file").write([1, 2, 3])
        #expect(try directory.readFile("file", limit: 3) == [1, 2, 3])
    }

    @Test func refusesAFileBeyondTheLimit() throws {
        try directory.createFile("file").write([1, 2, 3, 4])
        let error = #expect(throws: StorageError.self) { try directory.readFile("file", limit: 3) }
        #expect(error?.errno == .fileTooLarge)
    }

    @Test func doesNotReplaceAFileUnlessAsked() throws {
        _ = try directory.createFile("file")
        let error = #expect(throws: StorageError.self) { try directory.createFile("file") }
        #expect(error?.errno == .fileExists)
    }

    @Test func removesATreeWithoutFollowingSymlinks() throws {
        try directory.makeDirectory("outside")
        _ = try directory.directory("outside").createFile("kept")
        let tree = try Directory.make(FilePath(scratch.path("tree/deep")))
        _ = try tree.createFile("file")
        try FileManager.default.createSymbolicLink(atPath: scratch.path("tree/link"), withDestinationPath: "../outside")
        try directory.removeTree("tree")
        #expect(try directory.names() == ["outside"])
        #expect(try directory.directory("outside").names() == ["kept"])
    }

    @Test func removesNamesThatAreNotUTF8() throws {
        try directory.makeDirectory("tree")
        let tree = try directory.directory("tree")
        let name: [CChar] = scratch.path("tree/x").utf8.map { CChar(bitPattern: $0) } + [-1, 0]
        #expect(close(open(name, O_CREAT | O_WRONLY, 0o644)) == 0)
        #expect(try tree.names().count == 1)
        try directory.removeTree("tree")
        #expect(try directory.names().isEmpty)
    }

    @Test func anUnnamedFileLeavesNoName() throws {
        let file = try directory.createUnnamedFile()
        try file.write([1, 2, 3])
        #expect(try file.readAll(limit: 10) == [1, 2, 3])
        #expect(try directory.names().isEmpty)
    }

    @Test func anErrorNamesOperationPathAndReason() throws {
        let error = #expect(throws: StorageError.self) { try directory.directory("nothing") }
        #expect(error == StorageError(.open, scratch.path("nothing"), .noSuchFileOrDirectory))
    }
}
