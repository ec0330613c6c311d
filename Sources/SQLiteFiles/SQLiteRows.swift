import GRDBSQLite

/// Rows of one table, one after another.
///
/// All of their bytes together are no more than the file has, since each value has its own place in it: so whoever keeps them keeps no more.
package final class SQLiteRows {
    /// What a column of a row has.
    package enum Value: Hashable, Sendable {
        case null
        /// A whole number.
        case integer(Int64)
        /// A text or a blob; of a number that is not whole its digits.
        case bytes([UInt8])
    }

    private let file: SQLiteFile
    private let statement: OpaquePointer
    private var bytesLeft: Int

    init(_ file: SQLiteFile, _ statement: OpaquePointer) {
        self.file = file
        self.statement = statement
        bytesLeft = file.byteCount
    }

    deinit { sqlite3_finalize(statement) }

    /// The values of the next row; nil after the last.
    package func next() throws(SQLiteFileError) -> [Value]? {
        let step = sqlite3_step(statement)
        if step == SQLITE_DONE { return nil }
        guard step == SQLITE_ROW else { throw .notReadable(SQLiteFile.message(file.database)) }
        var values: [Value] = []
        for column in 0..<sqlite3_column_count(statement) { values.append(try value(column)) }
        return values
    }

    /// All rows that are left.
    package func all() throws(SQLiteFileError) -> [[Value]] {
        var rows: [[Value]] = []
        while let row = try next() { rows.append(row) }
        return rows
    }

    private func value(_ column: Int32) throws(SQLiteFileError) -> Value {
        switch sqlite3_column_type(statement, column) {
        case SQLITE_NULL: return .null
        case SQLITE_INTEGER: return .integer(sqlite3_column_int64(statement, column))
        default:
            let start = sqlite3_column_blob(statement, column)
            let count = Int(sqlite3_column_bytes(statement, column))
            guard count <= bytesLeft else { throw .tooManyBytes }
            bytesLeft -= count
            return .bytes(start.map { Array(UnsafeRawBufferPointer(start: $0, count: count)) } ?? [])
        }
    }
}

extension SQLiteRows.Value {
    /// The bytes of a text or a blob; nil for anything else.
    package var bytes: [UInt8]? {
        if case .bytes(let bytes) = self { bytes } else { nil }
    }

    /// A text; nil for anything else, and for bytes that are none.
    package var text: String? { bytes.flatMap { String(validating: $0, as: UTF8.self) } }

    /// A whole number; nil for anything else.
    package var integer: Int64? {
        if case .integer(let number) = self { number } else { nil }
    }
}
