import LayerArchive

/// Whether two trees show the same: paths, kinds, contents, all metadata, and which names are one file's.
struct TreeEquality {
    /// The first path that differs, in no particular order; nil where nothing does.
    let difference: [UInt8]?

    /// Compares trees, each with the indexes of the layers that it is made of.
    init(_ left: MergedTree, _ leftIndexes: [LayerIndex], _ right: MergedTree, _ rightIndexes: [LayerIndex]) {
        difference = Self.find(Side(left, leftIndexes), Side(right, rightIndexes))
    }

    private struct Side {
        let tree: MergedTree
        let indexes: [LayerIndex]
        let nodes: [[UInt8]: Int32]

        init(_ tree: MergedTree, _ indexes: [LayerIndex]) {
            self.tree = tree
            self.indexes = indexes
            nodes = Dictionary(tree.visibleNodes().map { (tree.path(of: $0), $0) }) { first, _ in first }
        }

        /// All that an entry says of what it makes, which is not a hard link; of a directory that no entry describes: root's, 0755.
        func entry(_ node: Int32) -> LayerEntry {
            let state = tree.nodes[Int(node)]
            var entry: LayerEntry
            if state.below.isInode {
                let inode = tree.inodes[Int(state.below.inode)]
                entry = indexes[Int(inode.layer)][Int(inode.entry)]
            } else if state.directoryLayer >= 0 {
                entry = indexes[Int(state.directoryLayer)][Int(state.directoryEntry)]
            } else {
                entry = LayerEntry(path: [], kind: .directory, mode: 0o755)
            }
            entry.path = []
            return entry
        }
    }

    private static func find(_ left: Side, _ right: Side) -> [UInt8]? {
        // The root is there as soon as anything is, whoever names it.
        for path in left.nodes.keys where right.nodes[path] == nil && !path.isEmpty { return path }
        var twins: [Int32: Int32] = [:]
        var others: Set<Int32> = []
        for (path, node) in right.nodes {
            guard let twin = left.nodes[path] else {
                if path.isEmpty, right.tree.nodes[Int(node)].directoryLayer < 0 { continue }
                return path
            }
            guard left.entry(twin) == right.entry(node) else { return path }
            let (one, other) = (left.tree.nodes[Int(twin)].below, right.tree.nodes[Int(node)].below)
            guard one.isInode else { continue }
            if let known = twins[one.inode] {
                if known != other.inode { return path }
            } else {
                twins[one.inode] = other.inode
                if !others.insert(other.inode).inserted { return path }
            }
        }
        return nil
    }
}
