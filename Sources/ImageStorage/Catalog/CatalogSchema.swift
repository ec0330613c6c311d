import GRDB
import OCISpec

/// The tables of the catalog; all of them derived from the blobs, but for the times and the observations.
enum CatalogSchema {
    /// Raised whenever a table changes, and whenever rows may be wrong that an earlier version wrote: of a catalog of any other
    /// version nothing is believed but the times and the observations, which nothing else tells.
    ///
    /// Version 4 had no observations and no ranges of files; it gets the tables, and all else in it stays. Version 3 could call a blob
    /// a layer, or gzip, by what documents said of it, and its indexes name files by the locale.
    static let version = 5
    /// `strt`, by which `file` and the program know a catalog.
    private static let applicationID = 0x7374_7274

    /// Whether the database is a catalog of this version and of this store.
    static func isCurrent(in database: Database, storeID: String?) throws -> Bool {
        try has(version, database, storeID: storeID)
    }

    /// Whether the database is a catalog of that version and of this store.
    static func has(_ version: Int, _ database: Database, storeID: String?) throws -> Bool {
        try Int.fetchOne(database, sql: "PRAGMA user_version") == version && isCatalog(database, ofStore: storeID)
    }

    /// Whether the database is a catalog of this store, of whatever version.
    static func isCatalog(_ database: Database, ofStore storeID: String?) throws -> Bool {
        try isCatalog(database) && String.fetchOne(database, sql: "SELECT id FROM store") == storeID ?? ""
    }

    /// Whether the database calls itself a catalog, of whatever version.
    static func isCatalog(_ database: Database) throws -> Bool {
        try Int.fetchOne(database, sql: "PRAGMA application_id") == applicationID
    }

    /// What ranges of files held when they were read, under the stamps of the files.
    static let fileRangeTable = """
        CREATE TABLE IF NOT EXISTS fileRange (
            device INTEGER NOT NULL,
            inode INTEGER NOT NULL,
            start INTEGER NOT NULL,
            bytes INTEGER NOT NULL,
            changed INTEGER NOT NULL,
            modified INTEGER NOT NULL,
            fileBytes INTEGER NOT NULL,
            digest TEXT NOT NULL,
            UNIQUE (device, inode, start, bytes)
        );
        """

    /// When an image was imported and used, in seconds since 1970.
    struct Times {
        fileprivate var digest: Digest
        fileprivate var importedAt: Int64?
        fileprivate var usedAt: Int64?
    }

    /// The times that a catalog of whatever version has of this store's images; none where its table is another one.
    static func times(in database: Database, storeID: String?) throws -> [Times] {
        do {
            guard try isCatalog(database, ofStore: storeID) else { return [] }
            return try Row.fetchAll(database, sql: "SELECT digest, importedAt, usedAt FROM image").compactMap { row in
                // Whatever type a foreign hand gave a value: one that is none of ours is left out.
                guard let text = String.fromDatabaseValue(row[0]), let digest = Catalog.digest(text) else { return nil }
                return Times(
                    digest: digest, importedAt: Int64.fromDatabaseValue(row[1]), usedAt: Int64.fromDatabaseValue(row[2]))
            }
        } catch let error as DatabaseError where error.resultCode == .SQLITE_ERROR {
            return []
        }
    }

    /// Puts times into new tables; the caller has a transaction.
    static func insert(_ times: [Times], in database: Database) throws {
        let statement = try database.makeStatement(
            sql: "INSERT OR IGNORE INTO image (digest, importedAt, usedAt) VALUES (?, ?, ?)")
        for time in times { try statement.execute(arguments: [time.digest.description, time.importedAt, time.usedAt]) }
    }

    /// Makes the tables in a new database.
    static func create(in database: Database, storeID: String?) throws {
        // Layer indexes are long rows: larger pages make their chains of overflow pages shorter.
        try database.execute(sql: "PRAGMA page_size = 16384")
        try database.execute(sql: "PRAGMA journal_mode = WAL")
        try database.inTransaction {
            try createTables(in: database, storeID: storeID)
            return .commit
        }
    }

    /// Makes the tables; the caller has a transaction.
    static func createTables(in database: Database, storeID: String?) throws {
        try database.execute(
            sql: """
                CREATE TABLE store (id TEXT NOT NULL);
                CREATE TABLE layer (
                    diffID TEXT PRIMARY KEY NOT NULL,
                    tarBytes INTEGER NOT NULL,
                    contentBytes INTEGER NOT NULL,
                    entryCount INTEGER NOT NULL
                ) WITHOUT ROWID;
                CREATE TABLE layerIndex (diffID TEXT PRIMARY KEY NOT NULL, bytes BLOB NOT NULL);
                CREATE TABLE blob (
                    digest TEXT PRIMARY KEY NOT NULL,
                    compressedBytes INTEGER NOT NULL,
                    diffID TEXT NOT NULL,
                    compression TEXT NOT NULL
                ) WITHOUT ROWID;
                CREATE INDEX blobByDiffID ON blob (diffID);
                CREATE TABLE findings (key TEXT PRIMARY KEY NOT NULL, bytes BLOB NOT NULL);
                CREATE TABLE document (
                    digest TEXT PRIMARY KEY NOT NULL,
                    size INTEGER NOT NULL,
                    inode INTEGER NOT NULL,
                    modified INTEGER NOT NULL,
                    facts BLOB NOT NULL
                ) WITHOUT ROWID;
                CREATE TABLE image (digest TEXT PRIMARY KEY NOT NULL, importedAt INTEGER, usedAt INTEGER) WITHOUT ROWID;
                \(fileRangeTable)
                \(observationTable)
                PRAGMA application_id = \(applicationID);
                PRAGMA user_version = \(version);
                """)
        try database.execute(sql: "INSERT INTO store (id) VALUES (?)", arguments: [storeID ?? ""])
    }

    /// Drops every table and view; the caller has a transaction.
    static func dropEverything(in database: Database) throws {
        let rows = try Row.fetchAll(
            database,
            sql: "SELECT type, name FROM sqlite_master WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'"
        )
        for row in rows {
            let type: String = row["type"]
            let name: String = row["name"]
            try database.execute(sql: "DROP \(type.uppercased()) IF EXISTS \(name.quotedDatabaseIdentifier)")
        }
    }
}
