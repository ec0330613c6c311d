import Foundation
import Glibc
import StorageIO
import Synchronization
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

    /// So many names that several threads look at them, more than are looked at at a time, one of them no UTF-8.
    @Test func aLargeFolderIsSeenWhole() throws {
        let folder = try Directory.make(FilePath(scratch.path("many")))
        let names = Set((0..<5000).map { "file-\($0)" })
        for name in names { try #require(mknodat(folder.fd, name, S_IFREG | 0o644, 0) == 0) }
        try #require(mknodat(folder.fd, [CChar(bitPattern: 0xff), 0], S_IFREG | 0o644, 0) == 0)
        var seen: [String] = []
        try StoreWalk.visit(folder) { item throws(StorageError) in
            #expect(item.withName { String(decoding: $0, as: UTF8.self) } == item.path)
            seen.append(item.path)
        }
        #expect(Set(seen) == names.union(["", "\u{fffd}"]) && seen.count == 5002)
        #expect(try StoreWalk.allocatedBytes(of: directory) == du())
    }

    @Test func whatGoesMeanwhileIsPassedOver() throws {
        let folder = try Directory.make(FilePath(scratch.path("going")))
        for number in 0..<5000 { try #require(mknodat(folder.fd, "file-\(number)", S_IFREG | 0o644, 0) == 0) }
        var count = 0
        try StoreWalk.visit(folder) { item throws(StorageError) in
            if count == 1 { try folder.removeContents() }
            count += 1
        }
        #expect(count >= 2 && count < 5001, "names are looked at some thousand at a time")
    }

    @Test func whatIsRemovedIsMeasured() throws {
        let folder = try Directory.make(FilePath(scratch.path("bin")))
        try folder.createFile("kept").write([1])
        try folder.createFile("one").write([UInt8](repeating: 7, count: 50_000))
        try folder.createFile("two").write([UInt8](repeating: 7, count: 60_000))
        try FileManager.default.linkItem(atPath: scratch.path("bin/two"), toPath: scratch.path("bin/again"))
        try FileManager.default.linkItem(atPath: scratch.path("bin/one"), toPath: scratch.path("outside"))
        try Directory.make(FilePath(scratch.path("bin/below"))).createFile("three").write([UInt8](repeating: 7, count: 70_000))
        let before = try du()
        let count = Mutex(0)
        let freed = try folder.removeContentsMeasured(but: ["kept"]) { () throws(StorageError) in count.withLock { $0 += 1 } }
        #expect(try folder.names() == ["kept"] && count.withLock { $0 } == 4)
        #expect(freed == before - (try du()))
    }

    /// Of many files each is removed and measured once, and a failure ends it before the last.
    @Test func manyAreRemovedByAllCores() throws {
        let folder = try Directory.make(FilePath(scratch.path("many")))
        func fill() throws { for number in 0..<2000 { try folder.createFile("file-\(number)").write([1]) } }
        try fill()
        let before = try du()
        let freed = try folder.removeContentsMeasured(but: ["file-7"])
        #expect(try folder.names() == ["file-7"])
        #expect(freed == before - (try du()))
        try folder.removeContents()
        try fill()
        let count = Mutex(0)
        #expect(throws: StorageError.self) {
            _ = try folder.removeContentsMeasured(but: []) { () throws(StorageError) in
                let isTenth = count.withLock { count in
                    count += 1
                    return count == 10
                }
                if isTenth { throw StorageError(.remove, "tenth", .ioError) }
            }
        }
        #expect(try folder.names().count > 1900)
    }

    @Test func bothRunAndTheFirstErrorIsThrown() throws {
        let (first, second) = try together({ () throws(StorageError) in 1 }, { () throws(StorageError) in "two" })
        #expect(first == 1 && second == "two")
        var hasRun = false
        #expect(throws: StorageError.self) {
            _ = try together(
                { () throws(StorageError) -> Int in throw StorageError(.open, "first", .noSuchFileOrDirectory) },
                { () throws(StorageError) -> Int in
                    hasRun = true
                    throw StorageError(.open, "second", .noSuchFileOrDirectory)
                })
        }
        #expect(hasRun)
    }

    /// Directories in one another, a file in each; returns the path of the last below the folder.
    private func dig(_ depth: Int) throws -> [UInt8] {
        let cursor = try TreeCursor(directory)
        for _ in 0..<depth {
            try #require(mkdirat(cursor.fd, "d", 0o755) == 0)
            try cursor.enter([UInt8(ascii: "d")])
            try #require(mknodat(cursor.fd, "file", S_IFREG | 0o644, 0) == 0)
        }
        return cursor.path
    }

    /// Runs `body` on a thread with a stack of 256 KB.
    private func onSmallStack(_ body: @escaping @Sendable () -> Void) {
        let done = DispatchSemaphore(value: 0)
        let thread = Thread {
            body()
            done.signal()
        }
        thread.stackSize = 256 << 10
        thread.start()
        done.wait()
    }

    @Test func noTreeIsTooDeep() throws {
        _ = try dig(20_000)
        let folder = directory
        let counted = Counted()
        onSmallStack {
            counted.keep {
                var count = 0
                try StoreWalk.visit(folder) { _ throws(StorageError) in count += 1 }
                let bytes = try StoreWalk.allocatedBytes(of: try folder.directory("d"))
                return (count, bytes, try folder.removeTreeMeasured("d"))
            }
        }
        let found = try #require(counted.found, "\(String(describing: counted.error))")
        #expect(found.0 == 40_001 && found.1 == found.2)
        #expect(try directory.names() == [])
    }

    @Test func aDirectoryThatIsMovedAwayLeadsNowhere() throws {
        let path = try dig(200)
        let cursor = try TreeCursor(directory)
        try cursor.move(to: path)
        let outside = try TemporaryDirectory()
        // The one that is closed by now is in another place than the cursor left it in.
        let place = Array(repeating: "d", count: 100).joined(separator: "/")
        try #require(rename(scratch.path(place), outside.path("moved")) == 0)
        var failure: StorageError?
        do throws(StorageError) { while !cursor.path.isEmpty { try cursor.leave() } } catch { failure = error }
        #expect(failure != nil && cursor.path.count > place.utf8.count - 2, "it does not go on where it was moved to")
        // Whoever says where to go begins at the root again.
        try cursor.move(to: Array("d/d".utf8))
        #expect(try cursor.items().map(\.name.messageText).sorted() == ["d", "file"])
    }

    @Test func namesAreBytes() throws {
        let names: [[UInt8]] = [[0x63, 0xE8], [0x63, 0xE9], [0xFF]]
        for name in names { try #require(mkdirat(directory.fd, name.cString, 0o755) == 0) }
        #expect(try Set(TreeCursor(directory).items().map(\.name)) == Set(names))
        try directory.removeTree(names[0])
        #expect(try Set(TreeCursor(directory).items().map(\.name)) == Set(names[1...]))
        try directory.removeContents()
        #expect(try directory.names() == [])
    }
}

/// What a thread found; read when it has ended.
private final class Counted: @unchecked Sendable {
    private(set) var found: (Int, Int64, Int64)?
    private(set) var error: (any Error)?

    func keep(_ body: () throws -> (Int, Int64, Int64)) { do { found = try body() } catch { self.error = error } }
}
