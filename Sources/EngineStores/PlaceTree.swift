package import OCISpec

/// What the bytes of a root are for: every inode has one class.
package enum DiskClass: String, Hashable, Sendable, CaseIterable {
    case imageLayers
    case imageBlobs
    case imageMetadata
    case containerLayers
    case containerLogs
    case volumes
    case buildCache
    case engineOwn
    case temporary
    case leaked
    case unexplained
}

/// Whose some of the bytes are.
package enum PlaceOwner: Hashable, Sendable {
    /// Nobody's in particular.
    case none
    /// The layer's of that key in the inventory.
    case layer(String)
    /// The image's whose ID has these hexadecimal digits.
    case image(String)
    /// The blob's of that digest; containerd's alone.
    case blob(Digest)
    /// The container's of that ID.
    case container(String)
    /// The volume's of that name.
    case volume(String)
    /// The build cache's own databases, which shrink by themselves when records go.
    case buildDatabases
    /// A folder of the driver that only the build cache has.
    case buildFolder(String)
    /// The link's of the manifest, or the tag's, of this key in a registry's repository.
    case registryLink(String)
    /// The upload's at this path.
    case upload(String)
    /// The leak of this place in the inventory's list.
    case leak(Int)
}

/// Which path of a root is what: a tree of the paths that somebody laid claim to.
///
/// What has no claim of its own goes with the nearest folder above it that has.
package struct PlaceTree: Sendable {
    /// A claim: the class of the path itself, that of what lies below it, and whose both are.
    package struct Claim: Hashable, Sendable {
        /// Of the path itself.
        package let own: DiskClass
        /// Of what lies below it and has no claim of its own.
        package let below: DiskClass
        /// Whose both are.
        package let owner: PlaceOwner
        /// What of it nobody changes any more.
        package let final: FinalPart
    }

    /// What of a folder nobody changes any more.
    package enum FinalPart: Hashable, Sendable {
        case nothing
        /// The folder in it that has a layer's content.
        case content
        /// The folder itself, with all that is in it.
        case whole
    }

    private struct Node: Sendable {
        var claim: Int?
        var children: [Name: Int] = [:]
    }

    /// A name, or a path, by its bytes; an array's hash takes them one at a time.
    private struct Name: Hashable {
        let bytes: ArraySlice<UInt8>

        func hash(into hasher: inout Hasher) { bytes.withUnsafeBytes { hasher.combine(bytes: $0) } }
    }

    private var nodes = [Node()]
    /// The nodes of folders in which claims lie, by their paths.
    private var folders: [Name: Int] = [:]
    /// A tree without claims.
    package init() {}

    /// All claims, in the order in which they were made.
    private(set) var claims: [Claim] = []

    /// Lays claim to a path below the root, parts separated by `/`; empty for the root itself.
    ///
    /// A later claim replaces an earlier one.
    package mutating func claim(
        _ path: String, _ own: DiskClass, below: DiskClass? = nil, _ owner: PlaceOwner = .none, final: FinalPart = .nothing
    ) {
        nodes[makeNode(at: Array(path.utf8)[...])].claim = claims.count
        claims.append(Claim(own: own, below: below ?? own, owner: owner, final: final))
    }

    /// The node at a path, made where it is missing.
    private mutating func makeNode(at path: ArraySlice<UInt8>) -> Int {
        if path.isEmpty { return Self.root }
        // Thousands of claims lie in a few folders.
        if let known = folders[Name(bytes: path)] { return known }
        let slash = path.lastIndex(of: UInt8(ascii: "/"))
        let folder = path[..<(slash ?? path.startIndex)]
        let above = makeNode(at: folder)
        folders[Name(bytes: folder)] = above
        let name = Name(bytes: path[(slash.map { $0 + 1 } ?? path.startIndex)...])
        if let known = nodes[above].children[name] { return known }
        nodes.append(Node())
        nodes[above].children[name] = nodes.count - 1
        return nodes.count - 1
    }

    /// Lays all claims of another tree, whose root is the folder at `path` of this one.
    ///
    /// Its leaks are numbered anew, from `firstLeak` on.
    mutating func graft(_ other: PlaceTree, at path: String, firstLeak: Int) {
        var pending = [(Self.root, path)]
        while let (node, here) = pending.popLast() {
            if let claim = other.nodes[node].claim.map({ other.claims[$0] }) {
                let owner: PlaceOwner = if case .leak(let place) = claim.owner { .leak(firstLeak + place) } else { claim.owner }
                self.claim(here, claim.own, below: claim.below, owner, final: claim.final)
            }
            for (name, child) in other.nodes[node].children {
                pending.append((child, "\(here)/\(String(decoding: name.bytes, as: UTF8.self))"))
            }
        }
    }

    static let root = 0

    /// The claim of a node; nil for one that is only on the way to others.
    func claim(of node: Int) -> Int? { nodes[node].claim }

    /// Whether nothing below a node has a claim of its own.
    func isLeaf(_ node: Int) -> Bool { nodes[node].children.isEmpty }

    /// The node of a name below another node; nil where nothing there or below has a claim.
    func child(_ node: Int, _ name: UnsafeBufferPointer<UInt8>) -> Int? {
        let children = nodes[node].children
        return children.isEmpty ? nil : children[Name(bytes: Array(name)[...])]
    }

    /// The paths below the root that are somebody's, for each of these owners.
    package func paths(of owners: Set<PlaceOwner>) -> [PlaceOwner: [String]] {
        var found: [PlaceOwner: [String]] = [:]
        var pending = [(Self.root, "")]
        while let (node, path) = pending.popLast() {
            if let owner = claim(of: node).map({ claims[$0].owner }), owners.contains(owner) {
                found[owner, default: []].append(path)
            }
            for (name, child) in nodes[node].children {
                let text = String(decoding: name.bytes, as: UTF8.self)
                pending.append((child, path.isEmpty ? text : "\(path)/\(text)"))
            }
        }
        return found
    }

    /// The claim that a path goes by, and whether it is the path's own.
    package func claim(at path: String) -> (claim: Claim, isOwn: Bool)? {
        var found: (Int, Bool)?
        var node: Int? = Self.root
        if let claim = claim(of: Self.root) { found = (claim, path.isEmpty) }
        let parts = path.utf8.split(separator: UInt8(ascii: "/"))
        for (number, part) in parts.enumerated() {
            node = node.flatMap { nodes[$0].children[Name(bytes: Array(part)[...])] }
            guard let node else { break }
            if let claim = claim(of: node) { found = (claim, number == parts.count - 1) }
        }
        return found.map { (claims[$0.0], $0.1) }
    }
}
