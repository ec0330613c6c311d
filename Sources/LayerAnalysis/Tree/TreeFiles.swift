package import LayerArchive

/// One file of a merged tree with all that its layers say of it.
package struct TreeFile: FileMetadataHolder, Hashable, Sendable {
    /// Raw bytes without a leading slash; empty for the root.
    package var path: [UInt8]
    /// What it is; a hard link is what its inode is.
    package var kind: EntryKind
    /// Mode, owner, time, device and extended attributes; of a missing parent, what extraction makes of it.
    package var metadata = FileMetadata(mode: 0o755)
    /// Bytes: logical size of a regular file.
    package var size: Int64 = 0
    /// A symlink's target as written; else empty.
    package var linkTarget: [UInt8] = []
    /// The inode's number where it has several names.
    package var inode: Int32?
    /// The hash of a regular file's content; else a plain value.
    package var content = ContentHash()
    /// The entry that stores it; nil for a directory that came to be as a missing parent.
    package var source: EntrySource?
    /// The digest of its extended attributes, which themselves are only read from the blob; 0 for none.
    package var xattrsDigest: UInt64 = 0
}

/// A merged tree by path, symlinks not followed: what stands there, and what a directory holds.
package struct TreeFiles: Sendable {
    private let tree: MergedTree
    private let indexes: [LayerIndex]

    /// The files of `tree`, which is made of `indexes`.
    package init(_ tree: MergedTree, _ indexes: [LayerIndex]) {
        self.tree = tree
        self.indexes = indexes
    }

    /// What is right at `path`, no symlink followed; nil where nothing shows.
    package func file(at path: [UInt8]) -> TreeFile? {
        guard let node = tree.existingNode(at: path), shows(node) else { return nil }
        return file(node, path)
    }

    /// What the directory at `path` holds, by name; nothing for what is no directory.
    package func children(of path: [UInt8]) -> [TreeFile] {
        guard let node = tree.existingNode(at: path), tree.nodes[Int(node)].below == .directory else { return [] }
        let prefix = path.isEmpty ? [] : path + [UInt8(ascii: "/")]
        var found: [TreeFile] = []
        var child = tree.nodes[Int(node)].firstChild
        while child >= 0 {
            if tree.nodes[Int(child)].below != .absent { found.append(file(child, prefix + tree.name(of: child))) }
            child = tree.nodes[Int(child)].nextSibling
        }
        return found.sorted { $0.path.lexicographicallyPrecedes($1.path) }
    }

    /// The empty tree has a root all the same.
    private func shows(_ node: Int32) -> Bool { node == MergedTree.root || tree.nodes[Int(node)].below != .absent }

    private func file(_ node: Int32, _ path: [UInt8]) -> TreeFile {
        let state = tree.nodes[Int(node)]
        guard state.below.isInode else {
            var file = TreeFile(path: path, kind: .directory)
            if state.directoryLayer >= 0 {
                describe(&file, EntrySource(layer: Int(state.directoryLayer), entry: Int(state.directoryEntry)))
            }
            return file
        }
        let inode = tree.inodes[Int(state.below.inode)]
        var file = TreeFile(path: path, kind: inode.kind)
        describe(&file, EntrySource(layer: Int(inode.layer), entry: Int(inode.entry)))
        file.size = inode.size
        file.content = inode.content
        file.linkTarget = Array(tree.names.bytes[Int(inode.linkStart)..<Int(inode.linkStart + inode.linkLength)])
        if inode.nameCount > 1 { file.inode = state.below.inode }
        return file
    }

    private func describe(_ file: inout TreeFile, _ source: EntrySource) {
        let index = indexes[source.layer]
        file.source = source
        file.metadata = index.metadata(source.entry)
        file.xattrsDigest = index.xattrs[source.entry]
    }
}
