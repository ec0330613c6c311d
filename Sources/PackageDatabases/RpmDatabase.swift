// https://rpm-software-management.github.io/rpm/manual/format_header.html
// https://www.sqlite.org/c3ref/deserialize.html

import GRDBSQLite

/// Why rpm's database gave no packages, or not all.
enum RpmDatabaseError: Error {
    /// SQLite's own words.
    case notReadable(String)
    /// A header that ends too early, or points beyond its end.
    case badHeader
}

/// rpm's packages: a table of headers in an SQLite file.
enum RpmDatabase {
    /// Reads the `rpmdb.sqlite` at `path`, with its write-ahead log where there is one.
    static func read(_ file: [UInt8], log: [UInt8]?, at path: [UInt8], into findings: inout Findings) {
        do throws(RpmDatabaseError) {
            guard file.count >= 100 else { throw .notReadable("too short") }
            let rows = try RpmRows(log.map { SQLiteLog.applied($0, to: file) } ?? file)
            var isWhole = true
            while let blob = try rows.next() {
                guard findings.hasRoom else { return findings.add(.tooLarge, at: path) }
                do throws(RpmDatabaseError) { findings.add(try RpmHeader(blob).package(), from: path) } catch { isWhole = false }
            }
            if !isWhole { findings.add(.damaged, at: path) }
        } catch {
            findings.add(.damaged, at: path)
        }
    }
}

/// The blobs of the table `Packages`, one after another.
///
/// The file is somebody else's: it is read in memory, read-only, and its schema is not trusted. All blobs together are no longer
/// than the file, since each has its own pages.
private final class RpmRows {
    /// Far more steps than a table of any size takes that fits a file that is kept.
    private static let mostSteps: Int32 = 50_000_000

    private let database: OpaquePointer
    private let statement: OpaquePointer
    private var bytesLeft: Int

    init(_ file: [UInt8]) throws(RpmDatabaseError) {
        var opened: OpaquePointer?
        let code = sqlite3_open_v2(":memory:", &opened, SQLITE_OPEN_READWRITE | SQLITE_OPEN_MEMORY | SQLITE_OPEN_NOMUTEX, nil)
        guard let database = opened else { throw .notReadable("no memory") }
        do throws(RpmDatabaseError) {
            guard code == SQLITE_OK else { throw .notReadable(Self.message(database)) }
            try Self.load(file, into: database)
            guard try Self.isTable("Packages", in: database) else { throw .notReadable("no table Packages") }
            statement = try Self.prepare("SELECT blob FROM Packages ORDER BY hnum", database)
        } catch {
            sqlite3_close_v2(database)
            throw error
        }
        self.database = database
        bytesLeft = file.count
    }

    deinit {
        sqlite3_finalize(statement)
        sqlite3_close_v2(database)
    }

    /// The next blob; nil after the last.
    func next() throws(RpmDatabaseError) -> [UInt8]? {
        let step = sqlite3_step(statement)
        if step == SQLITE_DONE { return nil }
        guard step == SQLITE_ROW else { throw .notReadable(Self.message(database)) }
        let count = Int(sqlite3_column_bytes(statement, 0))
        guard count > 0, count <= bytesLeft, let start = sqlite3_column_blob(statement, 0) else { throw .badHeader }
        bytesLeft -= count
        return Array(UnsafeRawBufferPointer(start: start, count: count))
    }

    private static func load(_ file: [UInt8], into database: OpaquePointer) throws(RpmDatabaseError) {
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
    private static func isTable(_ name: String, in database: OpaquePointer) throws(RpmDatabaseError) -> Bool {
        let statement = try prepare(
            "SELECT count(*) FROM sqlite_schema WHERE name = '\(name)' AND type = 'table' AND rootpage > 0", database)
        defer { sqlite3_finalize(statement) }
        guard sqlite3_step(statement) == SQLITE_ROW else { throw .notReadable(message(database)) }
        return sqlite3_column_int(statement, 0) == 1
    }

    private static func prepare(_ sql: String, _ database: OpaquePointer) throws(RpmDatabaseError) -> OpaquePointer {
        var prepared: OpaquePointer?
        guard sqlite3_prepare_v2(database, sql, -1, &prepared, nil) == SQLITE_OK, let statement = prepared else {
            throw .notReadable(message(database))
        }
        return statement
    }

    private static func message(_ database: OpaquePointer) -> String { String(cString: sqlite3_errmsg(database)) }
}
