import LayerArchive

/// What shows at the nodes of a merged tree, as far as the tree itself tells.
struct TreeThings: Sendable {
    let tree: MergedTree
    /// For inodes with several names, the first of them.
    private let firstNames: [Int32: Int32]

    init(_ tree: MergedTree) {
        self.tree = tree
        firstNames = tree.firstNames()
    }

    /// What shows at a node.
    struct Thing {
        var kind: EntryKind
        var size: Int64
        var content: ContentHash
        var target: ArraySlice<UInt8>
        /// The node of the first of its names; the node itself where there is one.
        var firstName: Int32
        var layer: Int?
        /// Where its metadata stands; `nil` for a directory that came to be as a missing parent.
        var source: EntrySource?
    }

    func thing(at node: Int32) -> Thing {
        let state = tree.nodes[Int(node)]
        guard state.below.isInode else {
            let source =
                state.directoryLayer < 0
                ? nil : EntrySource(layer: Int(state.directoryLayer), entry: Int(state.directoryEntry))
            return Thing(
                kind: .directory, size: 0, content: ContentHash(), target: [], firstName: node, layer: nil, source: source)
        }
        let inode = tree.inodes[Int(state.below.inode)]
        let target = tree.names.bytes[Int(inode.linkStart)..<Int(inode.linkStart + inode.linkLength)]
        return Thing(
            kind: inode.kind, size: inode.size, content: inode.content, target: target,
            firstName: firstNames[state.below.inode] ?? node, layer: Int(inode.layer),
            source: EntrySource(layer: Int(inode.layer), entry: Int(inode.entry)))
    }

    /// Bytes that the path accounts for: an inode's are its first name's.
    func bytes(_ thing: Thing, at node: Int32) -> Int64 { thing.firstName == node ? thing.size : 0 }
}

/// A merged tree with the entries that made it, so that modes, owners and times can be told too.
struct TreeView {
    /// What the tree alone tells.
    let things: TreeThings
    private let indexes: [LayerIndex]

    init(_ tree: MergedTree, _ indexes: [LayerIndex]) {
        things = TreeThings(tree)
        self.indexes = indexes
    }

    var tree: MergedTree { things.tree }

    func thing(at node: Int32) -> TreeThings.Thing { things.thing(at: node) }

    func metadata(_ source: EntrySource?) -> Metadata {
        guard let source else { return Metadata() }
        let index = indexes[source.layer]
        return Metadata(metadata: index.metadata(source.entry), xattrs: index.xattrs[source.entry], isKnown: true)
    }

    /// What an entry says beside its content; a missing parent is a plain directory of root's, its time unknown.
    struct Metadata: FileMetadataHolder {
        var metadata = FileMetadata(mode: 0o755)
        var xattrs: UInt64 = 0
        var isKnown = false
    }
}

extension MergedTree {
    /// For each visible inode with several names, the node of the first one, byte by byte.
    func firstNames() -> [Int32: Int32] {
        var paths: [Int32: (path: [UInt8], node: Int32)] = [:]
        for node in visibleNodes() {
            let inode = nodes[Int(node)].below.inode
            guard inode >= 0, inodes[Int(inode)].nameCount > 1 else { continue }
            let path = path(of: node)
            if let first = paths[inode]?.path, first.precedes(path) { continue }
            paths[inode] = (path, node)
        }
        return paths.mapValues(\.node)
    }
}
