import LayerArchive

/// Finds what shows at paths of a tree, through symlinks.
///
/// Each symlink is followed once, however many paths go through it: a list of files of a package may name a million.
struct TreeResolver {
    private struct Step {
        /// Where the symlink leads in the end; nil for nowhere.
        var target: Int32?
        /// How many symlinks are followed on the way.
        var hops: Int
    }

    /// As many symlinks as Go's path resolvers follow before they give up.
    private static let maximumHops = 255
    private static let nowhere = Step(target: nil, hops: maximumHops + 1)

    let tree: MergedTree
    private var known: [Int32: Step] = [:]

    init(_ tree: MergedTree) { self.tree = tree }

    /// What shows at `path` below `start`; a symlink that is the path's last part is followed only on demand.
    ///
    /// nil for nothing. A path with a slash in front starts at the root.
    mutating func node(
        at path: ArraySlice<UInt8>, from start: Int32 = MergedTree.root, followsLast: Bool
    ) -> Int32? {
        var hops = 0
        return walk(path, from: start, followsLast: followsLast, depth: 0, &hops)
    }

    /// What `node` leads to: itself, where it is no symlink.
    mutating func resolved(_ node: Int32) -> Int32? {
        guard let inode = tree.visibleInode(of: node), inode.kind == .symlink else { return node }
        return follow(node, inode, depth: 0).target
    }

    private mutating func walk(
        _ path: ArraySlice<UInt8>, from start: Int32, followsLast: Bool, depth: Int, _ hops: inout Int
    ) -> Int32? {
        let slash = UInt8(ascii: "/")
        var here = path.first == slash ? MergedTree.root : start
        var rest = path.drop { $0 == slash }
        while !rest.isEmpty {
            let part = rest.prefix { $0 != slash }
            rest = rest[part.endIndex...].drop { $0 == slash }
            if part.elementsEqual(".".utf8) { continue }
            if part.elementsEqual("..".utf8) {
                here = max(tree.nodes[Int(here)].parent, MergedTree.root)
                continue
            }
            guard let next = tree.entry(part, of: here) else { return nil }
            here = next
            if let inode = tree.visibleInode(of: next), inode.kind == .symlink, followsLast || !rest.isEmpty {
                let step = follow(next, inode, depth: depth)
                hops += step.hops
                guard let target = step.target, hops <= Self.maximumHops else { return nil }
                here = target
            }
            // Nothing is below a file, not even `.` and `..`.
            guard rest.isEmpty || tree.nodes[Int(here)].below == .directory else { return nil }
        }
        return here
    }

    /// Where the symlink at `node` leads; `depth` is how many others are being followed around it.
    private mutating func follow(_ node: Int32, _ link: TreeInode, depth: Int) -> Step {
        if let step = known[node] { return step }
        guard depth < Self.maximumHops else { return Self.nowhere }
        let target = tree.names.bytes[Int(link.linkStart)..<Int(link.linkStart + link.linkLength)]
        let folder = max(tree.nodes[Int(node)].parent, MergedTree.root)
        var hops = 1
        let found = walk(target, from: folder, followsLast: true, depth: depth + 1, &hops)
        let step = found.map { Step(target: $0, hops: hops) } ?? Self.nowhere
        // Within others it may have failed for their depth alone.
        if found != nil || depth == 0 { known[node] = step }
        return step
    }
}

extension MergedTree {
    /// The inode that shows at `node`; nil for a directory and for nothing.
    func visibleInode(of node: Int32) -> TreeInode? {
        let inode = nodes[Int(node)].below.inode
        return inode < 0 ? nil : inodes[Int(inode)]
    }

    /// The child of that name that shows in `directory`.
    func entry(_ name: ArraySlice<UInt8>, of directory: Int32) -> Int32? {
        guard nodes[Int(directory)].below == .directory,
            let child = name.withUnsafeBufferPointer({ names.existingChild($0, of: directory, in: nodes) }),
            nodes[Int(child)].below != .absent
        else { return nil }
        return child
    }
}
