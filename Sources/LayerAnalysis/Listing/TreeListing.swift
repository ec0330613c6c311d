import LayerArchive

extension MergedTree {
    /// The tree at and below `start` (raw bytes, no leading slash), parents before what they hold; `nil` when nothing shows or
    /// was ever stored there.
    ///
    /// Symlinks are not followed.
    package func listing(under start: [UInt8] = [], _ options: ListingOptions = ListingOptions()) -> FileListing? {
        guard let first = existingNode(at: start) else { return nil }
        let order = nodesInNameOrder(from: first)
        var sums = ownSums(order)
        for node in order.reversed() where node != first {
            sums[Int(nodes[Int(node)].parent)].add(sums[Int(node)])
        }
        guard nodes[Int(first)].below != .absent || sums[Int(first)].wasted > 0 else { return nil }
        return FileListing(self, rows(order, sums, options))
    }

    /// What each path has of its own: an inode's bytes stand at the first of its names in `order`, wasted ones where they were stored.
    func ownSums(_ order: [Int32]) -> [ListingSums] {
        var sums = Array(repeating: ListingSums(), count: nodes.count)
        var seen = Array(repeating: false, count: inodes.count)
        for node in order {
            let number = nodes[Int(node)].below.inode
            guard number >= 0, !seen[Int(number)] else { continue }
            seen[Int(number)] = true
            sums[Int(node)].visible = inodes[Int(number)].size
        }
        for inode in wasted { sums[Int(inodes[Int(inode.inode)].node)].wasted += inode.bytes }
        return sums
    }

    func children(of node: Int32) -> [Int32] {
        var children: [Int32] = []
        var child = nodes[Int(node)].firstChild
        while child >= 0 {
            children.append(child)
            child = nodes[Int(child)].nextSibling
        }
        return children
    }

    /// A node and all below it, each before what it holds, siblings by name.
    func nodesInNameOrder(from first: Int32) -> [Int32] {
        var order: [Int32] = []
        var pending = [first]
        while let node = pending.popLast() {
            order.append(node)
            pending.append(contentsOf: children(of: node).sorted { name(of: $0).compare(name(of: $1)) > 0 })
        }
        return order
    }

    /// The rows of those of the nodes that are listed; `order` has them by name, the first one first.
    private func rows(_ order: [Int32], _ sums: [ListingSums], _ options: ListingOptions) -> [FileListing.Row] {
        let limit = Int32(clamping: options.maximumDepth ?? .max)
        var depths = Array(repeating: Int32(-1), count: nodes.count)
        var rows: [FileListing.Row] = []
        for number in order {
            let node = nodes[Int(number)]
            let isFirst = number == order[0]
            let above = isFirst ? -1 : depths[Int(node.parent)]
            // Neither is what a directory holds that is not listed, nor what is too deep.
            guard isFirst || (above >= 0 && above < limit) else { continue }
            let sum = sums[Int(number)]
            guard options.onlyWasted ? sum.wasted > 0 : node.below != .absent else { continue }
            depths[Int(number)] = above + 1
            rows.append(
                FileListing.Row(
                    node: number, kind: kind(of: node), visibleBytes: sum.visible, wastedBytes: sum.wasted,
                    layer: node.below.isInode ? inodes[Int(node.below.inode)].layer : -1, depth: above + 1))
        }
        switch options.order {
        case .name: return rows
        case .size: return bySize(rows) { options.onlyWasted ? $0.wastedBytes : $0.visibleBytes }
        }
    }

    /// Rows by name, put in an order in which the largest of each directory come first, each with all it holds behind it.
    private func bySize(_ rows: [FileListing.Row], _ key: (FileListing.Row) -> Int64) -> [FileListing.Row] {
        guard !rows.isEmpty else { return [] }
        var children: [Int32: [Int]] = [:]
        for place in rows.indices.dropFirst() { children[nodes[Int(rows[place].node)].parent, default: []].append(place) }
        var sorted: [FileListing.Row] = []
        sorted.reserveCapacity(rows.count)
        var pending = [0]
        while let place = pending.popLast() {
            sorted.append(rows[place])
            guard let held = children[rows[place].node] else { continue }
            // The sort is stable: equals stay in the order of their names. The last one is taken first.
            pending.append(contentsOf: held.sorted { key(rows[$0]) > key(rows[$1]) }.reversed())
        }
        return sorted
    }

    private func kind(of node: TreeNode) -> EntryKind? {
        if node.below == .absent { return nil }
        return node.below.isInode ? inodes[Int(node.below.inode)].kind : .directory
    }
}

/// Bytes that show and bytes that are wasted.
struct ListingSums {
    var visible: Int64 = 0
    var wasted: Int64 = 0

    mutating func add(_ other: ListingSums) {
        visible += other.visible
        wasted += other.wasted
    }
}
