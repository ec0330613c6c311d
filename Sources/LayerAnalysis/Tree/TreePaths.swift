package import LayerArchive

/// One thing that shows in the merged tree.
package struct VisibleEntry: Sendable, Hashable {
    /// What it is; a hard link is what its inode is.
    package var kind: EntryKind
    /// Raw bytes of its path, without a leading slash; empty for the root.
    package var path: [UInt8]
    /// The inode's number; `nil` for a directory.
    package var inode: Int32?
    /// Bytes: the inode's logical size; 0 for all but regular files.
    package var size: Int64
    /// The content's hash.
    package var content: ContentHash
    /// The layer that stores the inode; `nil` for a directory.
    package var layer: Int?
    /// A symlink's target as written; else empty.
    package var linkTarget: [UInt8]
}

extension MergedTree {
    /// The path of `node`, without a leading slash; empty for the root.
    func path(of node: Int32) -> [UInt8] {
        var parts: [Int32] = []
        var node = node
        var length = 0
        while node > Self.root {
            parts.append(node)
            length += Int(nodes[Int(node)].nameLength) + 1
            node = nodes[Int(node)].parent
        }
        var path: [UInt8] = []
        path.reserveCapacity(length)
        for part in parts.reversed() {
            if !path.isEmpty { path.append(UInt8(ascii: "/")) }
            path.append(contentsOf: name(of: part))
        }
        return path
    }

    /// The last part of `node`'s path.
    func name(of node: Int32) -> ArraySlice<UInt8> {
        let start = Int(nodes[Int(node)].nameStart)
        return names.bytes[start..<start + Int(nodes[Int(node)].nameLength)]
    }

    /// The node of `path` below `start`, if any path ever led there; symlinks are not followed.
    func existingNode(at path: some Sequence<UInt8>, from start: Int32 = Self.root) -> Int32? {
        var node = start
        for part in path.split(separator: UInt8(ascii: "/")) {
            let child = part.withUnsafeBufferPointer { names.existingChild($0, of: node, in: nodes) }
            guard let child else { return nil }
            node = child
        }
        return node
    }

    /// The path at which `inode`'s content was stored.
    package func storedPath(ofInode inode: Int32) -> [UInt8] {
        path(of: inodes[Int(inode)].node)
    }

    /// The nodes that show in the tree, each directory before what it holds, siblings in no particular order.
    func visibleNodes() -> [Int32] {
        var found: [Int32] = []
        var pending = [Self.root]
        while let number = pending.popLast() {
            let node = nodes[Int(number)]
            guard node.below != .absent else { continue }
            found.append(number)
            guard node.below == .directory else { continue }
            var child = node.firstChild
            while child >= 0 {
                pending.append(child)
                child = nodes[Int(child)].nextSibling
            }
        }
        return found
    }

    /// Everything that shows in the tree, the root included once any layer stored something.
    package func visibleEntries() -> [VisibleEntry] {
        visibleNodes().map { number in
            let below = nodes[Int(number)].below
            guard below.isInode else {
                return VisibleEntry(
                    kind: .directory, path: path(of: number), inode: nil, size: 0, content: ContentHash(), layer: nil,
                    linkTarget: [])
            }
            let inode = inodes[Int(below.inode)]
            return VisibleEntry(
                kind: inode.kind, path: path(of: number), inode: below.inode, size: inode.size, content: inode.content,
                layer: Int(inode.layer),
                linkTarget: Array(names.bytes[Int(inode.linkStart)..<Int(inode.linkStart + inode.linkLength)]))
        }
    }
}
