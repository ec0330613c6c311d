package import LayerArchive

/// One line of a listing of the merged tree.
package struct ListedEntry: Hashable, Sendable {
    /// Raw bytes without a leading slash; empty for the root.
    package var path: [UInt8]
    /// What shows there; `nil` for a path that does not show any more and is listed for its wasted bytes.
    package var kind: EntryKind?
    /// Bytes: the file's logical size; of a directory all it holds, each inode once, under the first of its names.
    package var visibleBytes: Int64
    /// Bytes wasted that were stored at this path, or below it.
    package var wastedBytes: Int64
    /// The layer that stores a file; `nil` for directories.
    package var layer: Int?
    /// Parts below the path that the listing starts at: 0 for that path itself.
    package var depth: Int
}

/// What a listing shows, and in which order.
package struct ListingOptions: Hashable, Sendable {
    /// The order among the entries of one directory.
    package enum Order: String, Sendable, CaseIterable {
        /// By name, byte by byte.
        case name
        /// Most bytes first (wasted bytes in a listing of waste), then by name.
        case size
    }

    package var order: Order
    /// How many parts below the start are listed; `nil` for all.
    package var maximumDepth: Int?
    /// Only paths with wasted bytes at or below them.
    package var onlyWasted: Bool

    /// Options from their parts; by default everything by name.
    package init(order: Order = .name, maximumDepth: Int? = nil, onlyWasted: Bool = false) {
        self.order = order
        self.maximumDepth = maximumDepth
        self.onlyWasted = onlyWasted
    }
}

extension MergedTree {
    /// The tree at and below `start` (raw bytes, no leading slash), parents before what they hold; `nil` when nothing shows or
    /// was ever stored there.
    ///
    /// Symlinks are not followed.
    package func listing(under start: [UInt8] = [], _ options: ListingOptions = ListingOptions()) -> [ListedEntry]? {
        guard let first = existingNode(at: start) else { return nil }
        let order = nodesInNameOrder(from: first)
        var sums = Array(repeating: ListingSums(), count: nodes.count)
        var seen = Array(repeating: false, count: inodes.count)
        for node in order {
            let number = nodes[Int(node)].below.inode
            guard number >= 0, !seen[Int(number)] else { continue }
            seen[Int(number)] = true
            sums[Int(node)].visible = inodes[Int(number)].size
        }
        for inode in wasted { sums[Int(inodes[Int(inode.inode)].node)].wasted += inode.bytes }
        for node in order.reversed() where node != first {
            sums[Int(nodes[Int(node)].parent)].add(sums[Int(node)])
        }
        guard nodes[Int(first)].below != .absent || sums[Int(first)].wasted > 0 else { return nil }
        return collect(from: first, sums, options)
    }

    private func sortedChildren(of node: Int32) -> [Int32] {
        var children: [Int32] = []
        var child = nodes[Int(node)].firstChild
        while child >= 0 {
            children.append(child)
            child = nodes[Int(child)].nextSibling
        }
        return children.sorted { Array(name(of: $0)).precedes(Array(name(of: $1))) }
    }

    private func nodesInNameOrder(from first: Int32) -> [Int32] {
        var order: [Int32] = []
        var pending = [first]
        while let node = pending.popLast() {
            order.append(node)
            pending.append(contentsOf: sortedChildren(of: node).reversed())
        }
        return order
    }

    private func collect(from first: Int32, _ sums: [ListingSums], _ options: ListingOptions) -> [ListedEntry] {
        var listed: [ListedEntry] = []
        var pending: [(node: Int32, depth: Int)] = [(first, 0)]
        while let (number, depth) = pending.popLast() {
            let node = nodes[Int(number)]
            let sum = sums[Int(number)]
            guard options.onlyWasted ? sum.wasted > 0 : node.below != .absent else { continue }
            listed.append(
                ListedEntry(
                    path: path(of: number), kind: kind(of: node), visibleBytes: sum.visible, wastedBytes: sum.wasted,
                    layer: node.below.isInode ? Int(inodes[Int(node.below.inode)].layer) : nil, depth: depth))
            guard depth < options.maximumDepth ?? .max else { continue }
            var children = sortedChildren(of: number)
            if options.order == .size {
                let key = { (node: Int32) in options.onlyWasted ? sums[Int(node)].wasted : sums[Int(node)].visible }
                // The sort is stable: equals stay in the order of their names.
                children.sort { key($0) > key($1) }
            }
            pending.append(contentsOf: children.reversed().map { ($0, depth + 1) })
        }
        return listed
    }

    private func kind(of node: TreeNode) -> EntryKind? {
        if node.below == .absent { return nil }
        return node.below.isInode ? inodes[Int(node.below.inode)].kind : .directory
    }
}

private struct ListingSums {
    var visible: Int64 = 0
    var wasted: Int64 = 0

    mutating func add(_ other: ListingSums) {
        visible += other.visible
        wasted += other.wasted
    }
}
