import GRDBSQLite

/// The library that the catalog and the tables of `sql` are kept by.
package enum QueryLibrary {
    /// The version of SQLite that is loaded.
    package static var version: String { String(cString: sqlite3_libversion()) }
}
