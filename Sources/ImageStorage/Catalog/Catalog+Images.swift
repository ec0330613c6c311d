import GRDB
package import OCISpec

extension Catalog {
    /// Keeps when an image was brought into the store; a later import of the same one counts.
    package func recordImported(_ manifest: Digest, at moment: Timestamp) {
        write { database in
            try database.execute(
                sql: """
                    INSERT INTO image (digest, importedAt) VALUES (?, ?)
                    ON CONFLICT (digest) DO UPDATE SET importedAt = excluded.importedAt
                    """,
                arguments: [manifest.description, moment.seconds])
        }
    }

    /// Keeps when an image was last used, see `ImageStore.noteUse`; an earlier moment changes nothing.
    package func recordUsed(_ manifest: Digest, at moment: Timestamp) {
        write { database in
            try database.execute(
                sql: """
                    INSERT INTO image (digest, usedAt) VALUES (?, ?)
                    ON CONFLICT (digest) DO UPDATE SET usedAt = max(coalesce(usedAt, excluded.usedAt), excluded.usedAt)
                    """,
                arguments: [manifest.description, moment.seconds])
        }
    }

    /// When the image was brought into the store, to the second; nil when it is not known.
    package func imported(_ manifest: Digest) -> Timestamp? {
        moment("SELECT importedAt FROM image WHERE digest = ?", of: manifest)
    }

    /// When the image was last used, to the second; nil when it is not known.
    package func lastUsed(_ manifest: Digest) -> Timestamp? {
        moment("SELECT usedAt FROM image WHERE digest = ?", of: manifest)
    }

    private func moment(_ query: String, of manifest: Digest) -> Timestamp? {
        let seconds = read { database in
            try Int64.fetchOne(database.cachedStatement(sql: query), arguments: [manifest.description])
        }
        return seconds.map { Timestamp(seconds: $0) }
    }
}
