package import OCISpec
package import StorageIO

/// What a root takes on the disk, every inode once and in one class: the classes sum to what `du -sx` says.
package struct EngineDisk: Sendable {
    /// Allocated bytes of all.
    package private(set) var totalBytes: Int64 = 0
    /// How many inodes there are.
    package private(set) var inodeCount = 0
    /// What parts of layers take that nobody changes any more; for the next look.
    package private(set) var layerSizes: [FolderStamp: FolderSize] = [:]
    private var classBytes: [DiskClass: Int64] = [:]
    private var ownerBytes: [PlaceOwner: [DiskClass: Int64]] = [:]

    /// Allocated bytes of a class.
    package func bytes(of kind: DiskClass) -> Int64 { classBytes[kind] ?? 0 }

    /// Allocated bytes of what is somebody's.
    package func bytes(of owner: PlaceOwner) -> Int64 { ownerBytes[owner]?.values.reduce(0, +) ?? 0 }

    /// The same, class by class.
    package func bytesByClass(of owner: PlaceOwner) -> [DiskClass: Int64] { ownerBytes[owner] ?? [:] }

    /// Walks the folder, which is on one device; nothing that is mounted below it is entered, nor any symlink followed.
    ///
    /// An inode of several names counts where the walk comes by it first. What vanishes meanwhile is passed over, and what is new goes with
    /// the folder that it is in. The folders of layers are walked by all cores, after everything else.
    ///
    /// `since` is when it was looked who names what, in nanoseconds since 1970: what nothing explains and came after that is temporary, since it
    /// was not looked for.
    ///
    /// `known` is what an earlier look found of layers' contents, which engines never change: those are not walked again.
    package init(
        _ root: Directory, _ places: PlaceTree, since: Int64 = .max, known: [FolderStamp: FolderSize] = [:]
    ) throws(StorageError) {
        // What is claimed by nobody, not even the root, stands behind the claims, and behind that what has only come.
        let unclaimed = places.claims.count
        let new = unclaimed + 1
        var bytes = [(own: Int64, below: Int64)](repeating: (0, 0), count: new + 1)
        var levels: [Level] = []
        var layers: [LayerPlace] = []
        var linked: Set<Inode> = []
        func count(_ status: FileStatus, _ claim: Int, isOwn: Bool) {
            inodeCount += 1
            totalBytes += status.allocatedBytes
            if isOwn { bytes[claim].own += status.allocatedBytes } else { bytes[claim].below += status.allocatedBytes }
        }
        func count(_ size: FolderSize, of claim: Int) {
            inodeCount += size.inodeCount
            totalBytes += size.allocatedBytes
            bytes[claim].below += size.allocatedBytes
        }
        var isLayer = false
        try StoreWalk.visitNames(root, skipping: { _ in isLayer }) { item throws(StorageError) in
            while levels.count > 1, let last = levels.last, last.path != item.folder { levels.removeLast() }
            let above = levels.last
            let node = above == nil ? PlaceTree.root : above?.node.flatMap { node in item.withName { places.child(node, $0) } }
            let own = node.flatMap { places.claim(of: $0) }
            var claim = own ?? above?.claim ?? unclaimed
            let isExplained = claim < unclaimed && (own != nil || places.claims[claim].below != .unexplained)
            if !isExplained, claim != new, item.status.changedStamp >= since { claim = new }
            isLayer =
                item.status.kind == .directory && own.map { places.claims[$0].isLayer } == true && node.map(places.isLeaf) == true
            if isLayer {
                let stamp = FolderStamp(item.status)
                if places.claims[claim].final == .whole, let size = known[stamp] {
                    layerSizes[stamp] = size
                    return count(size, of: claim)
                }
                let name = item.withName { String(decoding: $0, as: UTF8.self) }
                return layers.append(LayerPlace(folder: item.folder, name: name, stamp: stamp, claim: claim))
            }
            if item.status.kind == .directory { levels.append(Level(path: item.path, node: node, claim: claim)) }
            guard !item.isRepeated else { return }
            if item.status.hasOtherNames { linked.insert(Inode(item.status)) }
            count(item.status, claim, isOwn: own != nil)
        }
        let folders = try Self.folders(Set(layers.map(\.folder)), below: root)
        let found = layers.mapTogether(shareCount: 16) { layer in
            folders[layer.folder].map { LayerWalk.walk(layer, in: $0, places.claims[layer.claim].final, known) }
        }
        for (layer, walk) in zip(layers, found) {
            guard let walk = try walk?.get() else { continue }
            count(walk.size, of: layer.claim)
            if let (stamp, size) = walk.final { layerSizes[stamp] = size }
            for status in walk.linked where linked.insert(Inode(status)).inserted { count(status, layer.claim, isOwn: false) }
        }
        classBytes[.unexplained, default: 0] += bytes[unclaimed].own + bytes[unclaimed].below
        classBytes[.temporary, default: 0] += bytes[new].own + bytes[new].below
        for (claim, sums) in zip(places.claims, bytes) {
            classBytes[claim.own, default: 0] += sums.own
            classBytes[claim.below, default: 0] += sums.below
            guard claim.owner != .none else { continue }
            ownerBytes[claim.owner, default: [:]][claim.own, default: 0] += sums.own
            ownerBytes[claim.owner, default: [:]][claim.below, default: 0] += sums.below
        }
    }

    /// The folders at these paths of plain names, but for those that are gone.
    private static func folders(_ paths: Set<String>, below root: Directory) throws(StorageError) -> [String: Directory] {
        var found: [String: Directory] = [:]
        for path in paths { found[path] = try root.directory(below: path.split(separator: "/")) }
        return found
    }

    /// A directory on the way of the walk.
    private struct Level {
        let path: String
        let node: Int?
        /// The claim that what is in it goes by.
        let claim: Int
    }
}

/// An inode of the file system that is walked.
private struct Inode: Hashable {
    let device: UInt64
    let number: UInt64

    init(_ status: FileStatus) {
        device = status.device
        number = status.inode
    }
}

/// A folder of a layer's, and whose it is.
private struct LayerPlace: Sendable {
    /// The folder that it is in, below the root.
    let folder: String
    let name: String
    let stamp: FolderStamp
    let claim: Int
}

/// What one layer's folder takes.
private struct LayerWalk: Sendable {
    /// Of inodes with one name, directories, and inodes whose names are all in the part that is final.
    private(set) var size = FolderSize(inodeCount: 0, allocatedBytes: 0)
    /// Each inode with several names, which may lie elsewhere too.
    private(set) var linked: [FileStatus] = []
    /// What the part takes that nobody changes any more; nil where it shares inodes with what lies elsewhere.
    private(set) var final: (FolderStamp, FolderSize)?

    /// Walks the folder; one that is gone takes nothing.
    static func walk(
        _ layer: LayerPlace, in parent: Directory, _ part: PlaceTree.FinalPart, _ known: [FolderStamp: FolderSize]
    ) -> Result<LayerWalk, StorageError> {
        do throws(StorageError) {
            var found = LayerWalk()
            if part == .whole {
                try found.measure(layer.name, in: parent, layer.stamp)
            } else {
                try found.walk(layer.name, in: parent, part == .content ? known : nil)
            }
            return .success(found)
        } catch {
            return error.isAbsent ? .success(LayerWalk()) : .failure(error)
        }
    }

    /// Walks a folder with a layer's content in it; without `known` all of it may change.
    private mutating func walk(
        _ name: String, in parent: Directory, _ known: [FolderStamp: FolderSize]?
    ) throws(StorageError) {
        var content: (name: String, stamp: FolderStamp)?
        try StoreWalk.visitNames(of: name, in: parent, skipping: { known != nil && $0.isContent }) { item throws(StorageError) in
            if known != nil, item.isContent {
                content = (item.path, FolderStamp(item.status))
            } else if item.status.hasOtherNames {
                if !item.isRepeated { linked.append(item.status) }
            } else {
                size += FolderSize(item.status)
            }
        }
        guard let (content, stamp) = content else { return }
        if let remembered = known?[stamp] {
            size += remembered
            final = (stamp, remembered)
        } else {
            try measure(content, in: parent.directory(name), stamp)
        }
    }

    /// Adds what a final folder takes, the inodes apart that have other names elsewhere too.
    private mutating func measure(_ name: String, in parent: Directory, _ stamp: FolderStamp) throws(StorageError) {
        var own = FolderSize(inodeCount: 0, allocatedBytes: 0)
        var shared: [Inode: (status: FileStatus, nameCount: Int)] = [:]
        try StoreWalk.visitNames(of: name, in: parent) { item throws(StorageError) in
            if item.status.hasOtherNames {
                shared[Inode(item.status), default: (item.status, 0)].nameCount += 1
            } else {
                own += FolderSize(item.status)
            }
        }
        var isClosed = true
        for (status, nameCount) in shared.values {
            if nameCount == status.linkCount {
                own += FolderSize(status)
            } else {
                linked.append(status)
                isClosed = false
            }
        }
        size += own
        if isClosed { final = (stamp, own) }
    }
}

extension FolderSize {
    /// What one inode takes.
    fileprivate init(_ status: FileStatus) { self.init(inodeCount: 1, allocatedBytes: status.allocatedBytes) }
}

extension StoreWalk.Item {
    /// Whether it is the folder in a layer's that has the layer's content.
    fileprivate var isContent: Bool { status.kind == .directory && folder.isEmpty && ["diff", "fs"].contains(path) }
}

extension FileStatus {
    /// Whether it is a file that other names may lead to.
    fileprivate var hasOtherNames: Bool { kind != .directory && linkCount > 1 }
}

extension PlaceTree.Claim {
    /// Whether it is a layer's, with all that lies below.
    fileprivate var isLayer: Bool {
        guard own == below, case .layer = owner else { return false }
        return true
    }
}
