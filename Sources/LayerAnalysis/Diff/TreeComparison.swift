import LayerArchive

/// Finds every path that differs between two trees, walking both at once.
///
/// Cost: one table look-up for each visible path of both, and the sorting of each directory's names; no path is spelt.
struct TreeComparison {
    private let a: TreeView
    private let b: TreeView
    private let ignoringTimes: Bool
    private var found: [PathChanges.Row] = []

    init(a: TreeView, b: TreeView, ignoringTimes: Bool) {
        self.a = a
        self.b = b
        self.ignoringTimes = ignoringTimes
    }

    /// All changes, by path.
    func changes() -> PathChanges {
        var copy = self
        // Room for all that can differ: what is not used is never touched, and growing would take as much again.
        copy.found.reserveCapacity(a.tree.nodes.count + b.tree.nodes.count)
        copy.walk()
        return PathChanges(from: a.things, to: b.things, copy.found)
    }

    /// What of the two trees stands at one path; at least one of them has something there.
    private struct Pair {
        var a: Int32?
        var b: Int32?
        /// Whether the path itself has been looked at, and what it holds comes next.
        var isBelow = false
    }

    /// Goes through both trees in the order of whole paths.
    private mutating func walk() {
        let root = Pair(a: a.tree.shown(MergedTree.root), b: b.tree.shown(MergedTree.root))
        compare(root)
        var pending = [Pair(a: root.a, b: root.b, isBelow: true)]
        while let pair = pending.popLast() {
            guard pair.isBelow else {
                compare(pair)
                continue
            }
            pending.append(contentsOf: steps(below: pair))
        }
    }

    /// The paths right below a pair and what is below them, the last one first.
    private func steps(below pair: Pair) -> [Pair] {
        let (left, right) = (a.tree.held(by: pair.a), b.tree.held(by: pair.b))
        var found: [(step: PathStep, pair: Pair)] = []
        func add(_ name: ArraySlice<UInt8>, _ child: Pair) {
            found.append((PathStep(name: name, isBelow: false), child))
            guard a.tree.isDirectory(child.a) || b.tree.isDirectory(child.b) else { return }
            found.append((PathStep(name: name, isBelow: true), Pair(a: child.a, b: child.b, isBelow: true)))
        }
        for child in left {
            let name = a.tree.name(of: child)
            add(name, Pair(a: child, b: right.isEmpty ? nil : b.tree.visibleChild(name, of: pair.b)))
        }
        for child in right {
            let name = b.tree.name(of: child)
            if left.isEmpty || a.tree.visibleChild(name, of: pair.a) == nil { add(name, Pair(b: child)) }
        }
        return found.sorted { $1.step.precedes($0.step) }.map(\.pair)
    }

    private mutating func compare(_ pair: Pair) {
        switch (pair.a, pair.b) {
        case (let left?, let right?): compare(left, right)
        case (let left?, nil): found.append(PathChanges.Row(before: left, after: -1, fields: []))
        case (nil, let right?): found.append(PathChanges.Row(before: -1, after: right, fields: []))
        case (nil, nil): break
        }
    }

    /// A path that both trees show.
    private mutating func compare(_ left: Int32, _ right: Int32) {
        let (old, new) = (a.thing(at: left), b.thing(at: right))
        var fields = differences(old, new)
        if haveOtherLinks(old, left, new, right) { fields.insert(.links) }
        if !fields.isEmpty { found.append(PathChanges.Row(before: left, after: right, fields: fields)) }
    }

    private func differences(_ old: TreeThings.Thing, _ new: TreeThings.Thing) -> PathChange.Fields {
        var fields: PathChange.Fields = []
        if old.kind != new.kind { fields.insert(.type) }
        if old.size != new.size || old.content != new.content { fields.insert(.content) }
        if old.target != new.target { fields.insert(.target) }
        let (before, after) = (a.metadata(old.source), b.metadata(new.source))
        if before.device != after.device { fields.insert(.device) }
        if before.mode != after.mode { fields.insert(.mode) }
        if before.uid != after.uid || before.gid != after.gid { fields.insert(.owner) }
        if before.xattrs != after.xattrs { fields.insert(.xattrs) }
        let isTimeOther = before.mtimeSeconds != after.mtimeSeconds || before.mtimeNanoseconds != after.mtimeNanoseconds
        if !ignoringTimes, isTimeOther, before.isKnown, after.isKnown { fields.insert(.time) }
        return fields
    }

    /// Whether the first of its names is another one; for most, the path is the only name in both.
    private func haveOtherLinks(_ old: TreeThings.Thing, _ left: Int32, _ new: TreeThings.Thing, _ right: Int32) -> Bool {
        if old.firstName == left, new.firstName == right { return false }
        return a.tree.path(of: old.firstName) != b.tree.path(of: new.firstName)
    }
}

extension MergedTree {
    /// The node, if something shows there.
    fileprivate func shown(_ node: Int32) -> Int32? { nodes[Int(node)].below == .absent ? nil : node }

    fileprivate func isDirectory(_ node: Int32?) -> Bool { node.map { nodes[Int($0)].below == .directory } ?? false }

    /// What shows in a directory; nothing for what is none.
    fileprivate func held(by node: Int32?) -> [Int32] {
        guard let node, isDirectory(node) else { return [] }
        return visibleChildren(of: node)
    }

    func visibleChildren(of node: Int32) -> [Int32] { children(of: node).filter { nodes[Int($0)].below != .absent } }

    fileprivate func visibleChild(_ name: ArraySlice<UInt8>, of node: Int32?) -> Int32? {
        guard let node else { return nil }
        return name.withUnsafeBufferPointer { names.existingChild($0, of: node, in: nodes) }.flatMap { shown($0) }
    }
}
