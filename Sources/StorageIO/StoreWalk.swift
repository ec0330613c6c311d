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

    /// An inode of any file system.
    private struct Inode: Hashable {
        let device: UInt64
        let number: UInt64
    }

    /// As `visit`, but every name of an inode; all but the first that the walk comes by are marked so.
    package static func visitNames(
        _ root: Directory, _ body: (Item) throws(StorageError) -> Void
    ) throws(StorageError) {
        try visitNames(root, entering: { _ in false }, body)
    }

    /// As `visitNames`, into other file systems as well.
    ///
    /// Another file system is entered where it is mounted at a path, below the root, that `isEntered`.
    package static func visitNames(
        _ root: Directory, entering isEntered: (String) -> Bool, _ body: (Item) throws(StorageError) -> Void
    ) throws(StorageError) {
        let status = try root.status()
        var devices: Set<UInt64> = [status.device]
        var seen: Set<Inode> = []
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
                let path = cursor.path(of: name).messageText
                if !devices.contains(found.device) {
                    guard found.kind == .directory, isEntered(path) else { continue }
                    devices.insert(found.device)
                }
                let isShared = found.linkCount > 1 && found.kind != .directory
                let isRepeated = isShared && !seen.insert(Inode(device: found.device, number: found.inode)).inserted
                try body(Item(path: path, status: found, isRepeated: isRepeated))
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
