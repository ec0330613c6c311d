// https://www.sqlite.org/c3ref/set_authorizer.html
// https://www.sqlite.org/security.html

import GRDBSQLite

/// Why a statement gave no result.
package enum QueryError: Error, Hashable, Sendable {
    /// SQLite's own words about the statement.
    case bad(String)
    /// The statement would do more than read the tables.
    case notReadOnly(String)
    /// There is no statement in the text.
    case empty
    /// There is more than one.
    case several
    /// SQLite could not go on: no memory, for one.
    case failed(String)
}

/// One value of a result.
package enum QueryValue: Hashable, Sendable {
    case null
    case integer(Int64)
    case real(Double)
    case text([UInt8])
    case blob([UInt8])
}

/// What a statement gave.
package struct QueryResult: Hashable, Sendable {
    package var columns: [String]
    package var rows: [[QueryValue]]

    /// A result from its parts.
    package init(columns: [String], rows: [[QueryValue]]) {
        self.columns = columns
        self.rows = rows
    }
}

/// Tables in memory for one statement that a user wrote.
///
/// SQLite is used without GRDB here, because the statement is somebody else's: an authorizer lets nothing through but reading
/// (GRDB has an authorizer of its own), and rows go in by the million. Used by one thread.
package final class QueryDatabase {
    let handle: OpaquePointer

    /// Tables without rows.
    package init() throws(QueryError) {
        var opened: OpaquePointer?
        // No URI: a name in a statement must not lead to a file. No mutex: one thread.
        let flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_MEMORY | SQLITE_OPEN_NOMUTEX
        let code = sqlite3_open_v2(":memory:", &opened, flags, nil)
        guard let opened else { throw .failed("no memory") }
        handle = opened
        guard code == SQLITE_OK else { throw .failed(message) }
        try execute(
            """
            PRAGMA page_size = 65536; PRAGMA journal_mode = OFF; PRAGMA temp_store = MEMORY; PRAGMA trusted_schema = OFF;
            \(QuerySchema.statements)
            BEGIN;
            """)
    }

    deinit { sqlite3_close_v2(handle) }

    /// SQLite's words about what failed last.
    var message: String { String(cString: sqlite3_errmsg(handle)) }

    func execute(_ statements: String) throws(QueryError) {
        guard sqlite3_exec(handle, statements, nil, nil, nil) == SQLITE_OK else { throw .failed(message) }
    }

    /// Runs the one statement that `text` holds, after which no row can be added.
    ///
    /// It may read the tables and nothing else: no file, no setting and no other database is reached.
    package func run(_ text: String) throws(QueryError) -> QueryResult {
        try execute("COMMIT")
        for limit in [SQLITE_LIMIT_ATTACHED, SQLITE_LIMIT_WORKER_THREADS] { sqlite3_limit(handle, limit, 0) }
        sqlite3_set_authorizer(handle, { _, action, first, second, _, _ in QueryDatabase.verdict(action, first, second) }, nil)
        var outcome: Result<QueryResult, QueryError> = .failure(.empty)
        Array(text.utf8CString).withUnsafeBufferPointer { bytes in
            do throws(QueryError) { outcome = .success(try run(bytes)) } catch { outcome = .failure(error) }
        }
        return try outcome.get()
    }

    private func run(_ text: UnsafeBufferPointer<CChar>) throws(QueryError) -> QueryResult {
        var statement: OpaquePointer?
        var rest: UnsafePointer<CChar>?
        let code = sqlite3_prepare_v2(handle, text.baseAddress, Int32(text.count), &statement, &rest)
        guard code == SQLITE_OK else { throw error(code) }
        guard let statement else { throw .empty }
        defer { sqlite3_finalize(statement) }
        // What follows may be blank or a comment, which compiles to nothing.
        var next: OpaquePointer?
        let following = sqlite3_prepare_v2(handle, rest, -1, &next, nil)
        sqlite3_finalize(next)
        guard following == SQLITE_OK, next == nil else { throw .several }
        guard sqlite3_stmt_readonly(statement) != 0 else { throw .notReadOnly("it writes") }
        let columns = (0..<sqlite3_column_count(statement)).map { String(cString: sqlite3_column_name(statement, $0)) }
        var rows: [[QueryValue]] = []
        while true {
            let code = sqlite3_step(statement)
            if code == SQLITE_DONE { return QueryResult(columns: columns, rows: rows) }
            guard code == SQLITE_ROW else { throw error(code) }
            rows.append(columns.indices.map { Self.value(statement, Int32($0)) })
        }
    }

    private func error(_ code: Int32) -> QueryError {
        switch code & 0xff {
        case SQLITE_AUTH: .notReadOnly(message)
        case SQLITE_ERROR, SQLITE_MISMATCH, SQLITE_TOOBIG, SQLITE_RANGE, SQLITE_CONSTRAINT: .bad(message)
        default: .failed(message)
        }
    }

    private static func value(_ statement: OpaquePointer, _ column: Int32) -> QueryValue {
        switch sqlite3_column_type(statement, column) {
        case SQLITE_INTEGER: return .integer(sqlite3_column_int64(statement, column))
        case SQLITE_FLOAT: return .real(sqlite3_column_double(statement, column))
        case SQLITE_TEXT:
            let start = sqlite3_column_text(statement, column)
            return .text(Array(UnsafeBufferPointer(start: start, count: Int(sqlite3_column_bytes(statement, column)))))
        case SQLITE_BLOB:
            let start = sqlite3_column_blob(statement, column)
            return .blob(Array(UnsafeRawBufferPointer(start: start, count: Int(sqlite3_column_bytes(statement, column)))))
        default: return .null
        }
    }

    /// Settings that only tell something.
    private static let readingPragmas: Set<String> = [
        "table_info", "table_xinfo", "table_list", "function_list", "pragma_list", "compile_options", "collation_list",
        "database_list",
    ]

    /// Functions that reach beyond the statement; without a way to load an extension they fail anyway.
    private static let deniedFunctions: Set<String> = ["load_extension", "fts3_tokenizer", "sqlite_log"]

    /// Lets reading pass, and nothing else.
    private static func verdict(
        _ action: Int32, _ first: UnsafePointer<CChar>?, _ second: UnsafePointer<CChar>?
    ) -> Int32 {
        switch action {
        case SQLITE_SELECT, SQLITE_READ, SQLITE_RECURSIVE: SQLITE_OK
        case SQLITE_FUNCTION: deniedFunctions.contains(text(second)) ? SQLITE_DENY : SQLITE_OK
        case SQLITE_PRAGMA: readingPragmas.contains(text(first)) ? SQLITE_OK : SQLITE_DENY
        default: SQLITE_DENY
        }
    }

    private static func text(_ name: UnsafePointer<CChar>?) -> String { name.map { String(cString: $0).lowercased() } ?? "" }
}
