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
        try visit(root, at: "", device: status.device, seen: &seen, body)
    }

    /// Allocated bytes (`st_blocks × 512`) of the root and everything below it: what `du -s` says, in bytes.
    package static func allocatedBytes(of root: Directory) throws(StorageError) -> Int64 {
        var total: Int64 = 0
        try visit(root) { item throws(StorageError) in total += item.status.allocatedBytes }
        return total
    }

    private static func visit(
        _ directory: Directory, at path: String, device: UInt64, seen: inout Set<UInt64>,
        _ body: (Item) throws(StorageError) -> Void
    ) throws(StorageError) {
        for entry in try directory.entries() {
            do throws(StorageError) {
                let status = try directory.status(raw: entry)
                guard status.device == device else { continue }
                let isShared = status.linkCount > 1 && status.kind != .directory
                let isRepeated = isShared && !seen.insert(status.inode).inserted
                let childPath = path.isEmpty ? entry.name : "\(path)/\(entry.name)"
                try body(Item(path: childPath, status: status, isRepeated: isRepeated))
                guard status.kind == .directory else { continue }
                try visit(directory.directory(raw: entry), at: childPath, device: device, seen: &seen, body)
            } catch let error where error.isAbsent {
                continue
            }
        }
    }
}
