package import LayerArchive

/// What one layer stores, entry by entry, as a listing.
package struct LayerListing: Sendable {
    private let layer: LayerIndex

    /// A listing of `layer`.
    package init(_ layer: LayerIndex) {
        self.layer = layer
    }

    /// The entries at and below `start`, directories with the bytes of what the layer stores in them.
    ///
    /// `nil` when there is none; markers are listed at the path they act on. A path stored twice is listed once, with the
    /// bytes of all its entries: that is what the layer weighs. A directory that no entry stores is listed if it holds bytes.
    package func entries(under start: [UInt8], _ options: ListingOptions) -> FileListing? {
        var names = LayerNames(layer)
        guard let first = names.tree.existingNode(at: start) else { return nil }
        names.addUp()
        let rows = names.rows(from: first, deepest: options.maximumDepth ?? .max)
        guard !rows.isEmpty else { return nil }
        switch options.order {
        case .name: return FileListing(names.tree, rows)
        // The sort is stable: equals stay in the order of their paths.
        case .size: return FileListing(names.tree, rows.sorted { $0.visibleBytes > $1.visibleBytes })
        }
    }
}

/// The paths of a layer as a tree of names, as the layer writes them: no link is followed, no marker acts.
struct LayerNames {
    private(set) var tree = MergedTree()
    /// The node of each entry.
    private(set) var entries: [Int32] = []
    /// The last entry at each node; nil where none is.
    private var kinds: [EntryKind?] = [nil]
    /// Bytes of the entries at each node, after `addUp` also of what is below it.
    private var bytes: [Int64] = [0]

    init(_ layer: LayerIndex) {
        entries.reserveCapacity(layer.count)
        layer.pathBytes.withUnsafeBufferPointer { paths in
            for entry in 0..<layer.count {
                var node = MergedTree.root
                for part in paths[layer.pathRange(entry)].split(separator: UInt8(ascii: "/")) {
                    node = tree.names.child(UnsafeBufferPointer(rebasing: part), of: node, in: &tree.nodes)
                }
                while kinds.count < tree.nodes.count {
                    kinds.append(nil)
                    bytes.append(0)
                }
                kinds[Int(node)] = layer.kinds[entry]
                bytes[Int(node)] += layer.sizes[entry]
                entries.append(node)
            }
        }
    }

    /// Gives directories the bytes of what they hold; a node always comes after the one that holds it.
    mutating func addUp() {
        for node in tree.nodes.indices.dropFirst().reversed() { bytes[Int(tree.nodes[node].parent)] += bytes[node] }
    }

    /// The rows at and below a node, by path.
    func rows(from first: Int32, deepest limit: Int) -> [FileListing.Row] {
        var rows: [FileListing.Row] = []
        tree.walk(from: first, below: { tree.children(of: $0) }) { node, depth in
            let kind = kinds[Int(node)] ?? (bytes[Int(node)] > 0 ? .directory : nil)
            if let kind, depth <= limit {
                rows.append(
                    FileListing.Row(
                        node: node, kind: kind, visibleBytes: bytes[Int(node)], wastedBytes: 0, layer: -1, depth: Int32(depth)))
            }
        }
        return rows
    }
}

extension MergedTree {
    /// Visits a node and what is below it in the order of whole paths; `below` gives what a node holds.
    func walk(from first: Int32, below: (Int32) -> [Int32], _ visit: (_ node: Int32, _ depth: Int) -> Void) {
        visit(first, 0)
        var pending: [(node: Int32, depth: Int, isBelow: Bool)] = [(first, 0, true)]
        while let (node, depth, isBelow) = pending.popLast() {
            guard isBelow else {
                visit(node, depth)
                continue
            }
            let children = below(node)
            let steps =
                children.map { (PathStep(name: name(of: $0), isBelow: false), $0) }
                + children.map { (PathStep(name: name(of: $0), isBelow: true), $0) }
            for (step, child) in steps.sorted(by: { $1.0.precedes($0.0) }) { pending.append((child, depth + 1, step.isBelow)) }
        }
    }
}
