package import BoltDatabase
package import OCISpec
package import SQLiteFiles
package import StorageIO

/// Why an engine's root gave no inventory.
package enum EngineStoreError: Error, Hashable, Sendable {
    /// The folder has not what this engine's root has; `missing` is the path below it that was looked for.
    case notAStore(EngineKind, path: String, missing: String)
    /// The engine keeps its layers with a driver whose folders are not known here.
    case unknownDriver(EngineKind, path: String, driver: String)
    /// A system call failed.
    case storage(StorageError)
    /// A database was not read.
    case bolt(BoltError)
    /// The same of a database of SQLite's.
    case sqlite(SQLiteSnapshotError)
    /// The document that names everything else is none; `path` is below the root.
    case document(path: String, DocumentError)
}

/// What was passed over, since it is damaged or hostile: what it would have kept is not known.
package struct EngineProblem: Hashable, Sendable {
    /// Why.
    package enum Reason: Hashable, Sendable {
        /// It is no document, or not of the kind that it should be.
        case document(DocumentError)
        /// It holds what is no name, digest or number where one must be.
        case badValue(String)
        /// It names what is not there.
        case missing(String)
        /// It is a database that cannot be read.
        case database(BoltError)
        /// The same of SQLite's.
        case sqlite(SQLiteSnapshotError)
        /// It could not be read.
        case storage(StorageError)
    }

    /// Below the root.
    package let path: String
    /// Why it was passed over.
    package let reason: Reason
}
