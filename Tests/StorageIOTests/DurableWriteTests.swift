import Dispatch
import Foundation
import StorageIO
import Synchronization
import SystemPackage
import TestSupport
import Testing

@Suite struct DurableWriteTests {
    let scratch: TemporaryDirectory
    let directory: Directory

    init() throws {
        scratch = try TemporaryDirectory()
        directory = try Directory.open(FilePath(scratch.path))
    }

    private func write(_ text: String) throws {
        try directory.writeDurably("file", Array(text.utf8), points: .index)
    }

    private func content() throws -> String? {
        try directory.readFile("file", limit: 100).map { String(decoding: $0, as: UTF8.self) }
    }

    @Test func replacesTheOldContent() throws {
        try write("the old and longer one")
        try write("new")
        #expect(try content() == "new")
        #expect(try directory.names() == ["file"])
    }

    @Test func writesOverWhatAKilledProcessLeft() throws {
        try directory.createFile("file.new").write(Array("half a document that is longer".utf8))
        try write("new")
        #expect(try content() == "new")
        #expect(try directory.names() == ["file"])
    }

    @Test func changesNothingWhenNoLongerWanted() throws {
        try write("old")
        let isWritten = try directory.writeDurably(
            "file", Array("new".utf8), points: .index, stillWanted: { () throws(StorageError) in false })
        #expect(!isWritten)
        #expect(try content() == "old")
        #expect(try directory.names() == ["file"])
    }

    @Test func takesItsTemporaryFromAnotherDirectory() throws {
        let other = try directory.ensureDirectory("other")
        try directory.writeDurably("file", [7], scratch: other, points: .index)
        #expect(try directory.readFile("file", limit: 1) == [7])
        #expect(try other.names().isEmpty)
    }

    #if STRATA_FAILPOINTS
        @Test(arguments: [Failpoint.indexBeforeWrite, .indexAfterWrite, .indexAfterSync])
        func aFailureBeforeTheRenameChangesNothing(point: Failpoint) throws {
            try write("old")
            FailpointScript.shared.force(.noSpace, at: point, below: scratch.path)
            defer { FailpointScript.shared.clear(below: scratch.path) }
            let error = #expect(throws: StorageError.self) { try write("new") }
            #expect(error?.errno == .noSpace)
            #expect(try content() == "old")
            #expect(try directory.names() == ["file"])
        }

        @Test(arguments: [Failpoint.indexAfterRename, .indexAfterDirectorySync])
        func aFailureAfterTheRenameLeavesTheNewContent(point: Failpoint) throws {
            try write("old")
            FailpointScript.shared.force(.ioError, at: point, below: scratch.path)
            defer { FailpointScript.shared.clear(below: scratch.path) }
            #expect(throws: StorageError.self) { try write("new") }
            #expect(try content() == "new")
            #expect(try directory.names() == ["file"])
        }

        @Test func aForcedFailureCanBeForOneOccurrenceOnly() throws {
            FailpointScript.shared.force(.ioError, at: .indexAfterWrite, below: scratch.path, occurrence: 2)
            defer { FailpointScript.shared.clear(below: scratch.path) }
            try write("first")
            #expect(throws: StorageError.self) { try write("second") }
            try write("third")
            #expect(try content() == "third")
        }
    #endif

    @Test func everyFailpointHasItsOwnName() {
        #expect(Set(Failpoint.allCases.map(\.rawValue)).count == Failpoint.allCases.count)
    }

    @Test func threadsThatReplaceOneFileAllSucceed() throws {
        let failures = Mutex<[String]>([])
        let texts = (0..<8).map { String(repeating: "\($0)", count: 100) }
        DispatchQueue.concurrentPerform(iterations: texts.count) { thread in
            for _ in 0..<500 {
                do { try directory.writeQuickly("file", Array(texts[thread].utf8)) } catch {
                    failures.withLock { $0.append("\(error)") }
                }
            }
        }
        #expect(failures.withLock(\.first) == nil)
        #expect(texts.contains(try #require(try content())))
        #expect(try directory.names() == ["file"])
    }

    @Test(arguments: [
        ("file.17.new", false), ("file.new", nil), ("file.x.new", nil), ("file.-1.new", nil), ("file", nil), ("a.0.new", nil),
    ])
    func aWritersNameTellsWhetherItIsAbandoned(name: String, isKnown: Bool?) throws {
        #expect((TemporaryName.isAbandoned(name) == nil) == (isKnown == nil))
    }

    @Test func namesOfLivingWritersAreNotAbandoned() throws {
        #expect(TemporaryName.isAbandoned(TemporaryName.ofWriter("file")) == false)
        let ended = Process()
        ended.executableURL = URL(filePath: "/bin/true")
        try ended.run()
        ended.waitUntilExit()
        #expect(TemporaryName.isAbandoned("file.1a2b.\(ended.processIdentifier).new") == true)
    }
}
