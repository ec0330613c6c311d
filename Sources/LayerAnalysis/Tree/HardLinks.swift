import LayerArchive

/// A hard link whose target its layer has not stored yet.
struct WaitingLink: Sendable {
    /// The inode that holds the link's place.
    var inode: Int32
    /// The path that the link names.
    var target: Int32
    var targetPath: [UInt8]
}

/// What applying one layer gathers until it is committed.
struct LayerApplication: Sendable {
    let number: Int
    var directories = ResolvedDirectories()
    /// Nodes that got an `own`; some may have lost it again, and then stand here twice.
    var stored: [Int32] = []
    /// Nodes with a whiteout, an opaque marker or a cut.
    var hiders: [Int32] = []
    /// Inodes that lost a name.
    var losers: [Int32] = []
    var waiting: [WaitingLink] = []
    /// For each entry so far the node that it is about, where somebody asks.
    var places: [Int32]?
    /// By target node: places in `waiting` that nothing has settled.
    var waiters: [Int32: [Int]] = [:]

    init(number: Int) {
        self.number = number
    }

    /// `inode` was stored at `node`: the links that wait for it get it.
    mutating func settle(waitersOn node: Int32, with inode: Int32, in inodes: inout [TreeInode]) {
        guard !waiters.isEmpty, let places = waiters.removeValue(forKey: node) else { return }
        var left: [Int] = []
        for place in places {
            let link = waiting[place].inode
            if Self.stands(inode, for: link, in: inodes) {
                left.append(place)
            } else {
                inodes[Int(link)].standsFor = inode
                inodes[Int(link)].isPending = false
            }
        }
        if !left.isEmpty { waiters[node] = left }
    }

    /// Whether following `inode` ends at `link`, as it does when links name each other in a circle.
    private static func stands(_ inode: Int32, for link: Int32, in inodes: [TreeInode]) -> Bool {
        var inode = inode
        while inodes[Int(inode)].standsFor >= 0 { inode = inodes[Int(inode)].standsFor }
        return inode == link
    }
}

extension MergedTree {
    /// A hard link names the inode its target has in this layer, before the link or else after it, or else below.
    mutating func storeLink(
        _ node: Int32, _ entry: Int, to target: UnsafeBufferPointer<UInt8>, _ application: inout LayerApplication
    ) {
        var cache = ResolvedDirectories()
        let targetNode = linkTarget(target, &cache)
        let own = nodes[Int(targetNode)]
        if own.ownStamp == stamp, own.own.isInode {
            storeInode(resolved(own.own.inode), at: node, &application)
            return
        }
        let place = Int32(inodes.count)
        inodes.append(
            TreeInode(
                kind: .hardLink, isPending: true, layer: Int32(application.number), entry: Int32(entry), node: node, size: 0,
                content: ContentHash(), provisional: own.below.inode))
        storeInode(place, at: node, &application)
        application.waiters[targetNode, default: []].append(application.waiting.count)
        application.waiting.append(WaitingLink(inode: place, target: targetNode, targetPath: Array(target)))
    }

    private mutating func linkTarget(_ path: UnsafeBufferPointer<UInt8>, _ cache: inout ResolvedDirectories) -> Int32 {
        guard !path.isEmpty else { return Self.root }
        let slash = path.lastIndex(of: UInt8(ascii: "/"))
        let parent = UnsafeBufferPointer(rebasing: path[..<(slash ?? 0)])
        let name = UnsafeBufferPointer(rebasing: path[(slash.map { $0 + 1 } ?? 0)...])
        return child(name, of: directory(parent, cache: &cache)).node
    }

    /// Links that this layer never settled name what the tree below has there, hidden or not.
    mutating func settleLinks(_ application: inout LayerApplication) throws(AnalysisError) {
        for link in application.waiting where inodes[Int(link.inode)].isPending {
            let below = nodes[Int(link.target)].below
            guard below.isInode else {
                // It may be a file of a layer that nobody has read: then it stands for itself, and weighs nothing.
                if hasUnknownLayer, below == .absent {
                    inodes[Int(link.inode)].isPending = false
                    continue
                }
                throw .linkToNowhere(
                    layer: application.number, path: path(of: inodes[Int(link.inode)].node), target: link.targetPath)
            }
            inodes[Int(link.inode)].standsFor = below.inode
            inodes[Int(link.inode)].isPending = false
        }
    }
}
