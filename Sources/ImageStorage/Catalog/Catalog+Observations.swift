import GRDB
package import OCISpec

extension Catalog {
    /// How many observations of a repository are kept, and of all: the newest ones.
    package static let keptOfRepository = 10_000
    /// How many observations are kept in all; the oldest go first.
    package static let keptOfAll = 100_000

    /// Keeps observations in one transaction; one that says what the last of the same name and platform says changes nothing, and
    /// a figure that is known now is no longer unknown.
    package func note(_ observations: [Observation]) {
        guard !observations.isEmpty else { return }
        write { database in
            for observation in observations { try Self.note(observation, database) }
            try database.execute(
                sql: "DELETE FROM observation WHERE id <= (SELECT max(id) FROM observation) - ?", arguments: [Self.keptOfAll])
        }
    }

    private static func note(_ seen: Observation, _ database: Database) throws {
        let last = try String.fetchOne(
            database.cachedStatement(
                sql: """
                    SELECT manifest FROM observation WHERE repository = ? AND tag IS ? AND platform = ? ORDER BY id DESC LIMIT 1
                    """),
            arguments: [seen.repository, seen.tag, seen.image.platform])
        if last != seen.image.manifest.description {
            try CatalogSchema.insert([seen], in: database)
            try database.cachedStatement(
                sql: """
                    DELETE FROM observation WHERE repository = ? AND id <=
                        (SELECT id FROM observation WHERE repository = ? ORDER BY id DESC LIMIT 1 OFFSET ?)
                    """
            ).execute(arguments: [seen.repository, seen.repository, keptOfRepository])
        }
        try complete(seen.image.manifest, seen.image.contentBytes, seen.image.visibleBytes, database)
    }

    /// Adds figures of an image to all observations of it that lack them; nothing is written where none does.
    package func complete(observationsOf manifest: Digest, contentBytes: Int64, visibleBytes: Int64) {
        let isLacking = read { database in
            try Bool.fetchOne(
                database.cachedStatement(
                    sql: """
                        SELECT EXISTS (SELECT 1 FROM observation
                            WHERE manifest = ? AND (contentBytes IS NULL OR visibleBytes IS NULL))
                        """),
                arguments: [manifest.description])
        }
        guard isLacking == true else { return }
        write { try Self.complete(manifest, contentBytes, visibleBytes, $0) }
    }

    private static func complete(
        _ manifest: Digest, _ contentBytes: Int64?, _ visibleBytes: Int64?, _ database: Database
    ) throws {
        guard contentBytes != nil || visibleBytes != nil else { return }
        try database.cachedStatement(
            sql: """
                UPDATE observation SET contentBytes = coalesce(contentBytes, ?), visibleBytes = coalesce(visibleBytes, ?)
                WHERE manifest = ? AND (contentBytes IS NULL OR visibleBytes IS NULL)
                """
        ).execute(arguments: [contentBytes, visibleBytes, manifest.description])
    }

    /// What was noted of a repository, oldest first.
    package func observations(of repository: String) -> [Observation] {
        read { database in
            try Row.fetchAll(
                database.cachedStatement(
                    sql: "SELECT \(CatalogSchema.observationColumns) FROM observation WHERE repository = ? ORDER BY id"),
                arguments: [repository]
            ).compactMap(CatalogSchema.observation)
        } ?? []
    }
}
