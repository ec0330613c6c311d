package import OCISpec
import StorageIO
import SystemPackage

/// What may be done while no session can take a hold: look at everything that protects blobs, and move what nothing protects.
///
/// Only valid inside `ContentStore.sweep`. Look at the holds before the index: a session that ends in between has changed the
/// index by then.
package struct Sweep {
    private let content: ContentStore
    private let sources = Sources()

    init(_ content: ContentStore) { self.content = content }

    /// The directories out of which something was moved: a collection moves tens of thousands of blobs out of one.
    private final class Sources {
        private var opened: [String: Directory] = [:]

        func directory(_ path: String, in root: Directory) throws(StorageError) -> Directory {
            if let directory = opened[path] { return directory }
            let directory = try root.directory(path)
            opened[path] = directory
            return directory
        }
    }

    /// What live sessions count on.
    package func liveHolds() throws(ContentError) -> Set<Digest> {
        let content = content
        return try storing { () throws(StorageError) in
            try content.sessionsUnderLock().reduce(into: []) { holds, session in
                if session.isLive { holds.formUnion(session.holds) }
            }
        }
    }

    /// The bins that processes left unfinished when they died, those whose time is over at `now`, and those in `names`; their
    /// locks are taken.
    ///
    /// What a repair set aside is none. A bin whose record cannot be read is left alone.
    package func abandonedBins(now: Timestamp, and names: Set<String> = []) throws(ContentError) -> [TrashBin] {
        let content = content
        return try storing { () throws(StorageError) in try content.abandonedBins(now: now, and: names) }
    }

    /// Moves a blob into a bin; false when there is none of that name.
    ///
    /// A reader that has it open keeps it.
    package func move(blob digest: Digest, to bin: TrashBin) throws(ContentError) -> Bool {
        try move(digest.hex, in: "\(ContentStore.blobsName)/\(digest.algorithm.rawValue)", to: digest.fileName, in: bin)
    }

    /// Moves an unpacked layer into a bin; false when there is none.
    package func move(layer diffID: Digest, to bin: TrashBin) throws(ContentError) -> Bool {
        let name = "layer-\(diffID.fileName)"
        guard try move(diffID.fileName, in: ContentStore.layersName, to: name, in: bin) else { return false }
        let content = content
        try storing { () throws(StorageError) in
            try content.takeShortName(of: diffID, into: try bin.directory.directory(name))
        }
        return true
    }

    /// Removes short names whose layers are not there, and returns the bytes that gave back.
    package func removeStaleShortNames() throws(ContentError) -> Int64 {
        let content = content
        return try storing { () throws(StorageError) in try content.removeStaleShortNames() }
    }

    private func move(_ name: String, in path: String, to newName: String, in bin: TrashBin) throws(ContentError) -> Bool {
        let (root, sources) = (content.root, sources)
        return try storing { () throws(StorageError) in
            do throws(StorageError) {
                let source = try sources.directory(path, in: root)
                try Failpoint.releaseBeforeMove.check(.rename, source.path)
                try source.rename(name, to: newName, in: bin.directory)
                try Failpoint.releaseAfterMove.check(.rename, source.path)
                return true
            } catch let error where error.isAbsent {
                return false
            }
        }
    }
}

extension ContentStore {
    static let layersName = "layers"

    /// Runs `body` while no session can begin, or take a hold, anywhere; keep it short.
    package func sweep<T, E: Error>(
        orElse convert: (ContentError) -> E, _ body: (Sweep) throws(E) -> T
    ) throws(E) -> T {
        let lock: FileLock
        do throws(ContentError) {
            let locks = try locks()
            lock = try storing { () throws(StorageError) in
                try FileLock.acquire(Self.sweepLockName, in: locks, .exclusive, patience: patience)
            }
        } catch {
            throw convert(error)
        }
        defer { lock.release() }
        return try body(Sweep(self))
    }

    /// Removes `trash/` when it is empty, as a layout that is no store should be left.
    package func removeEmptyTrash() throws(ContentError) {
        _ = try storing { () throws(StorageError) in
            do throws(StorageError) {
                return try root.removeDirectory(Self.trashName)
            } catch let error where error.errno == .directoryNotEmpty {
                return false
            }
        }
    }

    /// The caller has the sweep lock exclusively.
    func abandonedBins(now: Timestamp, and names: Set<String>) throws(StorageError) -> [TrashBin] {
        try bins { name, record, isComplete in !isComplete || record.isOver(at: now) || names.contains(name) }
    }

    /// The bins that were kept and that a plan filled; those that some process is working on are left out.
    ///
    /// Their locks are taken: nobody else undoes or empties them until they are let go. With no plan, for looking at them, nothing
    /// is written, and a store that cannot be written to has its bins as well.
    package func keptBins(ofPlan plan: String?) throws(ContentError) -> [TrashBin] {
        try storing { () throws(StorageError) in
            let sweep: FileLock?
            if plan == nil {
                sweep = try sweepLockForLooking()
            } else {
                sweep = try FileLock.acquire(
                    Self.sweepLockName, in: try root.ensureDirectory(Self.locksName), .exclusive, patience: patience)
            }
            defer { sweep?.release() }
            return try bins { _, record, _ in
                record.keepUntil != nil && record.plan != nil && (plan == nil || record.plan == plan)
            }
        }
    }

    /// The bins whose lock is free and that `isWanted`; the caller has the sweep lock exclusively.
    private func bins(
        _ isWanted: (_ name: String, _ record: TrashBin.Record, _ isComplete: Bool) -> Bool
    ) throws(StorageError) -> [TrashBin] {
        guard try root.status(Self.trashName)?.kind == .directory else { return [] }
        let trash = try root.directory(Self.trashName)
        var bins: [TrashBin] = []
        for name in try trash.names() where try trash.status(name)?.kind == .directory {
            if let bin = try bin(name, in: trash, isWanted) { bins.append(bin) }
        }
        return bins
    }

    private func bin(
        _ name: String, in trash: Directory, _ isWanted: (_ name: String, _ record: TrashBin.Record, _ isComplete: Bool) -> Bool
    ) throws(StorageError) -> TrashBin? {
        // Whoever empties a bin does so without the sweep lock.
        guard let directory = try subfolder(name, of: trash) else { return nil }
        guard let lock = try FileLock.attempt(directory: directory, .exclusive) else { return nil }
        var isKept = true
        defer { if isKept { lock.release() } }
        guard let bytes = try directory.readFile(TrashBin.recordName, limit: TrashBin.recordLimits.maxBytes) else {
            // Killed before the record stood, or before the directory went: what is empty goes, a repair's bin stays.
            if try directory.names().allSatisfy({ $0 == "\(TrashBin.recordName).new" }) { try trash.removeTree(name) }
            return nil
        }
        let isComplete = try directory.status(TrashBin.completeName) != nil
        do throws(DocumentError) {
            let record = try decodeDocument(TrashBin.Record.self, from: bytes, limits: TrashBin.recordLimits)
            guard isWanted(name, record, isComplete) else { return nil }
            isKept = false
            return TrashBin(
                name: name, record: record, isComplete: isComplete, store: self, directory: directory, trash: trash, lock: lock)
        } catch {
            // Nobody can say what is in it, so it stays; listings and `fsck` name it.
            return nil
        }
    }
}

extension TrashBin.Record {
    /// Whether nothing needs to be kept at `now`; a time that does not parse is never over.
    package func isOver(at now: Timestamp) -> Bool {
        guard let keepUntil else { return true }
        guard let until = Timestamp(parsing: keepUntil) else { return false }
        return until <= now
    }
}

extension Digest {
    /// The digest as a file's name: `sha256-<hex>`.
    package var fileName: String { "\(algorithm.rawValue)-\(hex)" }

    /// The digest that a file is named by; nil for another name.
    package init?(fileName: String) {
        guard let dash = fileName.firstIndex(of: "-") else { return nil }
        self.init(ifValid: "\(fileName[..<dash]):\(fileName[fileName.index(after: dash)...])")
    }
}
