package import LayerArchive

extension MergedTree {
    /// All that shows, and every path with wasted bytes: the figures are those of `listing`.
    package func browsed() -> BrowsedTree {
        let order = nodesInNameOrder(from: Self.root)
        let sums = ownSums(order)
        var own = Array(repeating: BrowsedTree.Own(), count: nodes.count)
        for node in order {
            let number = Int(node)
            let below = nodes[number].below
            own[number].first = sums[number].visible
            own[number].second = sums[number].wasted
            own[number].isShown = below != .absent || sums[number].wasted > 0
            guard below.isInode else {
                if below == .directory { own[number].kind = .directory }
                continue
            }
            let inode = inodes[Int(below.inode)]
            own[number].kind = inode.kind
            own[number].layer = inode.layer
            own[number].entry = inode.entry
            own[number].mark = .added
        }
        for inode in wasted {
            let stored = inodes[Int(inode.inode)]
            let number = Int(stored.node)
            if inode.bytes > 0 { own[number].details |= 1 << inode.cause.rawValue }
            own[number].mark = nodes[number].below == .absent ? .removed : .changed
            guard nodes[number].below == .absent, stored.layer >= own[number].layer else { continue }
            own[number].layer = stored.layer
            own[number].entry = stored.entry
        }
        return BrowsedTree(.image, self, own, order: order)
    }

    /// What one of the layers of this tree stores, and what of that is wasted; `below` is the tree of the layers under it.
    ///
    /// The figures are those of `LayerListing`.
    package func browsed(layer number: Int, _ index: LayerIndex, over below: MergedTree) -> BrowsedTree {
        let names = LayerNames(index)
        let fates = fates
        var resolver = TreeResolver(below)
        var own = Array(repeating: BrowsedTree.Own(), count: names.tree.nodes.count)
        for (entry, node) in names.entries.enumerated() {
            let place = Int(node)
            own[place].first += index.sizes[entry]
            own[place].kind = index.kinds[entry]
            own[place].layer = Int32(number)
            own[place].entry = Int32(entry)
            own[place].isShown = true
            let path = index.pathBytes[index.pathRange(entry)]
            switch index.kinds[entry] {
            case .whiteout, .opaque: own[place].mark = .removed
            default: own[place].mark = resolver.node(at: path, followsLast: false) == nil ? .added : .changed
            }
            guard let fate = fates.fate(layer: number, entry: entry), let cause = fate.cause else { continue }
            own[place].second += index.sizes[entry]
            if index.sizes[entry] > 0 { own[place].details |= 1 << cause.rawValue }
        }
        return BrowsedTree(.layer(number), names.tree, own)
    }
}

extension PathChanges {
    /// The changes as a tree; the figures are theirs.
    package func browsed() -> BrowsedTree {
        var names = MergedTree()
        var own: [BrowsedTree.Own] = [BrowsedTree.Own()]
        for change in self {
            var node = MergedTree.root
            for part in change.path.split(separator: UInt8(ascii: "/")) {
                node = part.withUnsafeBufferPointer { names.names.child($0, of: node, in: &names.nodes) }
            }
            while own.count < names.nodes.count { own.append(BrowsedTree.Own()) }
            own[Int(node)] = BrowsedTree.Own(
                first: change.bytesAfter, second: change.bytesBefore, kind: change.kindAfter ?? change.kindBefore,
                layer: Int32(change.layerAfter ?? change.layerBefore ?? -1), mark: BrowsedTree.Mark(change.change),
                details: change.fields.rawValue, isShown: true)
        }
        return BrowsedTree(.changes, names, own)
    }
}

extension BrowsedTree.Mark {
    fileprivate init(_ change: PathChange.Change) {
        switch change {
        case .added: self = .added
        case .removed: self = .removed
        case .modified, .metadata: self = .changed
        }
    }
}
