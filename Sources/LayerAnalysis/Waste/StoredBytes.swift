/// Bytes that one layer stores at one path: those that show, or those that are wasted.
package struct StoredBytes: Hashable, Sendable {
    /// Raw bytes without a leading slash: the first of the names of what shows, else where it was stored.
    package var path: [UInt8]
    /// The inode's logical size.
    package var bytes: Int64
    /// The layer that stores them.
    package var layer: Int
    /// Whether no path of the image shows them any more.
    package var isWasted: Bool
}

/// Every byte of content that an image's layers store, by path: what shows before what is wasted there.
///
/// A path is spelt when its element is asked for; in memory are the tree and 24 bytes an element.
package struct StoredContents: Sequence, Sendable {
    /// Bytes before their path is spelt.
    struct Row: Sendable {
        var bytes: Int64
        var node: Int32
        var layer: Int32
        var isWasted: Bool
    }

    private let tree: MergedTree
    private let rows: [Row]

    /// The content of an image without layers.
    package init() { self.init(MergedTree(), []) }

    /// The content of `rows`, which are in the order of their paths.
    init(_ tree: MergedTree, _ rows: [Row]) {
        self.tree = tree
        self.rows = rows
    }

    /// The numbers of bytes, in the same order.
    package var bytes: some Collection<Int64> { rows.lazy.map(\.bytes) }

    /// The elements in order.
    package func makeIterator() -> some IteratorProtocol<StoredBytes> {
        var speller = PathSpeller(tree)
        return rows.lazy.map { row in
            StoredBytes(path: speller.path(of: row.node), bytes: row.bytes, layer: Int(row.layer), isWasted: row.isWasted)
        }.makeIterator()
    }
}

extension MergedTree {
    /// Every byte of content that the layers store, by path; the sums are those of the analysis.
    package func storedBytes() -> StoredContents {
        var rows: [StoredContents.Row] = []
        let firstNames = firstNames()
        for node in visibleNodes() {
            let number = nodes[Int(node)].below.inode
            guard number >= 0, inodes[Int(number)].size > 0, firstNames[number] ?? node == node else { continue }
            let inode = inodes[Int(number)]
            rows.append(StoredContents.Row(bytes: inode.size, node: node, layer: inode.layer, isWasted: false))
        }
        for inode in wasted where inode.bytes > 0 {
            let node = inodes[Int(inode.inode)].node
            rows.append(StoredContents.Row(bytes: inode.bytes, node: node, layer: Int32(inode.storedBy), isWasted: true))
        }
        let ranks = pathRanks()
        rows.sort { ranks[Int($0.node)] < ranks[Int($1.node)] }
        return StoredContents(self, rows)
    }

    /// The place of each node among all of them by path.
    private func pathRanks() -> [Int32] {
        var ranks = Array(repeating: Int32(0), count: nodes.count)
        var next: Int32 = 0
        walk(from: Self.root, below: children) { node, _ in
            ranks[Int(node)] = next
            next += 1
        }
        return ranks
    }
}
