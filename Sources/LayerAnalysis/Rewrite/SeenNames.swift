import LayerArchive

/// What of the layers above a base shows in the end, name by name: the entries that have to be written again.
///
/// A name is known by the entry that made it, so that one that goes and comes again is two.
struct SeenNames {
    /// A name at some moment.
    struct Name: Hashable {
        let node: Int32
        /// The entry that made it.
        let source: EntrySource
    }

    /// A name that a hard link made, and the other names that its inode had then.
    private struct Link {
        let node: Int32
        let inode: Int32
        /// Below its layer.
        let before: [Name]
        /// When its layer was applied.
        let after: [Name]
    }

    /// The tree that the layers make.
    private(set) var tree = MergedTree()
    /// The tree of the layers that stay.
    private(set) var base = MergedTree()
    /// For each layer the node that each of its entries is about.
    private(set) var places: [[Int32]] = []
    /// By layer, the entries with content that is seen, and under which node each is written.
    private(set) var contents: [[Int: Int32]]
    /// By layer, the hard links that are seen, or by which what is seen is named: the node, and that of the link's target.
    private(set) var links: [[Int: (node: Int32, inode: Int32, target: Int32)]]
    /// By layer, the entries of directories that are seen.
    private(set) var directories: [[Int: Int32]]

    private let baseCount: Int
    /// The entry that made the name that is at a node.
    private(set) var creators: [Int32: EntrySource] = [:]
    /// All nodes at which an inode of several names was ever.
    private var namesOf: [Int32: [Int32]] = [:]
    /// The names of an inode when the layer that stores it was applied, of layers above the base.
    private var born: [Int32: [Name]] = [:]
    private var made: [EntrySource: Link] = [:]

    /// Finds out what is seen of the layers from `baseCount` on.
    init(_ indexes: [LayerIndex], above baseCount: Int) throws(AnalysisError) {
        self.baseCount = baseCount
        contents = Array(repeating: [:], count: indexes.count)
        links = Array(repeating: [:], count: indexes.count)
        directories = Array(repeating: [:], count: indexes.count)
        for (number, index) in indexes.enumerated() {
            if number == baseCount { base = tree }
            try apply(index, number)
        }
        if baseCount == indexes.count { base = tree }
        findFiles()
        for node in tree.visibleNodes() where tree.nodes[Int(node)].below == .directory {
            let (layer, entry) = (tree.nodes[Int(node)].directoryLayer, tree.nodes[Int(node)].directoryEntry)
            if layer >= Int32(baseCount) { directories[Int(layer)][Int(entry)] = node }
        }
    }

    // Layer by layer

    private mutating func apply(_ index: LayerIndex, _ number: Int) throws(AnalysisError) {
        let isAbove = number >= baseCount
        let hasLinks = index.kinds.contains(.hardLink)
        let (before, creatorsBefore) = isAbove && hasLinks ? (tree, creators) : (MergedTree(), [:])
        var places: [Int32] = []
        try tree.apply(index, places: &places)
        self.places.append(places)
        var last: [Int32: Int] = [:]
        for (entry, node) in places.enumerated() {
            switch index.kinds[entry] {
            case .directory, .whiteout, .opaque: break
            default: last[node] = entry
            }
        }
        let stored = last.sorted { $0.value < $1.value }.filter { tree.nodes[Int($0.key)].below.isInode }
        for (node, entry) in stored {
            let inode = tree.nodes[Int(node)].below.inode
            let source = EntrySource(layer: number, entry: entry)
            creators[node] = source
            if isAbove, Int(tree.inodes[Int(inode)].layer) == number {
                born[inode, default: []].append(Name(node: node, source: source))
            }
            if tree.inodes[Int(inode)].node != node, namesOf[inode]?.contains(node) != true {
                namesOf[inode, default: [tree.inodes[Int(inode)].node]].append(node)
            }
        }
        guard isAbove, hasLinks else { return }
        for (node, entry) in stored {
            let inode = tree.nodes[Int(node)].below.inode
            let others = (namesOf[inode] ?? [tree.inodes[Int(inode)].node]).filter { $0 != node }
            func names(_ tree: MergedTree, _ creators: [Int32: EntrySource], _ nodes: [Int32]) -> [Name] {
                nodes.compactMap { other in
                    guard Int(other) < tree.nodes.count, tree.nodes[Int(other)].below.inode == inode else { return nil }
                    return creators[other].map { Name(node: other, source: $0) }
                }
            }
            // A name that goes and comes again in one layer may lead to what it was.
            made[EntrySource(layer: number, entry: entry)] = Link(
                node: node, inode: inode, before: names(before, creatorsBefore, others + [node]),
                after: names(tree, creators, others))
        }
    }

    // What is seen

    private func isSeen(_ name: Name, as inode: Int32) -> Bool {
        tree.nodes[Int(name.node)].below.inode == inode && creators[name.node] == name.source
    }

    /// The name under which an inode's content is written: one that is seen, where its layer has one.
    private func home(of inode: Int32) -> Name? {
        let names = born[inode] ?? []
        let own = names.first { $0.node == tree.inodes[Int(inode)].node }
        if let own, isSeen(own, as: inode) { return own }
        return names.first { isSeen($0, as: inode) } ?? own ?? names.first
    }

    private mutating func findFiles() {
        var kept: Set<EntrySource> = []
        var homes: [Int32: Name] = [:]
        var waiting: [EntrySource] = []
        for node in tree.visibleNodes() where tree.nodes[Int(node)].below.isInode {
            let inode = tree.nodes[Int(node)].below.inode
            let isStored = Int(tree.inodes[Int(inode)].layer) >= baseCount
            if isStored, homes[inode] == nil, let home = home(of: inode) {
                homes[inode] = home
                kept.insert(home.source)
                contents[Int(tree.inodes[Int(inode)].layer)][Int(tree.inodes[Int(inode)].entry)] = home.node
            }
            guard let source = creators[node], source.layer >= baseCount else { continue }
            kept.insert(source)
            if homes[inode]?.source != source { waiting.append(source) }
        }
        waiting.sort { ($0.layer, $0.entry) < ($1.layer, $1.entry) }
        while let source = waiting.popLast() {
            guard let link = made[source] else { continue }
            let home = homes[link.inode]
            /// Names that the layer does not make itself, but for the one with the content.
            func isThere(_ name: Name) -> Bool { name.source.layer < source.layer || name == home }
            func isKept(_ name: Name) -> Bool { name.source.layer < baseCount || kept.contains(name.source) }
            let options = (link.after + link.before).filter(isThere)
            let target = options.first { $0 == home } ?? options.first(where: isKept) ?? options.first
            guard let target else { continue }
            if !isKept(target) {
                kept.insert(target.source)
                waiting.append(target.source)
            }
            links[source.layer][source.entry] = (link.node, link.inode, target.node)
        }
    }
}
