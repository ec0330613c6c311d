import LayerArchive

/// Spells the paths of a tree's nodes one after another.
///
/// A path in a chain of 20,000 directories is 40 kB long, and a walk asks for all of them: what two paths share is spelt once, and
/// only one path is in memory. Quick when the nodes come as a walk of the tree has them; right in any order.
struct PathSpeller {
    private let tree: MergedTree
    /// The nodes from below the root to the last one spelt, and where the name of each ends in `path`.
    private var nodes: [(node: Int32, end: Int)] = []
    /// Where a node of the last path stands in it.
    private var places: [Int32: Int] = [:]
    private var path: [UInt8] = []

    init(_ tree: MergedTree) { self.tree = tree }

    /// The path of `node`, without a leading slash; empty for the root.
    mutating func path(of node: Int32) -> [UInt8] {
        var missing: [Int32] = []
        var known = node
        while known > MergedTree.root, places[known] == nil {
            missing.append(known)
            known = tree.nodes[Int(known)].parent
        }
        let kept = places[known].map { $0 + 1 } ?? 0
        for other in nodes[kept...] { places[other.node] = nil }
        nodes.removeSubrange(kept...)
        path.removeSubrange((nodes.last?.end ?? 0)...)
        for part in missing.reversed() {
            if !path.isEmpty { path.append(UInt8(ascii: "/")) }
            path.append(contentsOf: tree.name(of: part))
            places[part] = nodes.count
            nodes.append((part, path.count))
        }
        return path
    }
}

/// A step of a walk through a directory in the order of whole paths: a child itself, or what is below it.
///
/// Byte by byte `a-b` and `a.c` stand between `a` and `a/x`, so a directory's own place and that of what it holds are two.
struct PathStep {
    var name: ArraySlice<UInt8>
    var isBelow: Bool

    /// Whether the step comes first, as the names have it, with a slash behind those of what is below.
    func precedes(_ other: PathStep) -> Bool {
        let common = min(name.count, other.name.count)
        let order = name.prefix(common).compare(other.name.prefix(common))
        if order != 0 { return order < 0 }
        return byte(at: common) < other.byte(at: common)
    }

    /// The byte at a place, with the slash; -1 behind the end.
    private func byte(at place: Int) -> Int {
        if place < name.count { return Int(name[name.startIndex + place]) }
        return place == name.count && isBelow ? Int(UInt8(ascii: "/")) : -1
    }
}
