import Foundation
import GRDB
import GRDBSQLite
package import LayerArchive
package import OCISpec

/// The totals of one layer, which listings need without its index.
package struct LayerFacts: Hashable, Sendable {
    /// The digest of the layer's uncompressed tar.
    package var diffID: Digest
    /// Bytes of the whole uncompressed stream.
    package var tarBytes: Int64
    /// Logical bytes of all regular-file entries, duplicates each time.
    package var contentBytes: Int64
    /// How many entries the tar has.
    package var entryCount: Int

    /// Facts from their parts.
    package init(diffID: Digest, tarBytes: Int64, contentBytes: Int64, entryCount: Int) {
        self.diffID = diffID
        self.tarBytes = tarBytes
        self.contentBytes = contentBytes
        self.entryCount = entryCount
    }
}

/// One form in which a layer is known to have been stored; the store may have lost the blob since.
package struct LayerBlob: Hashable, Sendable {
    /// The digest of the bytes as stored.
    package var digest: Digest
    /// Bytes as stored.
    package var compressedBytes: Int64
    /// How the bytes are compressed.
    package var compression: Compression
}

/// Whether a blob is the layer that documents call it.
///
/// A diff ID in a config is a claim, and proves nothing of the blob beside it: only bytes of that digest that were unpacked do.
package enum LayerStanding: Hashable, Sendable {
    /// A blob of that digest was read, unpacked to that diff ID, and the layer's index is there.
    case known
    /// Nobody here has read such a blob, or its index is lost: it has to be read.
    case unread
    /// A blob of that digest unpacks to another diff ID.
    case contradicted(actual: Digest)
}

extension Catalog {
    /// What is known of a blob of `bytes` bytes that documents call the layer `diffID`.
    ///
    /// The one rule for whether a layer's index may be taken from the catalog in place of the layer. A blob that had another length
    /// counts as unread: whoever reads it finds out who is wrong.
    package func standing(ofBlob digest: Digest, bytes: Int64, as diffID: Digest) -> LayerStanding {
        let row = read { database in
            try Row.fetchOne(
                database.cachedStatement(sql: "SELECT diffID, compressedBytes FROM blob WHERE digest = ?"),
                arguments: [digest.description]
            ).map { (diffID: Self.digest($0[0]), bytes: $0[1] as Int64) }
        }
        guard let row, let actual = row.diffID else { return .unread }
        guard actual == diffID else { return .contradicted(actual: actual) }
        return row.bytes == bytes && hasLayerIndex(diffID) ? .known : .unread
    }

    /// The totals of a layer, or nil when they are not known.
    package func layerFacts(_ diffID: Digest) -> LayerFacts? {
        read { database in
            let row = try Row.fetchOne(
                database.cachedStatement(sql: "SELECT tarBytes, contentBytes, entryCount FROM layer WHERE diffID = ?"),
                arguments: [diffID.description])
            guard let row else { return nil }
            return LayerFacts(diffID: diffID, tarBytes: row[0], contentBytes: row[1], entryCount: row[2])
        }
    }

    /// Whether the layer's index is there, in the form that is read today; it may still prove unreadable.
    package func hasLayerIndex(_ diffID: Digest) -> Bool {
        read { database in
            var isThere = false
            // In one transaction: whoever records the layer again meanwhile gives its row another number, and the old one names nothing.
            try database.inTransaction(.deferred) {
                let row = try Int64.fetchOne(
                    database.cachedStatement(sql: "SELECT rowid FROM layerIndex WHERE diffID = ?"),
                    arguments: [diffID.description])
                if let row { isThere = try Self.firstByte(ofIndex: row, database) == LayerIndexCodec.version }
                return .commit
            }
            return isThere
        } ?? false
    }

    /// One byte of an index, which a statement would read whole; nil where there is none.
    private static func firstByte(ofIndex row: Int64, _ database: Database) throws -> UInt8? {
        var blob: OpaquePointer?
        let code = sqlite3_blob_open(database.sqliteConnection, "main", "layerIndex", "bytes", row, 0, &blob)
        defer { sqlite3_blob_close(blob) }
        guard code == SQLITE_OK else { throw DatabaseError(resultCode: ResultCode(rawValue: code)) }
        var byte: UInt8 = 0
        return sqlite3_blob_read(blob, &byte, 1, 0) == SQLITE_OK ? byte : nil
    }

    /// The index of a layer, or nil when it is not known.
    ///
    /// A row that does not decode is removed and counts as unknown.
    package func layerIndex(_ diffID: Digest) -> LayerIndex? {
        let bytes: [UInt8]? = read { database in
            let data = try Data.fetchOne(
                database.cachedStatement(sql: "SELECT bytes FROM layerIndex WHERE diffID = ?"),
                arguments: [diffID.description])
            return data.map { Array($0) }
        }
        guard let bytes else { return nil }
        do {
            return try LayerIndexCodec.decode(bytes)
        } catch {
            write { database in
                // Only this very row: another process may have written a good one meanwhile.
                try database.execute(
                    sql: "DELETE FROM layerIndex WHERE diffID = ? AND bytes = ?",
                    arguments: [diffID.description, Data(bytes)])
            }
            return nil
        }
    }

    /// Keeps what a scan of a layer found: both the totals and the index, or neither.
    package func record(_ facts: LayerFacts, encodedIndex: [UInt8]) {
        let diffID = facts.diffID.description
        write { database in
            try database.cachedStatement(
                sql: "INSERT OR REPLACE INTO layer (diffID, tarBytes, contentBytes, entryCount) VALUES (?, ?, ?, ?)"
            ).execute(arguments: [diffID, facts.tarBytes, facts.contentBytes, facts.entryCount])
            try database.cachedStatement(sql: "INSERT OR REPLACE INTO layerIndex (diffID, bytes) VALUES (?, ?)")
                .execute(arguments: [diffID, Data(encodedIndex)])
        }
    }

    /// Keeps what a scan found of a layer, its blob aside.
    package func record(layer scan: LayerScan) { record(LayerFacts(scan), encodedIndex: LayerIndexCodec.encode(scan.index)) }

    /// Keeps what a scan found of a layer and of the blob that it read.
    package func record(_ scan: LayerScan) { record(ReadLayer(scan)) }

    /// The same of what is encoded already.
    package func record(_ layer: ReadLayer) {
        record(layer.facts, encodedIndex: layer.encodedIndex)
        recordBlob(
            layer.digest, compressedBytes: layer.compressedBytes, diffID: layer.facts.diffID, compression: layer.compression)
    }

    /// Keeps that a blob, decompressed, is the layer of that diff ID.
    package func recordBlob(_ digest: Digest, compressedBytes: Int64, diffID: Digest, compression: Compression) {
        write { database in
            try database.cachedStatement(
                sql: "INSERT OR REPLACE INTO blob (digest, compressedBytes, diffID, compression) VALUES (?, ?, ?, ?)"
            ).execute(arguments: [digest.description, compressedBytes, diffID.description, compression.rawValue])
        }
    }

    /// The diff ID of a layer's blob, or nil when it is not known.
    package func diffID(ofBlob digest: Digest) -> Digest? {
        let text = read { database in
            try String.fetchOne(
                database.cachedStatement(sql: "SELECT diffID FROM blob WHERE digest = ?"), arguments: [digest.description])
        }
        return text.flatMap(Self.digest)
    }

    /// The blobs that are known to decompress to the layer of that diff ID, smallest first.
    ///
    /// Whether the store still has one, `ContentStore.size(of:)` tells.
    package func blobs(ofDiffID diffID: Digest) -> [LayerBlob] {
        let blobs = read { database in
            try Row.fetchAll(
                database.cachedStatement(
                    sql: """
                        SELECT digest, compressedBytes, compression FROM blob WHERE diffID = ?
                        ORDER BY compressedBytes, digest
                        """),
                arguments: [diffID.description]
            ).compactMap { row -> LayerBlob? in
                guard let digest = Self.digest(row[0]), let compression = Compression(rawValue: row[2]) else { return nil }
                return LayerBlob(digest: digest, compressedBytes: row[1], compression: compression)
            }
        }
        return blobs ?? []
    }

    /// A digest that the catalog kept; a row with anything else tells nothing.
    static func digest(_ text: String) -> Digest? {
        Digest(ifValid: text)
    }

    /// The same of the text's bytes.
    static func digest(_ text: UnsafeBufferPointer<UInt8>) -> Digest? {
        // As of the text.
        do throws(Digest.ParseError) { return try Digest(utf8: text) } catch { return nil }
    }
}

extension LayerFacts {
    /// The facts that a scan found.
    package init(_ scan: LayerScan) {
        self.init(
            diffID: scan.diffID, tarBytes: scan.tarBytes, contentBytes: scan.index.contentBytes, entryCount: scan.index.count)
    }
}
