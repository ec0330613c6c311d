import GRDB
import OCISpec

extension CatalogSchema {
    /// The table of observations; like the times, nothing else tells them.
    static let observationTable = """
        CREATE TABLE observation (
            id INTEGER PRIMARY KEY,
            repository TEXT NOT NULL,
            tag TEXT,
            platform TEXT NOT NULL,
            manifest TEXT NOT NULL,
            imageID TEXT NOT NULL,
            observedAt INTEGER NOT NULL,
            createdAt INTEGER,
            layerCount INTEGER NOT NULL,
            compressedBytes INTEGER NOT NULL,
            contentBytes INTEGER,
            visibleBytes INTEGER
        );
        CREATE INDEX observationByRepository ON observation (repository, id);
        CREATE INDEX observationByManifest ON observation (manifest);
        """

    static let observationColumns = """
        id, repository, tag, platform, manifest, imageID, observedAt, createdAt, layerCount, compressedBytes, contentBytes, \
        visibleBytes
        """

    /// The version before there were observations and ranges of files; its other tables are today's.
    static let versionWithoutObservations = 4

    /// Makes today's catalog of one of that version; the caller has a transaction.
    static func addObservations(in database: Database) throws {
        try database.execute(sql: "\(fileRangeTable) \(observationTable) PRAGMA user_version = \(version);")
    }

    /// The observations that a catalog of whatever version has of this store, oldest first; none where its table is another one.
    static func observations(in database: Database, storeID: String?) throws -> [Observation] {
        do {
            guard try isCatalog(database, ofStore: storeID) else { return [] }
            return try Row.fetchAll(database, sql: "SELECT \(observationColumns) FROM observation ORDER BY id")
                .compactMap(observation)
        } catch let error as DatabaseError where error.resultCode == .SQLITE_ERROR {
            return []
        }
    }

    /// Puts observations into a new table under their numbers; the caller has a transaction.
    static func insert(_ observations: [Observation], in database: Database) throws {
        let statement = try database.makeStatement(
            sql: "INSERT OR IGNORE INTO observation (\(observationColumns)) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")
        for seen in observations {
            try statement.execute(arguments: [
                seen.number > 0 ? seen.number : nil, seen.repository, seen.tag, seen.image.platform,
                seen.image.manifest.description, seen.image.imageID.description, seen.observed.seconds,
                seen.image.created?.seconds, seen.image.layerCount, seen.image.compressedBytes, seen.image.contentBytes,
                seen.image.visibleBytes,
            ])
        }
    }

    /// The observation of a row of `observationColumns`; nil where a foreign hand made a value one that is none of ours.
    static func observation(_ row: Row) -> Observation? {
        guard let number = Int64.fromDatabaseValue(row[0]), let repository = String.fromDatabaseValue(row[1]),
            let platform = String.fromDatabaseValue(row[3]),
            let manifest = String.fromDatabaseValue(row[4]).flatMap(Catalog.digest),
            let imageID = String.fromDatabaseValue(row[5]).flatMap(Catalog.digest),
            let observed = Int64.fromDatabaseValue(row[6]), let layerCount = Int.fromDatabaseValue(row[8]),
            let compressedBytes = Int64.fromDatabaseValue(row[9])
        else { return nil }
        let image = ObservedImage(
            manifest: manifest, imageID: imageID, platform: platform,
            created: Int64.fromDatabaseValue(row[7]).map { Timestamp(seconds: $0) }, layerCount: layerCount,
            compressedBytes: compressedBytes, contentBytes: Int64.fromDatabaseValue(row[10]),
            visibleBytes: Int64.fromDatabaseValue(row[11]))
        guard image.isPossible else { return nil }
        return Observation(
            number: number, repository: repository, tag: String.fromDatabaseValue(row[2]),
            observed: Timestamp(seconds: observed), image: image)
    }
}

extension ObservedImage {
    /// Whether the figures can be an image's: differences of them are no overflow.
    fileprivate var isPossible: Bool {
        let bytes = [compressedBytes, contentBytes ?? 0, visibleBytes ?? 0]
        return layerCount >= 0 && bytes.allSatisfy { (0...(1 << 60)).contains($0) }
            && (visibleBytes ?? 0) <= (contentBytes ?? .max)
    }
}
