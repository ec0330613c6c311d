import LayerArchive

/// Finds every path that differs between two trees, walking both at once.
///
/// Cost: one table look-up for each visible path of both, whatever the trees' order; paths are spelt out only for what
/// differs.
struct TreeComparison {
    private let a: TreeView
    private let b: TreeView
    private let ignoringTimes: Bool
    private var found: [PathChange] = []

    init(a: TreeView, b: TreeView, ignoringTimes: Bool) {
        self.a = a
        self.b = b
        self.ignoringTimes = ignoringTimes
    }

    /// All changes, by path.
    func changes() -> [PathChange] {
        var copy = self
        copy.walk()
        return copy.found.sorted { $0.path.precedes($1.path) }
    }

    private mutating func walk() {
        let (showsA, showsB) = (a.tree.shows(MergedTree.root), b.tree.shows(MergedTree.root))
        guard showsA, showsB else {
            if showsA { subtree(MergedTree.root, of: a, .removed) }
            if showsB { subtree(MergedTree.root, of: b, .added) }
            return
        }
        var pending: [(a: Int32, b: Int32)] = [(MergedTree.root, MergedTree.root)]
        while let pair = pending.popLast() {
            compare(pair.a, pair.b)
            let isDirectory = (a.tree.isDirectory(pair.a), b.tree.isDirectory(pair.b))
            if isDirectory.0 {
                for child in a.tree.visibleChildren(of: pair.a) {
                    if isDirectory.1, let other = b.tree.visibleChild(a.tree.name(of: child), of: pair.b) {
                        pending.append((child, other))
                    } else {
                        subtree(child, of: a, .removed)
                    }
                }
            }
            guard isDirectory.1 else { continue }
            for child in b.tree.visibleChildren(of: pair.b)
            where !isDirectory.0 || a.tree.visibleChild(b.tree.name(of: child), of: pair.a) == nil {
                subtree(child, of: b, .added)
            }
        }
    }

    /// Everything at and below a node that only one tree shows.
    private mutating func subtree(_ first: Int32, of view: TreeView, _ change: PathChange.Change) {
        var pending = [first]
        while let node = pending.popLast() {
            let thing = view.thing(at: node)
            let bytes = view.bytes(thing, at: node)
            let isAdded = change == .added
            found.append(
                PathChange(
                    path: view.tree.path(of: node), change: change, fields: [], kindBefore: isAdded ? nil : thing.kind,
                    kindAfter: isAdded ? thing.kind : nil, bytesBefore: isAdded ? 0 : bytes, bytesAfter: isAdded ? bytes : 0,
                    layerBefore: isAdded ? nil : thing.layer, layerAfter: isAdded ? thing.layer : nil))
            if thing.kind == .directory { pending += view.tree.visibleChildren(of: node) }
        }
    }

    /// A path that both trees show.
    private mutating func compare(_ left: Int32, _ right: Int32) {
        let (old, new) = (a.thing(at: left), b.thing(at: right))
        var fields = differences(old, new)
        if haveOtherLinks(old, left, new, right) { fields.insert(.links) }
        guard !fields.isEmpty else { return }
        found.append(
            PathChange(
                path: a.tree.path(of: left), change: fields.isDisjoint(with: .substance) ? .metadata : .modified,
                fields: fields, kindBefore: old.kind, kindAfter: new.kind, bytesBefore: a.bytes(old, at: left),
                bytesAfter: b.bytes(new, at: right), layerBefore: old.layer, layerAfter: new.layer))
    }

    private func differences(_ old: TreeView.Thing, _ new: TreeView.Thing) -> PathChange.Fields {
        var fields: PathChange.Fields = []
        if old.kind != new.kind { fields.insert(.type) }
        if old.size != new.size || old.content != new.content { fields.insert(.content) }
        if old.target != new.target { fields.insert(.target) }
        let (before, after) = (a.metadata(old.source), b.metadata(new.source))
        if before.device != after.device { fields.insert(.device) }
        if before.mode != after.mode { fields.insert(.mode) }
        if before.uid != after.uid || before.gid != after.gid { fields.insert(.owner) }
        if before.xattrs != after.xattrs { fields.insert(.xattrs) }
        let isTimeOther = before.seconds != after.seconds || before.nanoseconds != after.nanoseconds
        if !ignoringTimes, isTimeOther, before.isKnown, after.isKnown { fields.insert(.time) }
        return fields
    }

    /// Whether the first of its names is another one; for most, the path is the only name in both.
    private func haveOtherLinks(_ old: TreeView.Thing, _ left: Int32, _ new: TreeView.Thing, _ right: Int32) -> Bool {
        if old.firstName == left, new.firstName == right { return false }
        return a.tree.path(of: old.firstName) != b.tree.path(of: new.firstName)
    }
}

extension MergedTree {
    fileprivate func shows(_ node: Int32) -> Bool { nodes[Int(node)].below != .absent }

    fileprivate func isDirectory(_ node: Int32) -> Bool { nodes[Int(node)].below == .directory }

    func visibleChildren(of node: Int32) -> [Int32] {
        var children: [Int32] = []
        var child = nodes[Int(node)].firstChild
        while child >= 0 {
            if shows(child) { children.append(child) }
            child = nodes[Int(child)].nextSibling
        }
        return children
    }

    fileprivate func visibleChild(_ name: ArraySlice<UInt8>, of node: Int32) -> Int32? {
        guard let child = name.withUnsafeBufferPointer({ names.existingChild($0, of: node, in: nodes) }), shows(child) else {
            return nil
        }
        return child
    }
}
