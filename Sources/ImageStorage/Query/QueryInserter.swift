import GRDBSQLite

/// Adds rows to one table; the values of a row are bound one after another.
package final class QueryInserter {
    private let database: QueryDatabase
    private let statement: OpaquePointer
    private var column: Int32 = 0

    /// An inserter for a table of so many columns.
    package init(_ database: QueryDatabase, into table: StaticString, columns: Int) throws(QueryError) {
        let marks = Array(repeating: "?", count: columns).joined(separator: ", ")
        var prepared: OpaquePointer?
        sqlite3_prepare_v2(database.handle, "INSERT INTO \(table) VALUES (\(marks))", -1, &prepared, nil)
        guard let prepared else { throw .failed(database.message) }
        statement = prepared
        self.database = database
    }

    deinit { sqlite3_finalize(statement) }

    /// The next value: a number, or null.
    package func bind(_ value: Int64?) {
        column += 1
        if let value { sqlite3_bind_int64(statement, column, value) } else { sqlite3_bind_null(statement, column) }
    }

    /// The next value: text, or null.
    package func bind(_ value: String?) {
        column += 1
        guard var value else {
            sqlite3_bind_null(statement, column)
            return
        }
        value.withUTF8 { bytes in
            bytes.withMemoryRebound(to: CChar.self) { copy($0) }
        }
    }

    /// The next value: a word of the program's own.
    package func bind(static word: StaticString?) {
        column += 1
        guard let word, word.hasPointerRepresentation else {
            sqlite3_bind_null(statement, column)
            return
        }
        word.withUTF8Buffer { bytes in
            bytes.withMemoryRebound(to: CChar.self) {
                _ = sqlite3_bind_text(statement, column, $0.baseAddress, Int32($0.count), nil)
            }
        }
    }

    /// The next value: text that is UTF-8.
    func bind(utf8 bytes: UnsafeRawBufferPointer) {
        column += 1
        bytes.withMemoryRebound(to: CChar.self) { copy($0) }
    }

    /// The next value: bytes, or null.
    func bind(blob bytes: UnsafeRawBufferPointer?) {
        column += 1
        guard let bytes else {
            sqlite3_bind_null(statement, column)
            return
        }
        sqlite3_bind_blob(statement, column, bytes.baseAddress, Int32(bytes.count), Self.transient)
    }

    /// Adds the row.
    package func step() throws(QueryError) {
        column = 0
        let code = sqlite3_step(statement)
        sqlite3_reset(statement)
        guard code == SQLITE_DONE else { throw database.error(code) }
    }

    private func copy(_ bytes: UnsafeBufferPointer<CChar>) {
        // An empty buffer may have no address, which would be taken for null.
        withUnsafePointer(to: CChar(0)) { empty in
            _ = sqlite3_bind_text(statement, column, bytes.baseAddress ?? empty, Int32(bytes.count), Self.transient)
        }
    }

    /// SQLITE_TRANSIENT: SQLite makes a copy of its own.
    private static let transient = unsafeBitCast(-1, to: sqlite3_destructor_type.self)
}
