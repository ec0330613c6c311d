// https://www.sqlite.org/wal.html#read_only_databases

import ContentStorage
import Foundation
import GRDB
import StorageIO

extension CatalogFile {
    /// The catalog as it stands, which nothing is written to; it may be of another version or of another store.
    func openForReading() throws -> DatabaseQueue {
        var configuration = Configuration()
        configuration.readonly = true
        configuration.busyMode = .timeout(10)
        let path = "\(store.root.path)/\(Self.name)"
        let lock = try lockForReading()
        defer { lock?.release() }
        do {
            let queue = try DatabaseQueue(path: path, configuration: configuration)
            // The first read finds the journal, so it has to come under the lock.
            try queue.read { _ = try Int.fetchOne($0, sql: "PRAGMA schema_version") }
            return queue
        } catch let error as DatabaseError where [.SQLITE_CANTOPEN, .SQLITE_READONLY].contains(error.resultCode) {
            // On a file system that cannot be written to, SQLite reads such a database only when told that nobody writes.
            let escaped = path.addingPercentEncoding(withAllowedCharacters: .urlPathAllowed) ?? path
            return try DatabaseQueue(path: "file:\(escaped)?immutable=1", configuration: configuration)
        }
    }

    /// The lock that keeps the file from being replaced; none where nothing can be written.
    private func lockForReading() throws(StorageError) -> FileLock? {
        do {
            guard try store.root.status("locks") != nil else { return nil }
            return try FileLock.acquire(
                Self.lockName, in: try store.root.directory("locks"), .shared, patience: store.patience)
        } catch let error where error.isReadOnly {
            return nil
        }
    }

    /// A catalog in memory with what the store's file alone tells, as far as that can be read: when images came and were used, and the
    /// history of names.
    ///
    /// All else is had again from the blobs.
    func inMemoryWithHistory() throws -> Opened {
        let opened = try inMemory()
        do {
            guard try store.root.status(Self.name)?.kind == .file else { return opened }
            let (times, observations) = try openForReading().read { database in
                (
                    try CatalogSchema.times(in: database, storeID: store.storeID),
                    try CatalogSchema.observations(in: database, storeID: store.storeID)
                )
            }
            try opened.queue.inDatabase { database in
                try database.inTransaction {
                    try CatalogSchema.insert(times, in: database)
                    try CatalogSchema.insert(observations, in: database)
                    return .commit
                }
            }
        } catch is DatabaseError {
            // A file that cannot be read tells nothing; that it cannot be used is told already.
            return opened
        }
        return opened
    }
}
