import LayerArchive

/// Where a path leads at some point of a layer's tar.
struct Resolution: Sendable {
    var node: Int32
    /// A marker or a non-directory that the layer stored hides what the tree below has at `node`.
    var hidesBelow: Bool
}

/// The directories of the entry before, so that the next one starts where their paths part.
struct ResolvedDirectories: Sendable {
    private var path: [UInt8] = []
    private var levels: [(end: Int, resolution: Resolution)] = []

    /// Forgets everything: a symlink, a marker or a replaced directory may lead paths elsewhere.
    mutating func clear() {
        levels.removeAll(keepingCapacity: true)
    }

    /// Drops what `path` does not share; returns the deepest directory that is left and how many bytes of `path` lead there.
    mutating func narrow(to path: UnsafeBufferPointer<UInt8>) -> (end: Int, resolution: Resolution)? {
        guard let last = levels.last else { return nil }
        let limit = min(last.end, path.count)
        var common = 0
        self.path.withUnsafeBufferPointer { old in
            while common < limit, old[common] == path[common] { common += 1 }
        }
        while let level = levels.last {
            if level.end <= common, level.end == path.count || path[level.end] == UInt8(ascii: "/") { return level }
            levels.removeLast()
        }
        return nil
    }

    /// Adds the directory that the first `end` bytes of `path` lead to.
    mutating func push(_ path: UnsafeBufferPointer<UInt8>, end: Int, _ resolution: Resolution) {
        let kept = levels.last?.end ?? 0
        self.path.removeLast(self.path.count - min(kept, self.path.count))
        self.path.append(contentsOf: path[kept..<end])
        levels.append((end, resolution))
    }
}

extension MergedTree {
    /// As many symlinks as Go's path resolvers follow before they give up.
    private static let maximumHops = 255

    /// What stands at `node` right now, when `hidden` says that the tree below does not show there.
    func state(of node: Int32, hidden: Bool) -> NodeState {
        let node = nodes[Int(node)]
        if node.ownStamp == stamp { return node.own }
        return hidden ? .absent : node.below
    }

    /// The directory that `path` leads to, through symlinks; nothing is made and nothing is replaced.
    mutating func directory(_ path: UnsafeBufferPointer<UInt8>, cache: inout ResolvedDirectories) -> Resolution {
        var start = 0
        var here = Resolution(node: Self.root, hidesBelow: false)
        if let level = cache.narrow(to: path) {
            start = level.end == path.count ? level.end : level.end + 1
            here = level.resolution
        }
        var hops = 0
        while start < path.count {
            let end = path[start...].firstIndex(of: UInt8(ascii: "/")) ?? path.count
            here = step(here, UnsafeBufferPointer(rebasing: path[start..<end]), &hops)
            cache.push(path, end: end, here)
            start = end + 1
        }
        return here
    }

    /// The child `name` of the directory `directory`, not followed.
    mutating func child(_ name: UnsafeBufferPointer<UInt8>, of directory: Resolution) -> Resolution {
        let number = names.child(name, of: directory.node, in: &nodes)
        return Resolution(
            node: number,
            hidesBelow: hidesChildren(directory) || nodes[Int(number)].whiteoutStamp == stamp)
    }

    private func hidesChildren(_ directory: Resolution) -> Bool {
        let node = nodes[Int(directory.node)]
        return directory.hidesBelow || node.opaqueStamp == stamp || node.cutStamp == stamp
    }

    /// One part of a path: a symlink is followed, anything else is passed through whether or not it is there.
    private mutating func step(
        _ directory: Resolution, _ name: UnsafeBufferPointer<UInt8>, _ hops: inout Int
    ) -> Resolution {
        let next = child(name, of: directory)
        var number = resolved(state(of: next.node, hidden: next.hidesBelow).inode)
        if number >= 0, inodes[Int(number)].isPending { number = inodes[Int(number)].provisional }
        guard number >= 0, inodes[Int(number)].kind == .symlink, hops < Self.maximumHops else { return next }
        hops += 1
        return follow(inodes[Int(number)], from: directory, &hops)
    }

    private mutating func follow(_ link: TreeInode, from directory: Resolution, _ hops: inout Int) -> Resolution {
        let start = Int(link.linkStart)
        let target = Array(names.bytes[start..<start + Int(link.linkLength)])
        var here = target.first == UInt8(ascii: "/") ? Resolution(node: Self.root, hidesBelow: false) : directory
        for part in target.split(separator: UInt8(ascii: "/")) where !part.elementsEqual(".".utf8) {
            if part.elementsEqual("..".utf8) {
                here = resolution(of: max(nodes[Int(here.node)].parent, Self.root))
            } else {
                here = part.withUnsafeBufferPointer { step(here, $0, &hops) }
            }
        }
        return here
    }

    /// The same as walking to `node` without meeting a symlink.
    private func resolution(of node: Int32) -> Resolution {
        var hides = nodes[Int(node)].whiteoutStamp == stamp
        var ancestor = nodes[Int(node)].parent
        while ancestor >= 0, !hides {
            let above = nodes[Int(ancestor)]
            hides = above.whiteoutStamp == stamp || above.opaqueStamp == stamp || above.cutStamp == stamp
            ancestor = above.parent
        }
        return Resolution(node: node, hidesBelow: hides)
    }

    /// The inode that `number` stands for; -1 stays -1.
    func resolved(_ number: Int32) -> Int32 {
        var number = number
        while number >= 0, inodes[Int(number)].standsFor >= 0 { number = inodes[Int(number)].standsFor }
        return number
    }
}
