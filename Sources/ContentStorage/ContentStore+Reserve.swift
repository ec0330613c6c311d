import OCISpec
import StorageIO
import SystemPackage

extension ContentStore {
    /// Room that is kept on the disk so that a full one can still be freed: removing an image writes a record and a new index
    /// before the first byte goes.
    package static let reserveName = "reserve"
    /// A record takes about twice what its entries do, and the index is written beside the old one.
    private static let reservePerIndexByte: Int64 = 4
    private static let leastReserve: Int64 = 64 << 10

    /// Makes the reserve as large as the index needs it; where that fails there is none, and nothing is lost but the comfort.
    ///
    /// The caller has the index lock.
    func keepReserve(indexBytes: Int, in locks: Directory) {
        let wanted = Int64(indexBytes) * Self.reservePerIndexByte + Self.leastReserve
        do throws(StorageError) {
            let present = try locks.status(Self.reserveName)?.sizeBytes ?? 0
            guard present < wanted || present > wanted * 4 else { return }
            try locks.removeFile(Self.reserveName)
            let file = try locks.createFile(Self.reserveName, mode: 0o600)
            do throws(StorageError) { try file.allocate(wanted) } catch {
                locks.removeQuietly(Self.reserveName)
            }
        } catch {}
    }

    /// Gives the reserved room back to the file system, for a release on a full disk; false when there was none.
    ///
    /// The next change of the index takes room again.
    package func giveReserve() -> Bool {
        do throws(StorageError) { return try root.directory(Self.locksName).removeFile(Self.reserveName) } catch { return false }
    }
}

extension ContentError {
    /// Whether the file system was full.
    package var isOutOfSpace: Bool {
        if case .storage(let error) = self { [.noSpace, .diskQuotaExceeded].contains(error.errno) } else { false }
    }
}
