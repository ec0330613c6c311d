package import StorageIO

/// The locks that all of a store shares, in `locks/`; docs/store-format.md says who takes which, and in what order.
package struct StoreLocks: Sendable {
    static let folderName = "locks"
    private static let sweepName = "sweep.lock"
    private static let indexName = "index.lock"

    private let content: ContentStore

    init(_ content: ContentStore) { self.content = content }

    /// The directory of the lock files, made where it is missing.
    package func folder() throws(ContentError) -> Directory {
        try lift(try content.root.ensureDirectory(Self.folderName), to: ContentError.init)
    }

    /// Runs `body` under the sweep lock: while it is taken exclusively no session can begin, or take a hold, anywhere.
    func whileSweeping<T>(
        _ mode: FileLock.Mode = .exclusive, _ body: () throws(StorageError) -> T
    ) throws(ContentError) -> T {
        let lock = try sweep(mode)
        defer { lock.release() }
        return try lift(try body(), to: ContentError.init)
    }

    /// The sweep lock.
    func sweep(_ mode: FileLock.Mode = .exclusive) throws(ContentError) -> FileLock {
        let folder = try folder()
        return try lift(try sweep(mode, in: folder), to: ContentError.init)
    }

    /// The same; `folder` is that of the locks.
    func sweep(_ mode: FileLock.Mode, in folder: Directory) throws(StorageError) -> FileLock {
        try FileLock.acquire(Self.sweepName, in: folder, mode, patience: content.patience)
    }

    /// The same, where nobody is to be waited for; nil where another process has it.
    func attemptSweep(in folder: Directory) throws(StorageError) -> FileLock? {
        try FileLock.attempt(Self.sweepName, in: folder, .exclusive)
    }

    /// The sweep lock, for who writes nothing; nil where there is none yet, or it cannot be opened for writing.
    func sweepForLooking() throws(StorageError) -> FileLock? {
        do {
            guard try content.root.status(Self.folderName) != nil else { return nil }
            return try sweep(.exclusive, in: try content.root.directory(Self.folderName))
        } catch let error where error.isReadOnly {
            return nil
        }
    }

    /// The lock of `index.json`.
    func index(patience: Duration) throws(ContentError) -> FileLock {
        let folder = try folder()
        return try lift(
            try FileLock.acquire(Self.indexName, in: folder, .exclusive, patience: patience), to: ContentError.init)
    }

    /// Whether a name of `locks/` is a lock's, or one of the reserve's.
    package static func isOwnFile(_ name: String) -> Bool { name.hasSuffix(".lock") || Reserve.names.contains(name) }
}

extension ContentStore {
    /// The locks.
    package var locks: StoreLocks { StoreLocks(self) }
}
