import ContentStorage
import Foundation
import GRDB
import StorageIO

/// Opens the catalog's file, and makes it anew where it is missing, broken, of another version or of another store.
///
/// https://www.sqlite.org/howtocorrupt.html#_unlinking_or_renaming_a_database_file_while_in_use is why a healthy database is
/// emptied by a transaction, and only a broken one replaced by another file.
struct CatalogFile: Sendable {
    /// An open catalog, and the file it is.
    struct Opened: Sendable {
        let queue: DatabaseQueue
        /// Its inode; nil for a catalog in memory.
        let inode: UInt64?
    }

    /// Why a catalog is to be replaced.
    enum Fault {
        /// It is no database, or a broken one.
        case broken
        /// It is a healthy database without the tables that it should have.
        case unlikeCatalog
        /// It did not open; under the lock it will be seen why.
        case unusable
    }

    static let name = "catalog.sqlite"
    static let lockName = "catalog.lock"
    private static let newName = "catalog.sqlite.new"
    private static let companions = ["-wal", "-shm", "-journal"]

    let store: ContentStore

    private var root: Directory { store.root }
    private var path: String { "\(root.path)/\(Self.name)" }

    /// Opens the catalog, which is made anew where it must be.
    ///
    /// Throws only where it cannot be used at all at the moment.
    func open() throws -> Opened {
        if let opened = try openLocked() { return opened }
        return try replace(nil, for: .unusable)
    }

    /// Opens a new, empty catalog in place of the one with that inode, which turned out to be broken.
    ///
    /// When another process has replaced it already, opens that one.
    func replace(_ inode: UInt64?, for fault: Fault) throws -> Opened {
        let lock = try FileLock.acquire(Self.lockName, in: store.locks.folder(), .exclusive, patience: store.patience)
        defer { lock.release() }
        let current = try root.status(Self.name)?.inode
        let isAnother = current != inode
        if current != nil, isAnother, let opened = try openUsable() { return opened }
        if current != nil, isAnother || fault == .unlikeCatalog, let opened = try emptied() { return opened }
        try writeNewFile()
        guard let opened = try openUsable() else { throw DatabaseError(resultCode: .SQLITE_CANTOPEN) }
        return opened
    }

    /// A catalog that lives as long as the process: where the store cannot be written to.
    func inMemory() throws -> Opened {
        let queue = try DatabaseQueue(configuration: Self.configuration)
        try queue.inDatabase { try CatalogSchema.create(in: $0, storeID: store.storeID) }
        return Opened(queue: queue, inode: nil)
    }

    /// The fault that an error tells of; nil for one that says nothing against the file.
    static func fault(_ error: any Error) -> Fault? {
        guard let error = error as? DatabaseError else { return nil }
        switch error.resultCode {
        case .SQLITE_CORRUPT, .SQLITE_NOTADB, .SQLITE_FORMAT: return .broken
        // The statements of this module are right, so the tables are not.
        case .SQLITE_ERROR, .SQLITE_MISMATCH, .SQLITE_CONSTRAINT: return .unlikeCatalog
        default: return nil
        }
    }

    private static var configuration: Configuration {
        var configuration = Configuration()
        configuration.label = "catalog"
        configuration.foreignKeysEnabled = false
        configuration.busyMode = .timeout(10)
        configuration.prepareDatabase { database in
            // Safe against corruption under WAL; a power failure may cost the last writes, which can be had again.
            try database.execute(sql: "PRAGMA synchronous = NORMAL")
        }
        return configuration
    }

    /// The catalog as it stands, opened while nobody replaces it.
    ///
    /// SQLite finds a journal by the database's name, and only at the first read. Were the file replaced between the opening
    /// and that read, the new one's journal would be taken for the old one's, and deleted when the old one is empty.
    private func openLocked() throws -> Opened? {
        let lock = try FileLock.acquire(Self.lockName, in: store.locks.folder(), .shared, patience: store.patience)
        defer { lock.release() }
        return try openUsable()
    }

    /// The catalog as it stands; nil when it is missing, broken, or not this store's.
    ///
    /// The caller has the lock.
    private func openUsable() throws -> Opened? {
        guard let before = try root.status(Self.name), before.kind == .file else { return nil }
        do {
            let queue = try DatabaseQueue(path: path, configuration: Self.configuration)
            guard try queue.inDatabase({ try CatalogSchema.isCurrent(in: $0, storeID: store.storeID) }) else { return nil }
            // Replaced by somebody who knows nothing of the lock: which of both files this is cannot be told.
            guard try root.status(Self.name)?.inode == before.inode else { return nil }
            return Opened(queue: queue, inode: before.inode)
        } catch let error where Self.fault(error) != nil {
            return nil
        }
    }

    /// Empties a healthy database that holds something else, in one transaction; nil when it is broken.
    ///
    /// The times of this store's images and the observations stay, since nothing else tells them; a catalog that lacks nothing but
    /// the observations stays whole.
    private func emptied() throws -> Opened? {
        do {
            let queue = try DatabaseQueue(path: path, configuration: Self.configuration)
            try queue.inDatabase { database in
                try database.execute(sql: "PRAGMA journal_mode = WAL")
                try database.inTransaction(.immediate) {
                    if try CatalogSchema.has(CatalogSchema.versionWithoutObservations, database, storeID: store.storeID) {
                        try CatalogSchema.addObservations(in: database)
                        return .commit
                    }
                    let observations = try CatalogSchema.observations(in: database, storeID: store.storeID)
                    let times = try CatalogSchema.times(in: database, storeID: store.storeID)
                    try CatalogSchema.dropEverything(in: database)
                    try CatalogSchema.createTables(in: database, storeID: store.storeID)
                    try CatalogSchema.insert(times, in: database)
                    try CatalogSchema.insert(observations, in: database)
                    return .commit
                }
            }
            return Opened(queue: queue, inode: try root.status(Self.name)?.inode)
        } catch let error as DatabaseError where [.SQLITE_BUSY, .SQLITE_FULL, .SQLITE_READONLY].contains(error.resultCode) {
            throw error
        } catch is DatabaseError {
            return nil
        }
    }

    /// Writes an empty catalog beside the old one and puts it in its place.
    ///
    /// The caller has the lock.
    private func writeNewFile() throws {
        try removeFile(Self.newName)
        defer { removeQuietly(Self.newName) }
        try Failpoint.catalogBeforeCreate.check(.open, path)
        // With the store's modes and owner, which SQLite gives to the files that it makes beside it.
        _ = try root.createFile(Self.newName)
        let queue = try DatabaseQueue(path: "\(root.path)/\(Self.newName)", configuration: Self.configuration)
        try queue.inDatabase { try CatalogSchema.create(in: $0, storeID: store.storeID) }
        try queue.close()
        try Failpoint.catalogAfterCreate.check(.remove, path)
        // The old file's journal must not be taken for the new one's, so all goes before the new one comes.
        try removeFile(Self.name)
        try Failpoint.catalogAfterRemove.check(.rename, path)
        try root.rename(Self.newName, to: Self.name)
        try Failpoint.catalogAfterRename.check(.open, path)
    }

    private func removeFile(_ name: String) throws(StorageError) {
        try root.removeFile(name)
        for suffix in Self.companions { try root.removeFile(name + suffix) }
    }

    private func removeQuietly(_ name: String) {
        root.removeQuietly(name)
        for suffix in Self.companions { root.removeQuietly(name + suffix) }
    }
}
