import SystemPackage

/// What a directory tree occupies on the disk.
package enum StoreWalk {
    /// One file or directory that a walk came by.
    package struct Item: Sendable {
        /// The path below the tree's root, parts separated by `/`; empty for the root itself.
        package let path: String
        /// What it is.
        package let status: FileStatus
        /// Whether the walk has come by the inode before, under another name.
        package var isRepeated = false
    }

    /// Calls `body` for the root and everything below it, each inode once, however many names it has.
    ///
    /// Directories come before what is in them. Symlinks are not followed and other file systems not entered; what vanishes
    /// meanwhile is passed over.
    package static func visit(
        _ root: Directory, _ body: (Item) throws(StorageError) -> Void
    ) throws(StorageError) {
        try visitNames(root) { item throws(StorageError) in
            if !item.isRepeated { try body(item) }
        }
    }

    /// As `visit`, but every name of an inode; all but the first that the walk comes by are marked so.
    package static func visitNames(
        _ root: Directory, _ body: (Item) throws(StorageError) -> Void
    ) throws(StorageError) {
        let status = try root.status()
        var seen: Set<UInt64> = []
        try body(Item(path: "", status: status))
        let cursor = try TreeCursor(root)
        // For each directory on the way, the names yet to come by: a loop and no recursion, so that no tree is too deep.
        var left = [try cursor.names()]
        while let last = left.indices.last {
            guard let name = left[last].popLast() else {
                left.removeLast()
                try cursor.leave()
                continue
            }
            do throws(StorageError) {
                let found = try cursor.status(name)
                guard found.device == status.device else { continue }
                let isShared = found.linkCount > 1 && found.kind != .directory
                let isRepeated = isShared && !seen.insert(found.inode).inserted
                try body(Item(path: cursor.path(of: name).messageText, status: found, isRepeated: isRepeated))
                guard found.kind == .directory else { continue }
                try cursor.enter(name)
                left.append(try cursor.names())
            } catch let error where error.isAbsent {
                continue
            }
        }
    }

    /// Allocated bytes (`st_blocks × 512`) of the root and everything below it: what `du -s` says, in bytes.
    package static func allocatedBytes(of root: Directory) throws(StorageError) -> Int64 {
        var total: Int64 = 0
        try visit(root) { item throws(StorageError) in total += item.status.allocatedBytes }
        return total
    }
}
