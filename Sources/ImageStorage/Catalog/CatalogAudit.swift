// https://www.sqlite.org/wal.html#read_only_databases

package import ContentStorage
import Foundation
import GRDB
package import OCISpec
import StorageIO

/// A look at `catalog.sqlite` as it is: nothing is replaced, and nothing is believed before it was compared.
package final class CatalogAudit: Sendable {
    /// Whether the file is what the program would use.
    package enum State: Hashable, Sendable {
        case missing
        /// No database, or a broken one; the text is SQLite's.
        case broken(String)
        /// The catalog of another version of the program, or no catalog at all (0).
        case otherVersion(found: Int, expected: Int)
        /// The catalog of the store with another ID.
        case otherStore(found: String, expected: String)
        case usable
    }

    /// What a row says of a layer's blob.
    package struct BlobRow: Hashable, Sendable {
        /// As the row claims; the blob's file is asked for the truth.
        package let compressedBytes: Int64
        /// The row's own text, which may be no digest.
        package let diffID: String
        /// The row's own text, which may name no known format.
        package let compression: String
    }

    /// What the file is.
    package let state: State
    private let queue: DatabaseQueue?

    /// Looks at the catalog of `store`; all of it is read.
    package init(_ store: ContentStore) {
        do {
            guard try store.root.status(CatalogFile.name) != nil else {
                (state, queue) = (.missing, nil)
                return
            }
            let opened = try store.asOwner { try CatalogFile(store: store).openForReading() }
            let state = try opened.read { try Self.state(in: $0, storeID: store.storeID) }
            (self.state, queue) = (state, state == .usable ? opened : nil)
        } catch let error as DatabaseError {
            (state, queue) = (.broken(error.message ?? error.description), nil)
        } catch {
            (state, queue) = (.broken("\(error)"), nil)
        }
    }

    private static func state(in database: Database, storeID: String?) throws -> State {
        let verdict = try String.fetchOne(database, sql: "PRAGMA quick_check(1)") ?? "no answer"
        guard verdict == "ok" else { return .broken(verdict) }
        let version = try Int.fetchOne(database, sql: "PRAGMA user_version") ?? 0
        guard version == CatalogSchema.version, try CatalogSchema.isCatalog(database) else {
            return .otherVersion(found: version, expected: CatalogSchema.version)
        }
        let id = try String.fetchOne(database, sql: "SELECT id FROM store") ?? ""
        guard id == storeID ?? "" else { return .otherStore(found: id, expected: storeID ?? "") }
        return .usable
    }

    /// The digests of all blobs that have a row.
    package func blobs() -> [String] { column("SELECT digest FROM blob") }
    /// The diff IDs of all layers that have facts or an index.
    package func layers() -> [String] { column("SELECT diffID FROM layer UNION SELECT diffID FROM layerIndex") }

    /// What is kept of a layer's blob.
    package func blob(_ digest: Digest) -> BlobRow? {
        read { database in
            try Row.fetchOne(
                database, sql: "SELECT compressedBytes, diffID, compression FROM blob WHERE digest = ?",
                arguments: [digest.description]
            ).map { BlobRow(compressedBytes: $0[0], diffID: $0[1], compression: $0[2]) }
        }
    }

    /// The totals that are kept of a layer.
    package func facts(_ diffID: Digest) -> LayerFacts? {
        read { database in
            try Row.fetchOne(
                database, sql: "SELECT tarBytes, contentBytes, entryCount FROM layer WHERE diffID = ?",
                arguments: [diffID.description]
            ).map { LayerFacts(diffID: diffID, tarBytes: $0[0], contentBytes: $0[1], entryCount: $0[2]) }
        }
    }

    /// The layer index that is kept, still encoded.
    package func index(_ diffID: Digest) -> [UInt8]? {
        read { database in
            try Data.fetchOne(
                database, sql: "SELECT bytes FROM layerIndex WHERE diffID = ?", arguments: [diffID.description]
            ).map { Array($0) }
        }
    }

    private func column(_ query: String) -> [String] { read { try String.fetchAll($0, sql: query) } ?? [] }

    /// A database that passed its check and cannot be read a moment later was replaced: it has no rows to compare.
    private func read<T>(_ body: (Database) throws -> T?) -> T? {
        guard let queue else { return nil }
        // There is nothing to compare any more, and nothing that is claimed.
        do { return try queue.read(body) } catch { return nil }
    }
}
