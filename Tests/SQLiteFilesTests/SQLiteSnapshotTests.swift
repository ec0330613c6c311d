import Foundation
import Glibc
import SQLiteFiles
import StorageIO
import SystemPackage
import TestSupport
import Testing

/// Copies of databases that somebody writes to.
@Suite(.needs("python3")) struct SQLiteSnapshotTests {
    private let scratch: TemporaryDirectory
    private let folder: Directory

    init() throws {
        scratch = try TemporaryDirectory()
        folder = try Directory.open(FilePath(scratch.path))
    }

    private func python(_ script: String) throws -> RunningProgram {
        try Program("python3").start(["-c", script, scratch.path("db")])
    }

    private func read(tries: Int = SQLiteSnapshot.maxTries) throws -> [[Int64?]]? {
        try SQLiteSnapshot.read("db", in: folder, tries: tries)?.rows(of: "T", ["number"]).all().map { $0.map(\.integer) }
    }

    /// Every state has rows of one number only, and as many as it has always: a torn copy has two numbers, or is none.
    @Test func everyCopyIsACommittedState() throws {
        let writer = try python(
            """
            import sqlite3, sys, time
            c = sqlite3.connect(sys.argv[1], isolation_level=None)
            c.executescript("PRAGMA cache_size = 5; CREATE TABLE T (number INTEGER, filler TEXT)")
            c.executemany("INSERT INTO T VALUES (0, ?)", [("x" * 500,)] * 400)
            print("made", flush=True)
            n = 0
            while True:
                n += 1
                c.execute("BEGIN EXCLUSIVE"); c.execute("UPDATE T SET number = ?", (n,)); c.execute("COMMIT")
                time.sleep(0.002)
            """)
        defer { writer.signal(SIGKILL) }
        while !writer.outputSoFar.contains("made") { Thread.sleep(forTimeInterval: 0.01) }
        var seen: Set<Int64> = []
        var copyCount = 0
        for _ in 0..<400 {
            let rows: [[Int64?]]?
            do { rows = try read() } catch {
                guard let error = error as? SQLiteSnapshotError, case .busy = error else { throw error }
                continue
            }
            let numbers = try #require(rows).map { $0[0] }
            copyCount += 1
            try #require(numbers.count == 400 && Set(numbers).count == 1, "\(Set(numbers))")
            if let number = numbers[0] { seen.insert(number) }
        }
        #expect(copyCount == 0 || !seen.isEmpty)
    }

    @Test func whatAKilledWriterLeftIsNotGuessed() throws {
        let writer = try python(
            """
            import os, signal, sqlite3, sys
            c = sqlite3.connect(sys.argv[1], isolation_level=None)
            c.executescript("PRAGMA cache_size = 5; CREATE TABLE T (number INTEGER, filler TEXT)")
            c.executemany("INSERT INTO T VALUES (0, ?)", [("x" * 500,)] * 400)
            c.execute("BEGIN EXCLUSIVE"); c.execute("UPDATE T SET number = 1")
            os.kill(os.getpid(), signal.SIGKILL)
            """)
        _ = try writer.wait(timeLimit: 60)
        try #require(FileManager.default.fileExists(atPath: scratch.path("db-journal")))
        #expect(throws: SQLiteSnapshotError.busy(path: scratch.path("db"), tries: 3)) { try read(tries: 3) }
        // Its next writer undoes it.
        _ = try python("import sqlite3, sys; sqlite3.connect(sys.argv[1]).execute('SELECT count(*) FROM T').fetchall()").wait()
        #expect(try read()?.map { $0[0] } == [Int64?](repeating: 0, count: 400))
    }

    @Test func nothingIsLockedOrMade() throws {
        _ = try python("import sqlite3, sys; sqlite3.connect(sys.argv[1]).executescript('CREATE TABLE T (number)')").wait()
        let before = try folder.names().sorted()
        #expect(try read() == [])
        #expect(try folder.names().sorted() == before)
        #expect(try SQLiteSnapshot.read("none", in: folder) == nil)
        #expect(throws: SQLiteSnapshotError.tooLarge(path: scratch.path("db"), bytes: 8192, limit: 4096)) {
            try SQLiteSnapshot.read("db", in: folder, limit: 4096)
        }
    }

    @Test func aWriteAheadLogIsTold() throws {
        _ = try python(
            "import sqlite3, sys; sqlite3.connect(sys.argv[1]).executescript('PRAGMA journal_mode = WAL; CREATE TABLE T (number)')"
        ).wait()
        #expect(throws: SQLiteSnapshotError.hasLog(path: scratch.path("db"))) { try read() }
    }
}
