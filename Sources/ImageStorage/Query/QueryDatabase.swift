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
    /// There is no folder, or no room in it, for what does not fit into memory.
    case noRoom(String)
    /// SQLite could not go on: no memory, for one.
    case failed(String)
}

/// One value of a result.
package enum QueryValue: Hashable, Sendable {
    case null
    /// A whole number.
    case integer(Int64)
    /// A number with a fraction.
    case real(Double)
    /// A text's bytes, which need not be UTF-8.
    case text([UInt8])
    /// Bytes that are no text.
    case blob([UInt8])
}

/// Tables for one statement that a user wrote, in a nameless file of SQLite's own as far as they do not fit into its cache.
///
/// The file lies where `$SQLITE_TMPDIR` or `$TMPDIR` says, else in /var/tmp or /tmp; nobody else can open it, and it goes with the
/// process, however that ends. Two million rows take some 300 MB, which need not be memory.
///
/// SQLite is used without GRDB here, because the statement is somebody else's: an authorizer lets nothing through but reading
/// (GRDB has an authorizer of its own), and rows go in by the million. Used by one thread.
package final class QueryDatabase {
    let handle: OpaquePointer

    /// Tables without rows.
    package init() throws(QueryError) {
        var opened: OpaquePointer?
        // No URI: a name in a statement must not lead to a file. No mutex: one thread.
        let flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX
        let code = sqlite3_open_v2("", &opened, flags, nil)
        guard let opened else { throw .failed("no memory") }
        handle = opened
        guard code == SQLITE_OK else { throw .failed(message) }
        try execute(
            """
            PRAGMA page_size = 65536; PRAGMA cache_size = -\(Self.cacheKibibytes); PRAGMA journal_mode = OFF;
            PRAGMA trusted_schema = OFF;
            \(QuerySchema.statements)
            BEGIN;
            """)
    }

    deinit { sqlite3_close_v2(handle) }

    /// What stays in memory of the tables, and of what is sorted.
    private static let cacheKibibytes = 32 << 10

    /// SQLite's words about what failed last.
    var message: String { String(cString: sqlite3_errmsg(handle)) }

    func execute(_ statements: String) throws(QueryError) {
        let code = sqlite3_exec(handle, statements, nil, nil, nil)
        guard code == SQLITE_OK else { throw error(code) }
    }

    /// The rows of the one statement that `text` holds, after which no row can be added.
    ///
    /// It may read the tables and nothing else: no file, no setting and no other database is reached.
    package func rows(of text: String) throws(QueryError) -> QueryRows {
        try execute("COMMIT")
        for limit in [SQLITE_LIMIT_ATTACHED, SQLITE_LIMIT_WORKER_THREADS] { sqlite3_limit(handle, limit, 0) }
        sqlite3_set_authorizer(handle, { _, action, first, second, _, _ in QueryDatabase.verdict(action, first, second) }, nil)
        var outcome: Result<OpaquePointer, QueryError> = .failure(.empty)
        Array(text.utf8CString).withUnsafeBufferPointer { bytes in
            do throws(QueryError) { outcome = .success(try statement(bytes)) } catch { outcome = .failure(error) }
        }
        return QueryRows(self, try outcome.get())
    }

    private func statement(_ text: UnsafeBufferPointer<CChar>) throws(QueryError) -> OpaquePointer {
        var statement: OpaquePointer?
        var rest: UnsafePointer<CChar>?
        let code = sqlite3_prepare_v2(handle, text.baseAddress, Int32(text.count), &statement, &rest)
        guard code == SQLITE_OK else { throw error(code) }
        guard let statement else { throw .empty }
        do throws(QueryError) {
            // What follows may be blank or a comment, which compiles to nothing.
            var next: OpaquePointer?
            let following = sqlite3_prepare_v2(handle, rest, -1, &next, nil)
            sqlite3_finalize(next)
            guard following == SQLITE_OK, next == nil else { throw .several }
            guard sqlite3_stmt_readonly(statement) != 0 else { throw .notReadOnly("it writes") }
            return statement
        } catch {
            sqlite3_finalize(statement)
            throw error
        }
    }

    func error(_ code: Int32) -> QueryError {
        switch code & 0xff {
        case SQLITE_AUTH: .notReadOnly(message)
        case SQLITE_ERROR, SQLITE_MISMATCH, SQLITE_TOOBIG, SQLITE_RANGE, SQLITE_CONSTRAINT: .bad(message)
        case SQLITE_FULL, SQLITE_CANTOPEN, SQLITE_IOERR: .noRoom(message)
        default: .failed(message)
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
