import OCISpec
package import StorageIO

/// A bin of the trash as a look sees it.
package struct BinRecord: Hashable, Sendable {
    /// What it holds.
    package enum Content: Hashable, Sendable {
        /// What a release removed; with a time, in RFC 3339, it is kept until then, and without one about to be emptied.
        case released(until: String?, plan: String?)
        /// What a repair set aside: no time empties it.
        case setAside
    }

    /// The bin's name below `trash/`.
    package var name: PathPart
    /// What its record says, or that it cannot be read.
    package var content: Content
}

extension ContentStore {
    /// The bins of the trash, by their names; a folder that is neither a release's nor a repair's is none.
    ///
    /// Nothing is locked: a bin may be emptied at this moment, and one that went meanwhile is passed over.
    package func trashBins() throws(ContentError) -> [BinRecord] {
        try storing { () throws(StorageError) in
            guard try root.status(Self.trashName)?.kind == .directory else { return [] }
            let trash = try root.directory(Self.trashName)
            var bins: [BinRecord] = []
            for name in try trash.names().compactMap({ PathPart($0) }).sorted() {
                guard let folder = try subfolder(name.text, of: trash) else { continue }
                if let content = try Self.content(of: folder) { bins.append(BinRecord(name: name, content: content)) }
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
        guard try trashBins().contains(BinRecord(name: name, content: .setAside)) else { return nil }
        let locks = try locks()
        return try storing { () throws(StorageError) in
            // A repair fills its bin under this lock.
            let sweep = try FileLock.acquire(Self.sweepLockName, in: locks, .exclusive, patience: patience)
            defer { sweep.release() }
            return try root.directory(Self.trashName).removeTreeMeasured(name.text, last: Self.repairRecordName)
        }
    }

    /// Bytes that the store's own files will take more once something is removed: the reserve and folders that are not there yet.
    ///
    /// An estimate from above, so that a budget that was met stays met.
    package func upkeepBytes() throws(ContentError) -> Int64 {
        try storing { () throws(StorageError) in
            let folder = try root.status(Self.blobsName)?.allocatedBytes ?? 0
            var bytes: Int64 = 0
            for name in [Self.trashName, Self.locksName] where try root.status(name) == nil { bytes += folder }
            guard storeID != nil else { return bytes }
            let index = try root.status(Self.indexName)?.sizeBytes ?? 0
            let reserve = try root.status("\(Self.locksName)/\(Self.reserveName)")
            return bytes + max(0, Self.reserveBytes(indexBytes: index) - (reserve?.allocatedBytes ?? 0))
        }
    }
}
