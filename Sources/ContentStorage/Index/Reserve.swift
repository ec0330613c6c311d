import OCISpec
import StorageIO
import SystemPackage

/// Room that is kept on the disk so that a full one can still be freed: removing an image writes a record and a new index before the
/// first byte goes.
package struct Reserve: Sendable {
    private static let bytesName = "reserve"
    /// A record takes about twice what its entries do, and the index is written beside the old one.
    private static let bytesPerIndexByte: Int64 = 4
    private static let leastBytes: Int64 = 64 << 10
    private static let blockBytes: Int64 = 4096

    /// Empty files that are kept for the same, since a file system may also be out of inodes.
    private static let spareNames = (0..<spareCount).map { "spare.\($0)" }
    /// Enough for two releases at once.
    ///
    /// One makes `trash/`, its bin, a record and a mark in that, and the next index; SQLite makes two files beside the catalog.
    private static let spareCount = 16

    /// Its files, in the folder of the locks.
    static let names = Set([bytesName] + spareNames)

    private let content: ContentStore

    init(_ content: ContentStore) { self.content = content }

    /// How large the reserve is for an index of that length, in whole blocks of most file systems.
    private static func bytes(indexBytes: Int64) -> Int64 {
        (indexBytes * bytesPerIndexByte + leastBytes + blockBytes - 1) / blockBytes * blockBytes
    }

    /// Makes the reserve as large as the index needs it; where that fails there is none, and nothing is lost but the comfort.
    ///
    /// The caller has the index lock.
    func keep(indexBytes: Int, in locks: Directory) {
        keepBytes(indexBytes, in: locks)
        keepInodes(in: locks)
    }

    /// Makes the files that are missing, unless that would leave the file system with fewer inodes than it takes: what a release
    /// gave back on a full one is still needed by that very release.
    private func keepInodes(in locks: Directory) {
        do throws(StorageError) {
            guard let last = Self.spareNames.last, try locks.status(last) == nil else { return }
            guard let free = try locks.freeInodes(), free >= 2 * Self.spareCount else { return }
            for name in Self.spareNames where try locks.status(name) == nil { _ = try locks.createFile(name) }
        } catch {
            // The next change of the index tries again.
        }
    }

    private func keepBytes(_ indexBytes: Int, in locks: Directory) {
        let wanted = Self.bytes(indexBytes: Int64(indexBytes))
        do throws(StorageError) {
            let present = try locks.status(Self.bytesName)?.sizeBytes ?? 0
            guard present < wanted || present > wanted * 4 else { return }
            try locks.removeFile(Self.bytesName)
            let file = try locks.createFile(Self.bytesName)
            do throws(StorageError) { try file.allocate(wanted) } catch {
                locks.removeQuietly(Self.bytesName)
            }
        } catch {
            // The next change of the index tries again.
        }
    }

    /// Gives the reserved bytes and inodes back to the file system, for a release on a full one; false when there were none.
    ///
    /// A change of the index takes them again once there are enough.
    package func give() -> Bool {
        var isGiven = false
        do throws(StorageError) {
            let locks = try content.root.directory(StoreLocks.folderName)
            isGiven = try locks.removeFile(Self.bytesName)
            for name in Self.spareNames where try locks.removeFile(name) { isGiven = true }
        } catch {
            // What was given before that is free all the same; without any the release fails for want of space, and says so.
        }
        return isGiven
    }

    /// Bytes that the store's own files will take more once something is removed: the reserve and folders that are not there yet.
    ///
    /// An estimate from above, so that a budget that was met stays met.
    package func upkeepBytes() throws(ContentError) -> Int64 {
        let root = content.root
        return try lift(to: ContentError.init) { () throws(StorageError) in
            let folder = try root.status(StoredBlobs.folderName)?.allocatedBytes ?? 0
            var bytes: Int64 = 0
            for name in [Trash.folderName, StoreLocks.folderName] where try root.status(name) == nil { bytes += folder }
            guard content.storeID != nil else { return bytes }
            let index = try root.status(IndexFile.fileName)?.sizeBytes ?? 0
            let reserve = try root.status("\(StoreLocks.folderName)/\(Self.bytesName)")
            return bytes + max(0, Self.bytes(indexBytes: index) - (reserve?.allocatedBytes ?? 0))
        }
    }
}

extension ContentStore {
    /// The room that is kept for releases on a full disk.
    package var reserve: Reserve { Reserve(self) }
}

extension ContentError {
    /// Whether the file system was full.
    package var isOutOfSpace: Bool {
        if case .storage(let error) = self { [.noSpace, .diskQuotaExceeded].contains(error.errno) } else { false }
    }
}
