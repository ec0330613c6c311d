import Glibc
import SystemPackage

/// Removes what a directory holds: a loop and no recursion, so that no tree is too deep for it.
///
/// What others removed meanwhile is no error. What is mounted somewhere in the tree is none of it: that ends the removal.
struct TreeRemoval {
    private struct Level {
        /// The directory's name in the one above.
        var name: [UInt8]
        /// What is still to be removed from it.
        var left: [[UInt8]]
        var allocatedBytes: Int64
    }

    private let cursor: TreeCursor
    private let isMeasured: Bool
    private var levels: [Level] = []
    /// Allocated bytes that the file system got back; an inode that has another name elsewhere gives none.
    private(set) var freedBytes: Int64 = 0

    /// Removes everything in `directory`, but not the directory; unless that `isMeasured`, no bytes are counted.
    @discardableResult
    init(contentsOf directory: Directory, isMeasured: Bool) throws(StorageError) {
        cursor = try TreeCursor(directory)
        self.isMeasured = isMeasured
        levels = [Level(name: [], left: try cursor.names(), allocatedBytes: 0)]
        while let last = levels.indices.last {
            if let name = levels[last].left.popLast() {
                do { try remove(name) } catch {
                    if !error.isAbsent { throw error }
                }
            } else {
                try leave()
            }
        }
    }

    private mutating func remove(_ name: [UInt8]) throws(StorageError) {
        var isDirectory = false
        var (allocatedBytes, linkCount): (Int64, Int) = (0, 0)
        if isMeasured {
            let status = try cursor.status(name)
            isDirectory = status.kind == .directory
            (allocatedBytes, linkCount) = (status.allocatedBytes, status.linkCount)
        }
        if !isDirectory {
            do {
                try cursor.remove(name, flags: 0)
                if linkCount == 1 { freedBytes += allocatedBytes }
                return
            } catch {
                guard !isMeasured, error.errno == .isDirectory || error.errno == .notPermitted else { throw error }
            }
        }
        try cursor.enterUnmounted(name)
        levels.append(Level(name: name, left: try cursor.names(), allocatedBytes: allocatedBytes))
    }

    /// Removes the directory that is empty now.
    private mutating func leave() throws(StorageError) {
        let level = levels.removeLast()
        guard !levels.isEmpty else { return }
        try cursor.leave()
        do {
            try cursor.remove(level.name, flags: AT_REMOVEDIR)
            freedBytes += level.allocatedBytes
        } catch {
            if !error.isAbsent { throw error }
        }
    }
}
