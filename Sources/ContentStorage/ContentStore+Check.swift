package import OCISpec
package import StorageIO
package import SystemPackage

/// A session's directory as somebody else sees it.
package struct SessionRemains: Sendable {
    /// Its name below `ingest/`.
    package let name: String
    /// Whether its process lives.
    package let isLive: Bool
    /// The digests it counts on, as far as they can be read.
    package let holds: Set<Digest>
    /// Its files but for the holds and the mark of a resumable session.
    package let partials: [(name: String, status: FileStatus)]

    /// Bytes of all partials together.
    package var partialBytes: Int64 { partials.reduce(0) { $0 + $1.status.sizeBytes } }
}

extension ContentStore {
    /// What may stand at the top of a store; `layers`, `containers` and `plans` are reserved for what comes.
    package static let topNames: Set<String> = [
        ImageLayoutMarker.fileName, indexName, blobsName, StoreFormat.fileName, ingestName, locksName,
        Trash.folderName, layersName, StoredContainers.folderName, StoredPlans.folderName, BuildCache.folderName,
        "catalog.sqlite", "catalog.sqlite-wal", "catalog.sqlite-shm",
        "catalog.sqlite-journal",
    ]

    /// Files that a killed writer may leave at the top of a store; the next one that needs the place writes over them.
    package static let topRemnants: Set<String> = [
        "\(indexName).new", "\(ImageLayoutMarker.fileName).new", "\(StoreFormat.fileName).new", "catalog.sqlite.new",
        "catalog.sqlite.new-wal", "catalog.sqlite.new-shm", "catalog.sqlite.new-journal",
    ]

    /// Whether a name of `locks/` is a lock's, or one of the reserve's.
    package static func isOwn(inLocks name: String) -> Bool {
        name.hasSuffix(".lock") || name == reserveName || spareNames.contains(name)
    }

    /// Where a changed `index.json` is written before it takes its place.
    package static let indexRemnant = "\(locksName)/\(indexName).new"

    /// Opens a store to look for damage: neither `index.json` nor `strata.json` need be there or be readable.
    ///
    /// Nothing is written. A store of a newer format is refused, since its claims are not known.
    package static func openForCheck(at path: FilePath, patience: Duration = .seconds(30)) throws(ContentError) -> ContentStore {
        let root: Directory
        do throws(StorageError) { root = try Directory.open(path) } catch {
            if error.isAbsent { throw .absent(path: path.string) }
            throw ContentError(error)
        }
        var format: StoreFormat?
        do throws(ContentError) {
            format = try readFormat(in: root)
            if format == nil, case .layout = try contents(of: root) {} else if format == nil { try requireParts(of: root) }
        } catch .damaged(.format, _, _) {}
        return try storing { () throws(StorageError) in
            try ContentStore(root, format, closes: false, patience: patience)
        }
    }

    /// `strata.json`, or nil where there is none.
    package func readFormat() throws(ContentError) -> StoreFormat? { try Self.readFormat(in: root) }

    /// The sessions that are there, live and abandoned.
    ///
    /// Under `sweep.lock`, because a session that is just being made is not locked yet; a store that cannot be written to has
    /// none.
    package func sessions() throws(StorageError) -> [SessionRemains] {
        guard try root.status(Self.ingestName)?.kind == .directory else { return [] }
        let sweep = try sweepLockForLooking()
        defer { sweep?.release() }
        return try sessionsUnderLock()
    }

    /// The same; the caller has the sweep lock exclusively.
    func sessionsUnderLock() throws(StorageError) -> [SessionRemains] {
        guard try root.status(Self.ingestName)?.kind == .directory else { return [] }
        let ingest = try root.directory(Self.ingestName)
        var found: [SessionRemains] = []
        for name in try ingest.names() where try ingest.status(name)?.kind == .directory {
            if let session = try Self.remains(of: name, in: ingest) { found.append(session) }
        }
        return found
    }

    /// The sweep lock, for who writes nothing; nil where there is none yet, or it cannot be opened for writing.
    func sweepLockForLooking() throws(StorageError) -> FileLock? {
        do throws(StorageError) {
            guard try root.status(Self.locksName) != nil else { return nil }
            return try FileLock.acquire(
                Self.sweepLockName, in: try root.directory(Self.locksName), .exclusive, patience: patience)
        } catch let error where error.isReadOnly {
            return nil
        }
    }

    static func remains(of name: String, in ingest: Directory) throws(StorageError) -> SessionRemains? {
        do throws(StorageError) {
            let directory = try ingest.directory(name)
            let lock = try FileLock.attempt(directory: directory, .exclusive)
            defer { lock?.release() }
            var partials: [(name: String, status: FileStatus)] = []
            for file in try directory.names() where file != IngestSession.holdsName && file != IngestSession.resumableName {
                if let status = try directory.status(file) { partials.append((file, status)) }
            }
            let holds = try directory.readFile(IngestSession.holdsName, limit: 64 << 20) ?? []
            return SessionRemains(name: name, isLive: lock == nil, holds: digests(holds), partials: partials)
        } catch let error where error.isAbsent {
            return nil
        }
    }

    /// The digests of a file of holds; a line that a killed process did not finish is none.
    private static func digests(_ lines: [UInt8]) -> Set<Digest> {
        var digests: Set<Digest> = []
        for line in lines.split(separator: UInt8(ascii: "\n")) {
            if let digest = Digest(ifValid: String(decoding: line, as: UTF8.self)) { digests.insert(digest) }
        }
        return digests
    }

    /// A directory without any part of a store is none.
    private static func requireParts(of root: Directory) throws(ContentError) {
        switch try contents(of: root) {
        case .layout, .layoutWithoutIndex: return
        case .nothing: throw .absent(path: root.path)
        case .other: throw .notAStore(path: root.path)
        }
    }
}
