package import OCISpec
package import StorageIO

/// What a root takes on the disk, every inode once and in one class: the classes sum to what `du -sx` says.
package struct EngineDisk: Sendable {
    /// Allocated bytes of all.
    package private(set) var totalBytes: Int64 = 0
    /// How many inodes there are.
    package private(set) var inodeCount = 0
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
    package init(_ root: Directory, _ places: PlaceTree, since: Int64 = .max) throws(StorageError) {
        // What is claimed by nobody, not even the root, stands behind the claims, and behind that what has only come.
        let unclaimed = places.claims.count
        let new = unclaimed + 1
        var bytes = [(own: Int64, below: Int64)](repeating: (0, 0), count: new + 1)
        var levels: [Level] = []
        var layers: [(path: String, claim: Int)] = []
        var linked: Set<Inode> = []
        func count(_ status: FileStatus, _ claim: Int, isOwn: Bool) {
            inodeCount += 1
            totalBytes += status.allocatedBytes
            if isOwn { bytes[claim].own += status.allocatedBytes } else { bytes[claim].below += status.allocatedBytes }
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
            if isLayer { return layers.append((item.path, claim)) }
            if item.status.kind == .directory { levels.append(Level(path: item.path, node: node, claim: claim)) }
            guard !item.isRepeated else { return }
            if item.status.hasOtherNames { linked.insert(Inode(item.status)) }
            count(item.status, claim, isOwn: own != nil)
        }
        let found = layers.mapTogether(shareCount: 16) { LayerWalk.walk($0.path, below: root) }
        for ((_, claim), walk) in zip(layers, found) {
            let walk = try walk.get()
            inodeCount += walk.inodeCount
            totalBytes += walk.bytes
            bytes[claim].below += walk.bytes
            for status in walk.linked where linked.insert(Inode(status)).inserted { count(status, claim, isOwn: false) }
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

/// What one layer's folder takes.
private struct LayerWalk: Sendable {
    /// Inodes with one name, and directories, and their allocated bytes.
    private(set) var inodeCount = 0
    private(set) var bytes: Int64 = 0
    /// Each inode with several names, which may lie elsewhere too.
    private(set) var linked: [FileStatus] = []

    /// Walks the folder at a path of plain names; one that is gone takes nothing.
    static func walk(_ path: String, below root: Directory) -> Result<LayerWalk, StorageError> {
        do throws(StorageError) {
            var folder = root
            for part in path.split(separator: "/") { folder = try folder.directory(String(part)) }
            var found = LayerWalk()
            try StoreWalk.visit(folder) { item throws(StorageError) in
                if item.status.hasOtherNames { return found.linked.append(item.status) }
                found.inodeCount += 1
                found.bytes += item.status.allocatedBytes
            }
            return .success(found)
        } catch {
            return error.isAbsent ? .success(LayerWalk()) : .failure(error)
        }
    }
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
