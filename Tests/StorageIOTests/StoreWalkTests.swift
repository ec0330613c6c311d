import Foundation
import StorageIO
import SystemPackage
import TestSupport
import Testing

@Suite struct StoreWalkTests {
    let scratch: TemporaryDirectory
    let directory: Directory

    init() throws {
        scratch = try TemporaryDirectory()
        directory = try Directory.open(FilePath(scratch.path))
    }

    private func du() throws -> Int64 {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/du")
        process.arguments = ["-s", "--block-size=1", scratch.path]
        let pipe = Pipe()
        process.standardOutput = pipe
        try process.run()
        let text = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        return try #require(Int64(text.prefix { $0.isNumber }))
    }

    @Test func agreesWithDu() throws {
        let below = try Directory.make(FilePath(scratch.path("a/b")))
        for (count, name) in [(0, "empty"), (1, "one"), (5000, "some"), (300_000, "many")] {
            try below.createFile(name).write([UInt8](repeating: 7, count: count))
        }
        try FileManager.default.linkItem(atPath: scratch.path("a/b/many"), toPath: scratch.path("a/again"))
        try FileManager.default.createSymbolicLink(atPath: scratch.path("link"), withDestinationPath: "a")
        #expect(try StoreWalk.allocatedBytes(of: directory) == du())
    }

    @Test func countsAnInodeOnce() throws {
        try directory.createFile("file").write([UInt8](repeating: 7, count: 100_000))
        let once = try StoreWalk.allocatedBytes(of: directory)
        try FileManager.default.linkItem(atPath: scratch.path("file"), toPath: scratch.path("link"))
        #expect(try StoreWalk.allocatedBytes(of: directory) == once)
    }

    @Test func visitsWithPathsBelowTheRoot() throws {
        _ = try Directory.make(FilePath(scratch.path("a/b"))).createFile("c")
        var paths: [String] = []
        try StoreWalk.visit(directory) { item throws(StorageError) in paths.append(item.path) }
        #expect(paths == ["", "a", "a/b", "a/b/c"])
    }
}
