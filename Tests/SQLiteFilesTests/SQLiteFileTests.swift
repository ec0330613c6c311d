import Foundation
import SQLiteFiles
import TestSupport
import Testing

/// Tables of files that another program made.
@Suite(.needs("python3")) struct SQLiteFileTests {
    private let scratch: TemporaryDirectory

    init() throws { scratch = try TemporaryDirectory() }

    /// The bytes of a database that Python's sqlite3 makes by these statements.
    private func database(_ statements: String) throws -> [UInt8] {
        let path = scratch.path("made.db")
        let script = "import sqlite3, sys; c = sqlite3.connect(sys.argv[1]); c.executescript(sys.argv[2]); c.close()"
        let made = try Program("python3").run(["-c", script, path, statements])
        try #require(made.status == 0, "\(made.errors)")
        return try Array(Data(contentsOf: URL(filePath: path)))
    }

    private static let table = """
        CREATE TABLE T (id TEXT PRIMARY KEY, number INTEGER, data BLOB);
        INSERT INTO T VALUES ('b', 7, x'00ff'), ('a', NULL, 'text'), ('c', -1, x'');
        """

    @Test func rowsAreReadInOrder() throws {
        let rows = try SQLiteFile(try database(Self.table)).rows(of: "T", ["id", "number", "data"], inOrderOf: "id").all()
        #expect(
            rows == [
                [.bytes(Array("a".utf8)), .null, .bytes(Array("text".utf8))],
                [.bytes(Array("b".utf8)), .integer(7), .bytes([0, 255])],
                [.bytes(Array("c".utf8)), .integer(-1), .bytes([])],
            ])
        #expect(rows.map { $0[0].text } == ["a", "b", "c"] && rows.map { $0[1].integer } == [nil, 7, -1])
    }

    @Test(arguments: [
        "CREATE TABLE U (x); CREATE VIEW T AS SELECT 1 AS id, 2 AS number, 3 AS data", "CREATE TABLE t2 (id, number, data)",
        "CREATE TABLE U (x); CREATE INDEX T ON U (x)",
    ])
    func onlyATableHasRows(statements: String) throws {
        let file = try SQLiteFile(try database(statements))
        #expect(throws: SQLiteFileError.noTable("T")) { try file.rows(of: "T", ["id", "number", "data"]) }
    }

    @Test func aColumnThatIsMissingIsNoText() throws {
        let file = try SQLiteFile(try database("CREATE TABLE T (id TEXT); INSERT INTO T VALUES ('a')"))
        #expect(throws: SQLiteFileError.self) { try file.rows(of: "T", ["id", "number"]).all() }
    }

    @Test(arguments: [[], [1, 2, 3], [UInt8](repeating: 0, count: 5000), [UInt8](repeating: 0x53, count: 200)])
    func whatIsNoDatabaseIsTold(bytes: [UInt8]) {
        #expect(throws: SQLiteFileError.self) { try SQLiteFile(bytes).rows(of: "T", ["id"]).all() }
    }

    @Test func damageIsToldOrHarmless() throws {
        let whole = try database(Self.table)
        for seed in 0..<500 {
            var numbers = SeededNumbers(seed: seed)
            var bytes = whole
            for _ in 0..<numbers.number(1...40) { bytes[numbers.number(0...bytes.count - 1)] = UInt8(numbers.number(0...255)) }
            if numbers.chance(30) { bytes.removeLast(numbers.number(1...bytes.count - 1)) }
            do throws(SQLiteFileError) {
                let rows = try SQLiteFile(bytes).rows(of: "T", ["id", "number", "data"]).all()
                #expect(rows.joined().reduce(0) { $0 + ($1.bytes?.count ?? 0) } <= bytes.count, "seed \(seed)")
            } catch {
                // Told.
            }
        }
    }
}
