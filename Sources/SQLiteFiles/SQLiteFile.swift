// https://www.sqlite.org/c3ref/deserialize.html

import GRDBSQLite

/// Why somebody else's database gives no rows, or not all.
package enum SQLiteFileError: Error, Hashable, Sendable {
    /// SQLite's own words.
    case notReadable(String)
    /// There is no such table, or it is none with rows of its own.
    case noTable(String)
    /// Its rows have more bytes than the file.
    case tooManyBytes
}

/// Somebody else's database, in memory and read-only; its schema is not trusted.
package final class SQLiteFile {
    /// Far more steps than a table of any size takes that fits a file that is kept.
    private static let mostSteps: Int32 = 50_000_000
    private static let headerBytes = 100

    /// The connection; whoever has it holds the file.
    let database: OpaquePointer
    /// The length of the file.
    let byteCount: Int

    /// Opens the database in these bytes.
    package init(_ bytes: [UInt8]) throws(SQLiteFileError) {
        guard bytes.count >= Self.headerBytes else { throw .notReadable("too short") }
        var opened: OpaquePointer?
        let code = sqlite3_open_v2(":memory:", &opened, SQLITE_OPEN_READWRITE | SQLITE_OPEN_MEMORY | SQLITE_OPEN_NOMUTEX, nil)
        guard let database = opened else { throw .notReadable("no memory") }
        do throws(SQLiteFileError) {
            guard code == SQLITE_OK else { throw .notReadable(Self.message(database)) }
            try Self.load(bytes, into: database)
        } catch {
            sqlite3_close_v2(database)
            throw error
        }
        self.database = database
        byteCount = bytes.count
    }

    deinit { sqlite3_close_v2(database) }

    /// The rows of a table, in the order of one of its columns where that is given.
    ///
    /// Table and columns are names that the caller knows, not such as were read.
    package func rows(
        of table: StaticString, _ columns: [StaticString], inOrderOf order: StaticString? = nil
    ) throws(SQLiteFileError) -> SQLiteRows {
        guard try isTable(table) else { throw .noTable("\(table)") }
        // Without quotes: what is no column's name between quotes is taken for a text.
        let names = columns.map { "\($0)" }.joined(separator: ", ")
        return SQLiteRows(self, try prepare("SELECT \(names) FROM \(table)\(order.map { " ORDER BY \($0)" } ?? "")"))
    }

    private static func load(_ file: [UInt8], into database: OpaquePointer) throws(SQLiteFileError) {
        guard let copy = sqlite3_malloc64(sqlite3_uint64(file.count)) else { throw .notReadable("no memory") }
        let bytes = copy.bindMemory(to: UInt8.self, capacity: file.count)
        file.withUnsafeBufferPointer { source in
            if let base = source.baseAddress { bytes.update(from: base, count: file.count) }
        }
        // A database in memory has no write-ahead log: bytes 18 and 19 say whether one is expected.
        bytes[18] = 1
        bytes[19] = 1
        let flags = UInt32(SQLITE_DESERIALIZE_FREEONCLOSE | SQLITE_DESERIALIZE_READONLY)
        let size = sqlite3_int64(file.count)
        // SQLite frees the copy, also when it fails.
        guard sqlite3_deserialize(database, "main", bytes, size, size, flags) == SQLITE_OK else {
            throw .notReadable(message(database))
        }
        _ = sqlite3_exec(database, "PRAGMA trusted_schema = OFF", nil, nil, nil)
        sqlite3_limit(database, SQLITE_LIMIT_LENGTH, Int32(clamping: file.count))
        sqlite3_progress_handler(database, mostSteps, { _ in 1 }, nil)
    }

    /// Whether that is a table with rows of its own: the rows of a view, or of a module, are whatever its author computes.
    private func isTable(_ name: StaticString) throws(SQLiteFileError) -> Bool {
        let statement = try prepare(
            "SELECT count(*) FROM sqlite_schema WHERE name = '\(name)' AND type = 'table' AND rootpage > 0")
        defer { sqlite3_finalize(statement) }
        guard sqlite3_step(statement) == SQLITE_ROW else { throw .notReadable(Self.message(database)) }
        return sqlite3_column_int(statement, 0) == 1
    }

    private func prepare(_ sql: String) throws(SQLiteFileError) -> OpaquePointer {
        var prepared: OpaquePointer?
        guard sqlite3_prepare_v2(database, sql, -1, &prepared, nil) == SQLITE_OK, let statement = prepared else {
            throw .notReadable(Self.message(database))
        }
        return statement
    }

    static func message(_ database: OpaquePointer) -> String { String(cString: sqlite3_errmsg(database)) }
}
