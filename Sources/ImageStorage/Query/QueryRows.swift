import GRDBSQLite

/// What a statement gives, row by row; each time it is gone through the statement runs anew.
///
/// Used by one thread.
package final class QueryRows {
    /// The columns' names.
    package let columns: [String]
    private let database: QueryDatabase
    private let statement: OpaquePointer

    /// The rows of a statement, which is finalized with this object.
    init(_ database: QueryDatabase, _ statement: OpaquePointer) {
        self.database = database
        self.statement = statement
        columns = (0..<sqlite3_column_count(statement)).map { String(cString: sqlite3_column_name(statement, $0)) }
    }

    deinit { sqlite3_finalize(statement) }

    /// Calls `body` with each row; an error of SQLite's may come after some of them.
    package func forEach(_ body: ([QueryValue]) throws -> Void) throws {
        defer { sqlite3_reset(statement) }
        while true {
            let code = sqlite3_step(statement)
            if code == SQLITE_DONE { return }
            guard code == SQLITE_ROW else { throw database.error(code) }
            try body(columns.indices.map { value(Int32($0)) })
        }
    }

    private func value(_ column: Int32) -> QueryValue {
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
}
