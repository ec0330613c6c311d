package import LayerArchive

/// What became of the inode that an entry stores.
package struct EntryFate: Hashable, Sendable {
    /// Whether the inode still has a name in the merged tree.
    package var isVisible: Bool
    /// What removed a regular file's last name; nil for what shows and for what is no regular file.
    package var cause: WasteCause?
    /// The layer that removed it.
    package var hiddenBy: Int?
}

/// What became of each entry of an image's layers: four bytes an entry beside the tree.
package struct EntryFates: Sendable {
    private let tree: MergedTree
    /// By layer and entry, the inode that the entry stores; -1 where it stores none.
    private var stored: [[Int32]]
    private var lost: [Int32: WastedInode] = [:]

    /// The fates of the entries that made `tree`.
    init(_ tree: MergedTree) {
        self.tree = tree
        stored = tree.layers.map { Array(repeating: -1, count: $0.entryCount) }
        for (number, inode) in tree.inodes.enumerated() where inode.standsFor < 0 && !inode.isPending {
            stored[Int(inode.layer)][Int(inode.entry)] = Int32(number)
        }
        for inode in tree.wasted { lost[inode.inode] = inode }
    }

    /// The fate of an entry's inode; nil for directories, hard links and markers, which store none.
    package func fate(layer: Int, entry: Int) -> EntryFate? {
        let number = stored[layer][entry]
        guard number >= 0 else { return nil }
        let waste = lost[number]
        return EntryFate(
            isVisible: tree.inodes[Int(number)].nameCount > 0, cause: waste?.cause, hiddenBy: waste?.hiddenBy)
    }
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
    /// The layer that stores it, counted from 0.
    package var layer: Int
    /// The entry of that layer, counted from 0 in the order of its tar.
    package var entry: Int
    /// A symlink's target as written; else empty.
    package var linkTarget: [UInt8]
}

extension MergedTree {
    /// What became of the entries.
    package var fates: EntryFates { EntryFates(self) }

    /// Everything but directories that shows in the tree, in no particular order; each is made when it is asked for.
    package var visibleFiles: some Sequence<VisibleFile> {
        var speller = PathSpeller(self)
        return visibleNodes().lazy.compactMap { number in
            let below = nodes[Int(number)].below
            guard below.isInode else { return nil }
            let inode = inodes[Int(below.inode)]
            return VisibleFile(
                path: speller.path(of: number), kind: inode.kind, size: inode.size, inode: Int(below.inode),
                layer: Int(inode.layer), entry: Int(inode.entry),
                linkTarget: Array(names.bytes[Int(inode.linkStart)..<Int(inode.linkStart + inode.linkLength)]))
        }
    }
}
