package import LayerArchive

/// Which entries the layers above a base need to show what they show, and no others.
///
/// Layers are written again one by one, and the tree that they make is built beside the old one. After each, every path of the new tree is
/// one of the old tree's, and a directory where that has one; what a left-out entry hid is hidden by a whiteout instead. So nothing shows
/// in the end that should not, and what is seen is written. The whole result is compared with the old tree before it is returned.
///
/// Cost: two passes over all entries, and for each layer what its entries hide.
package struct LayerRewriting {
    /// For each layer what becomes of it; with layers squashed, one for all above the base.
    package private(set) var layers: [RewrittenLayer]
    /// The tree that the written layers make, which shows what the old one does.
    package private(set) var tree: MergedTree

    private let indexes: [LayerIndex]
    private let baseCount: Int
    private let seen: SeenNames
    /// The indexes of the layers that `tree` is made of.
    private var written: [LayerIndex]
    /// Whether the tree is copied before a layer is tried on it: when it had to be as it was before once, it may have to again.
    private var copiesTree = false

    /// Plans to write the layers from `baseCount` on again, lowest first: each by itself, or all as one.
    package init(_ indexes: [LayerIndex], above baseCount: Int, isSquashed: Bool = false) throws(RewriteError) {
        self.indexes = indexes
        self.baseCount = baseCount
        do throws(AnalysisError) { seen = try SeenNames(indexes, above: baseCount) } catch { throw .analysis(error) }
        layers = Array(repeating: .kept, count: baseCount)
        tree = seen.base
        written = Array(indexes.prefix(baseCount))
        if isSquashed {
            if baseCount < indexes.count { try squash() }
        } else {
            var old = seen.base
            for layer in baseCount..<indexes.count { try rewrite(layer, &old) }
        }
        if let path = TreeEquality(tree, written, seen.tree, indexes).difference { throw .differs(path: path) }
    }

    // Layer by layer

    /// An entry with its place: that of the old entry, and what comes behind that.
    private struct Item {
        let layer: Int
        let entry: Int
        let rank: Int
        let value: RewrittenEntry

        /// At the place of an old entry, or behind that.
        init(at source: EntrySource, rank: Int = 0, _ value: RewrittenEntry) {
            (layer, entry, self.rank, self.value) = (source.layer, source.entry, rank, value)
        }

        /// Before all others, directories above others before these.
        init(first value: RewrittenEntry) { (layer, entry, rank, self.value) = (-1, -1, value.path.count, value) }

        var place: (Int, Int, Int) { (layer, entry, rank) }

        /// Whether it comes before another one: of equal places the path decides.
        func precedes(_ other: Item) -> Bool {
            place == other.place ? value.path.lexicographicallyPrecedes(other.value.path) : place < other.place
        }
    }

    private mutating func rewrite(_ layer: Int, _ old: inout MergedTree) throws(RewriteError) {
        var places: [Int32] = []
        do throws(AnalysisError) { try old.apply(indexes[layer], places: &places) } catch { throw .analysis(error) }
        var items: [Item] = []
        var nodes: Set<Int32> = []
        for (entry, node) in seen.contents[layer] {
            items.append(item(layer, entry, node, .stored(EntrySource(layer: layer, entry: entry))))
            nodes.insert(node)
        }
        for (entry, link) in seen.links[layer] {
            items.append(item(of: link, layer, entry))
            nodes.insert(link.node)
        }
        var marked: [EntryKind: Set<Int32>] = [:]
        for (entry, node) in places.enumerated() {
            let kind = indexes[layer].kinds[entry]
            guard kind == .whiteout || kind == .opaque, marked[kind, default: []].insert(node).inserted, hides(node, kind),
                nodes.contains(node) == false || kind == .opaque
            else { continue }
            items.append(item(layer, entry, node, kind == .whiteout ? .whiteout : .opaque))
            nodes.insert(node)
        }
        items = clearingTheWay(items + folders(above: nodes, layer, old))
        let now = old
        try finish(items, layer: layer, isLast: layer == indexes.count - 1) { tree in Self.mismatches(tree, now, places) }
    }

    private func item(_ layer: Int, _ entry: Int, _ node: Int32, _ content: RewrittenEntry.Content) -> Item {
        Item(at: EntrySource(layer: layer, entry: entry), RewrittenEntry(path: seen.tree.path(of: node), content: content))
    }

    /// A link comes at its own place, but behind the content that it leads to.
    private func item(of link: (node: Int32, inode: Int32, target: Int32), _ layer: Int, _ entry: Int) -> Item {
        let inode = seen.tree.inodes[Int(link.inode)]
        let like = EntrySource(layer: Int(inode.layer), entry: Int(inode.entry))
        let place = like.layer == layer ? max(entry, like.entry) : entry
        return Item(
            at: EntrySource(layer: layer, entry: place), rank: 1 + entry,
            RewrittenEntry(
                path: seen.tree.path(of: link.node), content: .link(to: seen.tree.path(of: link.target), like: like)))
    }

    /// Whether a marker hides anything of what is below it now.
    private func hides(_ node: Int32, _ kind: EntryKind) -> Bool {
        guard let place = tree.existingNode(at: seen.tree.path(of: node)) else { return false }
        guard kind == .opaque else { return tree.nodes[Int(place)].below != .absent }
        guard tree.nodes[Int(place)].below == .directory else { return false }
        var child = tree.nodes[Int(place)].firstChild
        while child >= 0 {
            if tree.nodes[Int(child)].below != .absent { return true }
            child = tree.nodes[Int(child)].nextSibling
        }
        return false
    }

    /// The directories that a layer names: those that are seen, and those above what it holds, as they were then.
    private func folders(above nodes: Set<Int32>, _ layer: Int, _ old: MergedTree) -> [Item] {
        let own = seen.directories[layer]
        var items = own.map { entry, node in item(layer, entry, node, .stored(EntrySource(layer: layer, entry: entry))) }
        var wanted: Set<Int32> = []
        for node in nodes.union(own.values) {
            var above = old.nodes[Int(node)].parent
            while above >= 0, wanted.insert(above).inserted { above = old.nodes[Int(above)].parent }
        }
        wanted.subtract(own.values)
        for node in wanted where old.nodes[Int(node)].below == .directory {
            let (named, entry) = (Int(old.nodes[Int(node)].directoryLayer), Int(old.nodes[Int(node)].directoryEntry))
            guard named >= baseCount else { continue }
            let content = RewrittenEntry.Content.stored(EntrySource(layer: named, entry: entry))
            if named == layer {
                items.append(item(layer, entry, node, content))
            } else if case let path = old.path(of: node), !isDirectory(path) {
                // What named it is not written any more.
                items.append(Item(first: RewrittenEntry(path: path, content: content)))
            }
        }
        return items
    }

    /// Directories that show, that nothing names, and that nothing is in any more by which they would come to be.
    private func missingFolders() -> [Item] {
        seen.tree.visibleNodes().compactMap { node in
            guard node != MergedTree.root, seen.tree.nodes[Int(node)].below == .directory else { return nil }
            let path = seen.tree.path(of: node)
            return isDirectory(path) ? nil : Item(first: RewrittenEntry(path: path, content: .folder))
        }
    }

    /// Whether the new tree has a directory at a path.
    private func isDirectory(_ path: [UInt8]) -> Bool {
        tree.existingNode(at: path).map { tree.nodes[Int($0)].below == .directory } == true
    }

    private func index(of entries: [RewrittenEntry]) -> LayerIndex { LayerIndex(entries.map { $0.entry(indexes) }) }

    /// Applies the entries, and hides what would show besides; behind the last ones every directory is there.
    private mutating func finish(
        _ items: [Item], layer: Int?, isLast: Bool, _ mismatches: (MergedTree) -> [[UInt8]]
    ) throws(RewriteError) {
        let below = copiesTree ? tree : nil
        var own = items.sorted { $0.precedes($1) }.map(\.value)
        // A layer that stays has its entries in its own order, which matters to nobody but those who look them up.
        var tried = layer.map { isWhole(own, of: $0) ? indexes[$0] : index(of: own) } ?? index(of: own)
        if tried.count > 0 { try apply(tried) }
        let missing = isLast ? missingFolders() : []
        if !missing.isEmpty {
            own = (items + missing).sorted { $0.precedes($1) }.map(\.value)
            try restore(below)
            tried = index(of: own)
            try apply(tried)
        }
        let hidden = mismatches(tree).sorted { $0.lexicographicallyPrecedes($1) }
        let entries = hidden.map { RewrittenEntry(path: $0, content: .whiteout) } + own
        guard !entries.isEmpty else { return layers.append(.dropped) }
        let whole = layer.flatMap { isWhole(entries, of: $0) ? indexes[$0] : nil }
        let final = whole ?? index(of: entries)
        if final != tried {
            if tried.count > 0 { try restore(below) }
            try apply(final)
        }
        layers.append(whole == nil ? .written(entries) : .kept)
        written.append(final)
    }

    /// Makes the tree what it was before a layer was tried on it.
    private mutating func restore(_ below: MergedTree?) throws(RewriteError) {
        if let below {
            tree = below
            return
        }
        copiesTree = true
        tree = MergedTree()
        for index in written { try apply(index) }
    }

    private mutating func apply(_ index: LayerIndex) throws(RewriteError) {
        do throws(AnalysisError) { try tree.apply(index) } catch { throw .analysis(error) }
    }

    /// Names directories where the tree below has something else, before what is in them: a symlink there would lead it elsewhere.
    private func clearingTheWay(_ items: [Item]) -> [Item] {
        var isBlocked: [[UInt8]: Bool] = [:]
        var first: [[UInt8]: (Int, Int, Int)] = [:]
        for item in items {
            var path = item.value.path[...]
            while let slash = path.lastIndex(of: UInt8(ascii: "/")) {
                path = path[..<slash]
                let folder = Array(path)
                let blocked =
                    isBlocked[folder] ?? (tree.existingNode(at: folder).map { tree.nodes[Int($0)].below.isInode } == true)
                isBlocked[folder] = blocked
                guard blocked else { continue }
                if let known = first[folder], known <= item.place { continue }
                first[folder] = item.place
            }
        }
        guard !first.isEmpty else { return items }
        var items = items
        for (folder, place) in first {
            if let named = items.firstIndex(where: { $0.value.path == folder && isDirectory($0.value) }) {
                if items[named].place > place { items[named] = Item(first: items[named].value) }
            } else {
                items.append(Item(first: RewrittenEntry(path: folder, content: .folder)))
            }
        }
        return items
    }

    private func isDirectory(_ entry: RewrittenEntry) -> Bool {
        switch entry.content {
        case .folder: true
        case .stored(let source): indexes[source.layer].kinds[source.entry] == .directory
        case .link, .whiteout, .opaque: false
        }
    }

    /// Whether the entries are those that the layer has, as it has them; where its markers stand does not matter.
    private func isWhole(_ entries: [RewrittenEntry], of layer: Int) -> Bool {
        let index = indexes[layer]
        guard entries.count == index.count else { return false }
        func isMarker(_ kind: EntryKind) -> Bool { kind == .whiteout || kind == .opaque }
        struct Marker: Hashable {
            let path: [UInt8]
            let isOpaque: Bool
        }
        var markers: Set<Marker> = []
        for entry in 0..<index.count where isMarker(index.kinds[entry]) {
            let path = Array(index.pathBytes[index.pathRange(entry)])
            if !markers.insert(Marker(path: path, isOpaque: index.kinds[entry] == .opaque)).inserted { return false }
        }
        var others = (0..<index.count).filter { !isMarker(index.kinds[$0]) }[...]
        for entry in entries {
            if entry.content == .whiteout || entry.content == .opaque {
                guard markers.remove(Marker(path: entry.path, isOpaque: entry.content == .opaque)) != nil else { return false }
                continue
            }
            guard let next = others.popFirst(), index.pathBytes[index.pathRange(next)].elementsEqual(entry.path) else {
                return false
            }
            switch entry.content {
            case .stored(let source): guard source == EntrySource(layer: layer, entry: next) else { return false }
            case .link(let target, _):
                guard index.kinds[next] == .hardLink, index.linkBytes[index.linkRange(next)].elementsEqual(target) else {
                    return false
                }
            case .folder, .whiteout, .opaque: return false
            }
        }
        return true
    }

    // What shows besides

    /// The topmost paths of the new tree that the old one has not, or not as the same of directory and file, where the layer's entries are.
    private static func mismatches(_ new: MergedTree, _ old: MergedTree, _ places: [Int32]) -> [[UInt8]] {
        var found: Set<[UInt8]> = []
        for node in Set(places) {
            var chain: [Int32] = []
            var above = node
            while above > MergedTree.root {
                chain.append(above)
                above = old.nodes[Int(above)].parent
            }
            var here: Int32? = MergedTree.root
            for place in chain.reversed() {
                guard let parent = here, let next = child(old.name(of: place), of: parent, in: new),
                    new.nodes[Int(next)].below != .absent
                else {
                    here = nil
                    break
                }
                guard isAlike(new.nodes[Int(next)].below, old.nodes[Int(place)].below) else {
                    found.insert(old.path(of: place))
                    here = nil
                    break
                }
                here = new.nodes[Int(next)].below == .directory ? next : nil
            }
            guard let here else { continue }
            let marks = old.nodes[Int(node)]
            guard [marks.whiteoutStamp, marks.opaqueStamp, marks.cutStamp].contains(old.stamp) else { continue }
            compare(new, here, old, node, &found)
        }
        return Array(found)
    }

    private static func isAlike(_ left: NodeState, _ right: NodeState) -> Bool {
        right != .absent && (left == .directory) == (right == .directory)
    }

    private static func child(_ name: ArraySlice<UInt8>, of node: Int32, in tree: MergedTree) -> Int32? {
        name.withUnsafeBufferPointer { tree.names.existingChild($0, of: node, in: tree.nodes) }
    }

    /// Compares all below two directories of one path.
    private static func compare(
        _ new: MergedTree, _ here: Int32, _ old: MergedTree, _ there: Int32, _ found: inout Set<[UInt8]>,
        _ isOther: (Int32, Int32) -> Bool = { _, _ in false }
    ) {
        var pending = [(here, there)]
        while let (here, there) = pending.popLast() {
            var next = new.nodes[Int(here)].firstChild
            while next >= 0 {
                defer { next = new.nodes[Int(next)].nextSibling }
                let state = new.nodes[Int(next)].below
                guard state != .absent else { continue }
                let twin = child(new.name(of: next), of: there, in: old)
                guard let twin, isAlike(state, old.nodes[Int(twin)].below), !isOther(next, twin) else {
                    found.insert(new.path(of: next))
                    continue
                }
                if state == .directory { pending.append((next, twin)) }
            }
        }
    }

    // All at once

    private mutating func squash() throws(RewriteError) {
        let old = seen.tree
        var names: [Int32: [Int32]] = [:]
        var items: [Item] = []
        for node in old.visibleNodes() {
            let state = old.nodes[Int(node)]
            if state.below.isInode { names[state.below.inode, default: []].append(node) }
            guard state.below == .directory, Int(state.directoryLayer) >= baseCount else { continue }
            let source = EntrySource(layer: Int(state.directoryLayer), entry: Int(state.directoryEntry))
            items.append(item(source.layer, source.entry, node, .stored(source)))
        }
        for (number, nodes) in names {
            let inode = old.inodes[Int(number)]
            let source = EntrySource(layer: Int(inode.layer), entry: Int(inode.entry))
            let ofBase = source.layer < baseCount ? nodes.filter { isBase($0, number) } : []
            var names = Set(nodes).subtracting(ofBase).map { (node: $0, path: old.path(of: $0)) }
            names.sort { $0.path.lexicographicallyPrecedes($1.path) }
            guard !names.isEmpty else { continue }
            let kept = ofBase.map { old.path(of: $0) }.min { $0.lexicographicallyPrecedes($1) }
            let home = kept ?? names.remove(at: names.firstIndex { $0.node == inode.node } ?? 0).path
            // A file of the base none of whose names is left there is copied: nothing could link to it.
            if kept == nil { items.append(Item(at: source, RewrittenEntry(path: home, content: .stored(source)))) }
            for (rank, name) in names.enumerated() {
                // One to a file of the base has no content here to come behind.
                let place = kept == nil ? source : seen.creators[name.node] ?? source
                let link = RewrittenEntry(path: name.path, content: .link(to: home, like: source))
                items.append(Item(at: place, rank: 1 + rank, link))
            }
        }
        let baseCount = baseCount
        try finish(clearingTheWay(items), layer: baseCount == indexes.count - 1 ? baseCount : nil, isLast: true) { new in
            var found: Set<[UInt8]> = []
            Self.compare(new, MergedTree.root, old, MergedTree.root, &found) { next, twin in
                // A directory that was made anew, and is not what the base describes.
                let isOfBase = (0..<Int32(baseCount)).contains(new.nodes[Int(next)].directoryLayer)
                return isOfBase && new.nodes[Int(next)].below == .directory && old.nodes[Int(twin)].directoryLayer < 0
            }
            return Array(found)
        }
    }

    /// Whether the base shows the inode at that node, and it was never another one's name since.
    private func isBase(_ node: Int32, _ inode: Int32) -> Bool {
        Int(node) < seen.base.nodes.count && seen.base.nodes[Int(node)].below.inode == inode
    }
}
