import LayerArchive

/// One layer while its entries are applied, in the order of the tar, to the tree below it.
///
/// Nothing is ever taken out of `lower`: what becomes of its paths is asked of the sets, each time anew.
struct ModelLayer {
    struct LinkToNowhere: Error {}

    static let mostHops = 255

    let number: Int
    let lower: [Names: ModelNode]
    /// All inodes of the image so far.
    var inodes: [ModelInode]
    /// What this layer holds now, implied directories included.
    var own: [Names: ModelNode] = [:]
    /// Where this layer stored a non-directory, even if a directory came there later: all lower paths beneath are gone.
    var covered: Set<Names> = []
    var whiteouts: Set<Names> = []
    var opaques: Set<Names> = []
    /// Where an entry of this layer, not a missing parent, stored something.
    var explicit: Set<Names> = []
    var links: [ModelLink] = []

    init(number: Int, lower: [Names: ModelNode], inodes: [ModelInode]) {
        self.number = number
        self.lower = lower
        self.inodes = inodes
    }

    mutating func apply(_ entry: LayerEntry) {
        let path = ModelPath.names(entry.path)
        switch entry.kind {
        case .whiteout: whiteouts.insert(resolve(path))
        case .opaque: opaques.insert(resolve(path, followingLast: true))
        case .directory: storeDirectory(at: resolve(path))
        case .hardLink: storeLink(at: resolve(path), to: resolve(ModelPath.names(entry.linkTarget)))
        case .file, .symlink, .characterDevice, .blockDevice, .fifo, .socket:
            let place = resolve(path)
            inodes.append(
                ModelInode(
                    kind: entry.kind, size: entry.size, content: entry.content, linkTarget: entry.linkTarget,
                    layer: number, path: place))
            store(.inode(inodes.count - 1), at: place)
        }
    }

    // MARK: Looking

    /// Whether this layer, so far, takes the lower path away by something other than storing at that very path.
    func takesAway(_ path: Names) -> Bool {
        whiteouts.contains(path) || [covered, whiteouts, opaques].contains { hasDirectory(in: $0, above: path) }
    }

    func hasDirectory(in paths: Set<Names>, above path: Names) -> Bool {
        paths.contains { ModelPath.isAbove($0, path) }
    }

    /// What stands at `path` at this point of the tar.
    func node(at path: Names) -> ModelNode? {
        if let stored = own[path] { return stored }
        return takesAway(path) ? nil : lower[path]
    }

    /// The inode that `node` names, as far as is known at this point of the tar.
    func inode(_ node: ModelNode, passed: Set<Int> = []) -> Int? {
        switch node {
        case .directory: return nil
        case .inode(let number): return number
        case .link(let number):
            if passed.contains(number) { return nil }
            let link = links[number]
            if let before = link.before { return inode(before, passed: passed.union([number])) }
            if let after = link.after, let found = inode(after, passed: passed.union([number])) { return found }
            return link.below
        }
    }

    /// The symlink target at `path`, where there is a symlink at this point of the tar.
    func symlink(at path: Names) -> [UInt8]? {
        guard let node = node(at: path), let number = inode(node), inodes[number].kind == .symlink else { return nil }
        return inodes[number].linkTarget
    }

    /// Where `path` lands: every symlink on the way is followed, and anything else that is met is passed by its name.
    func resolve(_ path: Names, followingLast: Bool = false) -> Names {
        var place: Names = []
        var rest = path
        var hops = 0
        while !rest.isEmpty {
            let name = rest.removeFirst()
            if name == Array(".".utf8) { continue }
            if name == Array("..".utf8) {
                place = place.dropLast()
                continue
            }
            let next = place + [name]
            let isFollowed = !rest.isEmpty || followingLast
            if isFollowed, hops < Self.mostHops, let target = symlink(at: next) {
                hops += 1
                if target.first == UInt8(ascii: "/") { place = [] }
                rest = ModelPath.names(target) + rest
            } else {
                place = next
            }
        }
        return place
    }

    // MARK: Storing

    mutating func storeDirectory(at path: Names) {
        makeParents(of: path)
        own[path] = .directory
        explicit.insert(path)
    }

    mutating func storeLink(at path: Names, to target: Names) {
        let before = own[target] == .directory ? nil : own[target]
        var below: Int?
        if case .inode(let number)? = lower[target] { below = number }
        links.append(ModelLink(target: target, before: before, after: nil, below: below))
        store(.link(links.count - 1), at: path)
    }

    /// Stores a non-directory.
    mutating func store(_ node: ModelNode, at path: Names) {
        makeParents(of: path)
        if own[path] == .directory {
            own = own.filter { !ModelPath.isAbove(path, $0.key) }
        }
        own[path] = node
        covered.insert(path)
        explicit.insert(path)
        for index in links.indices where links[index].target == path && !leads(node, to: index) {
            if links[index].before == nil, links[index].after == nil { links[index].after = node }
        }
    }

    /// Whether `node` is the link `index`, or a link that takes its inode from it.
    func leads(_ node: ModelNode, to index: Int) -> Bool {
        guard case .link(let number) = node else { return false }
        if number == index { return true }
        return (links[number].before ?? links[number].after).map { leads($0, to: index) } ?? false
    }

    /// Makes every path above `path` a directory of this layer, whatever stood there.
    mutating func makeParents(of path: Names) {
        for parent in ModelPath.parents(of: path) {
            if own[parent] != .directory { explicit.remove(parent) }
            own[parent] = .directory
        }
    }

    // MARK: The end of the layer

    /// The tree with this layer on top.
    func merged() throws(LinkToNowhere) -> [Names: ModelNode] {
        for index in links.indices where inode(.link(index)) == nil { throw LinkToNowhere() }
        var tree = lower.filter { !takesAway($0.key) }
        for (path, node) in own {
            if let number = inode(node) { tree[path] = .inode(number) } else { tree[path] = .directory }
        }
        return tree
    }

    /// Why the name `path` of a lower inode is gone at the end of the layer.
    func cause(ofLosing path: Names, of lost: ModelInode) -> ModelCause {
        if let stored = own[path] {
            guard let number = inode(stored), inodes[number].kind == .file else { return .typeChange }
            return inodes[number].hasContent(of: lost) ? .metadataOnly : .overwritten
        }
        if hasDirectory(in: covered, above: path) { return .typeChange }
        if whiteouts.contains(path) || hasDirectory(in: whiteouts, above: path) { return .deleted }
        return .opaque
    }
}
