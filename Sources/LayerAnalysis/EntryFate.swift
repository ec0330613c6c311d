package import LayerArchive

/// What became of the inode that an entry stores.
package struct EntryFate: Hashable, Sendable {
    /// The layer, and the entry's place there.
    package var layer: Int
    package var entry: Int
    /// Whether the inode still has a name in the merged tree.
    package var isVisible: Bool
    /// What removed a regular file's last name; nil for what shows and for what is no regular file.
    package var cause: WasteCause?
    /// The layer that removed it.
    package var hiddenBy: Int?
}

/// Something other than a directory that shows in the merged tree, and the entry that stores it.
package struct VisibleFile: Hashable, Sendable {
    /// Raw bytes of its path, without a leading slash.
    package var path: [UInt8]
    /// What it is; a hard link is what its inode is.
    package var kind: EntryKind
    /// Bytes: the inode's logical size.
    package var size: Int64
    /// The inode's number; hard links share it.
    package var inode: Int
    package var layer: Int
    package var entry: Int
    /// A symlink's target as written; else empty.
    package var linkTarget: [UInt8]
}

extension MergedTree {
    /// The fate of every inode that an entry stores; directories, hard links and markers store none.
    package func fates() -> [EntryFate] {
        var lost: [Int32: WastedInode] = [:]
        for inode in wasted { lost[inode.inode] = inode }
        return inodes.enumerated().compactMap { number, inode in
            guard inode.standsFor < 0, !inode.isPending else { return nil }
            let waste = lost[Int32(number)]
            return EntryFate(
                layer: Int(inode.layer), entry: Int(inode.entry), isVisible: inode.nameCount > 0, cause: waste?.cause,
                hiddenBy: waste?.hiddenBy)
        }
    }

    /// Everything but directories that shows in the tree, in no particular order.
    package func visibleFiles() -> [VisibleFile] {
        visibleNodes().compactMap { number in
            let below = nodes[Int(number)].below
            guard below.isInode else { return nil }
            let inode = inodes[Int(below.inode)]
            return VisibleFile(
                path: path(of: number), kind: inode.kind, size: inode.size, inode: Int(below.inode), layer: Int(inode.layer),
                entry: Int(inode.entry),
                linkTarget: Array(names.bytes[Int(inode.linkStart)..<Int(inode.linkStart + inode.linkLength)]))
        }
    }
}
