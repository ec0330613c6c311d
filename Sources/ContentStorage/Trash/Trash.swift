package import OCISpec
package import StorageIO
import SystemPackage

/// The trash of a store, `trash/`: bins through which everything passes that a release removes, and in which a repair puts what it
/// sets aside.
///
/// A bin is filled and looked for under the sweep lock, and emptied under its own.
package struct Trash: Sendable {
    static let folderName = "trash"
    /// Stands in a bin that holds what a repair set aside.
    package static let repairRecordName = "repair.json"

    private let content: ContentStore

    init(_ content: ContentStore) { self.content = content }

    /// The bins of the trash, by their names; a folder that is neither a release's nor a repair's is none.
    ///
    /// Nothing is locked: a bin may be emptied at this moment, and one that went meanwhile is passed over.
    package func bins() throws(ContentError) -> [BinRecord] {
        try lift(to: ContentError.init) { () throws(StorageError) in
            guard try content.root.status(Self.folderName)?.kind == .directory else { return [] }
            let trash = try content.root.directory(Self.folderName)
            var bins: [BinRecord] = []
            for name in try trash.names().compactMap({ PathPart($0) }).sorted() {
                guard let folder = try content.subfolder(name.text, of: trash) else { continue }
                if let holding = try Self.content(of: folder) { bins.append(BinRecord(name: name, content: holding)) }
            }
            return bins
        }
    }

    private static func content(of bin: Directory) throws(StorageError) -> BinRecord.Content? {
        guard let bytes = try bin.readFile(TrashBin.recordName, limit: TrashBin.recordLimits.maxBytes) else {
            return try bin.status(repairRecordName) == nil ? nil : .setAside
        }
        do throws(DocumentError) {
            let record = try decodeDocument(TrashBin.Record.self, from: bytes, limits: TrashBin.recordLimits)
            return .released(until: record.keepUntil, plan: record.plan)
        } catch {
            // Nobody can say what is in it, so no command empties it.
            return nil
        }
    }

    /// Removes a bin in which a repair set something aside, and returns the bytes that the file system got back; nil when there
    /// is no such bin.
    package func emptyRepairBin(_ name: PathPart) throws(ContentError) -> Int64? {
        guard try bins().contains(BinRecord(name: name, content: .setAside)) else { return nil }
        // A repair fills its bin under the same lock.
        return try content.locks.whileSweeping { () throws(StorageError) in
            try content.root.directory(Self.folderName).removeTreeMeasured(name.text, last: Self.repairRecordName)
        }
    }

    /// Makes a bin, its record on the disk; nothing else is changed yet.
    package func makeBin(_ record: TrashBin.Record) throws(ContentError) -> TrashBin {
        try content.requireFolders(.onOneFileSystem)
        let bytes: [UInt8]
        do { bytes = try encodeDocument(record) } catch {
            throw .damaged(.release, path: content.path, error)
        }
        // As with sessions: whoever looks for abandoned bins has this lock exclusively.
        return try content.locks.whileSweeping(.shared) { () throws(StorageError) in
            let trash = try content.root.ensureDirectory(Self.folderName)
            let name = randomUUID()
            try Failpoint.releaseBeforeBin.check(.makeDirectory, trash.path)
            try trash.makeDirectory(name)
            do throws(StorageError) {
                let directory = try trash.directory(name)
                let lock = try FileLock.acquire(directory: directory, .exclusive, patience: content.patience)
                try Failpoint.releaseAfterBin.check(.write, directory.path)
                try directory.writeDurably(TrashBin.recordName, bytes, points: .release)
                return TrashBin(
                    name: name, record: record, store: content, directory: directory, trash: trash, lock: lock)
            } catch {
                // What cannot be removed either is finished by the next release; the error that came first is told.
                do throws(StorageError) { try trash.removeTree(name) } catch {}
                throw error
            }
        }
    }

    /// Removes `trash/` when it is empty, as a layout that is no store should be left.
    package func removeIfEmpty() throws(ContentError) {
        _ = try lift(to: ContentError.init) { () throws(StorageError) in
            do throws(StorageError) {
                return try content.root.removeDirectory(Self.folderName)
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
        try lift(to: ContentError.init) { () throws(StorageError) in
            let sweep: FileLock?
            if plan == nil {
                sweep = try content.locks.sweepForLooking()
            } else {
                sweep = try content.locks.sweep(.exclusive, in: try content.root.ensureDirectory(StoreLocks.folderName))
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
        guard try content.root.status(Self.folderName)?.kind == .directory else { return [] }
        let trash = try content.root.directory(Self.folderName)
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
        guard let directory = try content.subfolder(name, of: trash) else { return nil }
        guard let lock = try FileLock.attempt(directory: directory, .exclusive) else { return nil }
        var isKept = true
        defer { if isKept { lock.release() } }
        guard let bytes = try directory.readFile(TrashBin.recordName, limit: TrashBin.recordLimits.maxBytes) else {
            // Killed before the record stood, or before the directory went: what is empty goes, a repair's bin stays.
            do throws(StorageError) {
                if try directory.names().allSatisfy({ $0 == "\(TrashBin.recordName).new" }) { try trash.removeTree(name) }
            } catch let error where error.isAbsent {
                // Whoever emptied it had the lock until just now: a directory that is gone has no list.
            }
            return nil
        }
        let isComplete = try directory.status(TrashBin.completeName) != nil
        do throws(DocumentError) {
            let record = try decodeDocument(TrashBin.Record.self, from: bytes, limits: TrashBin.recordLimits)
            guard isWanted(name, record, isComplete) else { return nil }
            isKept = false
            return TrashBin(
                name: name, record: record, isComplete: isComplete, store: content, directory: directory, trash: trash, lock: lock
            )
        } catch {
            // Nobody can say what is in it, so it stays; listings and `fsck` name it.
            return nil
        }
    }

    /// Moves `name` of `source` into a new bin, as `newName`, and returns its new path below the store; nil, and nothing done, where
    /// `isStill`, asked once no session can take a hold, says no.
    ///
    /// Nothing is unlinked: who has it open keeps it. `record` is on the disk beside it before it is moved; on return both are.
    func setAside(
        _ name: String, of source: Directory, as newName: String, record: [UInt8],
        if isStill: () throws(StorageError) -> Bool = { true }
    ) throws(ContentError) -> String? {
        try content.locks.whileSweeping { () throws(StorageError) in
            guard try isStill() else { return nil }
            let trash = try content.root.ensureDirectory(Self.folderName)
            let bin = randomUUID()
            try Failpoint.repairBeforeRecord.check(.makeDirectory, trash.path)
            let target = try trash.ensureDirectory(bin)
            try target.writeDurably(Self.repairRecordName, record, points: .repair)
            try Failpoint.repairAfterRecord.check(.rename, target.path)
            try source.rename(name, to: newName, in: target)
            try Failpoint.repairAfterSetAside.check(.sync, target.path)
            try target.sync()
            try source.sync()
            return "\(Self.folderName)/\(bin)/\(newName)"
        }
    }
}

extension ContentStore {
    /// The trash.
    package var trash: Trash { Trash(self) }
}
