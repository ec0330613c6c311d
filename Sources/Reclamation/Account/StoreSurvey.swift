package import ContentStorage
package import OCISpec
package import StorageIO

/// Where the bytes of a store's directory are: one walk that puts every inode into exactly one class, so that the classes sum
/// to what `du` says.
///
/// Bytes are allocated ones (`st_blocks × 512`), each inode once. Other processes may change the store meanwhile: what they
/// bring or take away may or may not be counted.
package struct StoreSurvey: Sendable {
    /// A blob's file.
    package struct Blob: Hashable, Sendable {
        /// Of the file at the moment of the walk.
        package let status: FileStatus
        /// Bytes that it is counted with: nothing where another name of the inode has them.
        package let diskBytes: Int64
        /// By how much the store's directory shrinks when it goes: nothing where another name in it has the inode.
        fileprivate let storeBytes: Int64
        /// What removing it gives back: nothing where the inode has a name elsewhere.
        package var freeableBytes: Int64 { status.linkCount == 1 ? status.allocatedBytes : 0 }
        /// What goes with it, by either ruler.
        package var freed: FreedBytes { FreedBytes(fileSystem: freeableBytes, store: storeBytes) }
        /// Since when it is as it is: whole seconds since 1970.
        ///
        /// A copy that keeps its original's time is as new as the copying.
        package var sinceSeconds: Int64 { status.lastChangeSeconds }
    }

    /// A directory tree.
    package struct Tree: Hashable, Sendable {
        /// Bytes that it is counted with: each inode where it is met first.
        package var diskBytes: Int64 = 0
        /// What goes with it, by either ruler.
        package var freed = FreedBytes()
        /// What removing it gives back.
        package var freeableBytes: Int64 { freed.fileSystem }
        /// When something in it changed last: whole seconds since 1970.
        package var sinceSeconds: Int64 = 0
    }

    /// What nothing accounts for.
    package struct Stray: Hashable, Sendable {
        /// Below the store.
        package let path: String
        /// Bytes allocated, each inode once.
        package let diskBytes: Int64
    }

    /// The blobs.
    package private(set) var blobs = Numbered<Blob>()
    /// The unpacked layers, by diff ID.
    package private(set) var layers: [Digest: Tree] = [:]
    /// The containers, by the names of their directories.
    package private(set) var containers: [String: Tree] = [:]
    /// The volumes that have names, by these.
    package private(set) var volumes: [String: Tree] = [:]
    /// The sessions, by the names of their directories.
    package private(set) var sessions: [String: Tree] = [:]
    /// The records of the build cache.
    package private(set) var cacheRecords = Tree()
    /// What the folders of its steps go with, by their names.
    private(set) var cacheSlots: [String: CacheSlot] = [:]
    /// The folders that steps of builds share, by the digests of what they are called.
    package private(set) var cacheMounts: [Digest: Tree] = [:]
    /// The bins of the trash.
    package private(set) var trash: [String: Tree] = [:]
    /// The plans that the store keeps, by their IDs.
    package private(set) var plans: [PlanID: Tree] = [:]
    /// The catalog's files.
    package private(set) var catalog: [Stray] = []
    /// Folders, locks and the store's own files.
    package private(set) var other: [Stray] = []
    /// Files and folders that no part of the store accounts for.
    package private(set) var strays: [Stray] = []
    /// Files that are parts of several blobs or unpacked layers.
    package private(set) var sharedFiles: [SharedFile] = []
    /// Files that are parts of several things of which not all are blobs or unpacked layers.
    private(set) var mixedFiles: [MixedFile] = []
    /// Bytes of all of it.
    package private(set) var totalBytes: Int64 = 0

    private struct Inode: Hashable {
        let device: UInt64
        let number: UInt64
    }

    /// One name of an inode, and what it is there for.
    private struct Name {
        let place: StorePlace
        let item: StoreWalk.Item
        var path: String { item.path }
    }

    /// Walks the store of `content`.
    package init(_ content: ContentStore) throws(ContentError) {
        try content.requireFolders(.inPlaceOrMounted)
        var linked: [Inode: (status: FileStatus, names: [Name])] = [:]
        var shortNames: [(layer: Digest, item: StoreWalk.Item)] = []
        do throws(StorageError) {
            // A folder of the store may be a file system of its own; what a container has mounted is no part of the store.
            let isOwn: (String) -> Bool = { StorePlace($0, .directory) == .own }
            try StoreWalk.visitNames(content.root, entering: isOwn) { item throws(StorageError) in
                let (status, name) = (item.status, Name(place: StorePlace(item), item: item))
                if status.kind == .symlink, let layer = try Self.layer(ofShortName: item.path, content) {
                    shortNames.append((layer, item))
                } else if status.kind == .directory || status.linkCount == 1 {
                    add(name, status, diskBytes: status.allocatedBytes, Self.whole(status))
                } else {
                    linked[Inode(device: status.device, number: status.inode), default: (status, [])].names.append(name)
                }
            }
        } catch {
            throw ContentError(error)
        }
        for (status, names) in linked.values { add(names, status) }
        for (layer, item) in shortNames {
            // It goes with its layer; one whose layer is gone is for the next release to clear.
            let place = layers[layer] == nil ? StorePlace.own : .layer(layer)
            add(Name(place: place, item: item), item.status, diskBytes: item.status.allocatedBytes, Self.whole(item.status))
        }
    }

    private static func whole(_ status: FileStatus) -> FreedBytes {
        FreedBytes(fileSystem: status.allocatedBytes, store: status.allocatedBytes)
    }

    private static func layer(ofShortName path: String, _ content: ContentStore) throws(StorageError) -> Digest? {
        guard path.hasPrefix(shortNamesPrefix) else { return nil }
        return try content.layers.layer(ofShortName: String(path.dropFirst(shortNamesPrefix.count)))
    }

    private static let shortNamesPrefix = "layers/\(UnpackedLayers.shortNamesName)/"

    /// Adds an inode with several names: it is counted at one of them, and goes when all of them do.
    private mutating func add(_ names: [Name], _ status: FileStatus) {
        let sorted = names.sorted { ($0.place.rank, $0.path) < ($1.place.rank, $1.path) }
        let isWhole = names.count == status.linkCount
        let isOfOne = sorted.allSatisfy { $0.place == sorted[0].place }
        for (number, name) in sorted.enumerated() {
            let bytes = number == 0 ? status.allocatedBytes : 0
            let freed = FreedBytes(fileSystem: isOfOne && isWhole ? bytes : 0, store: isOfOne ? bytes : 0)
            add(name, status, diskBytes: bytes, freed)
        }
        let places = Set(sorted.map(\.place))
        if places.count > 1, places.allSatisfy(\.isRemovable), places.contains(where: { $0.item == nil }) {
            let bytes = status.allocatedBytes
            mixedFiles.append(
                MixedFile(places: places, freed: FreedBytes(fileSystem: isWhole ? bytes : 0, store: bytes)))
        }
        let items = sorted.compactMap(\.place.item)
        guard Set(items).count > 1 else { return }
        sharedFiles.append(
            SharedFile(
                bytes: status.allocatedBytes, items: Set(items), counted: items[0],
                isWhole: isWhole && items.count == names.count, isWholeInStore: items.count == names.count))
    }

    private mutating func add(_ name: Name, _ status: FileStatus, diskBytes: Int64, _ freed: FreedBytes) {
        totalBytes += diskBytes
        let stray = { Stray(path: name.path.isEmpty ? "." : name.path, diskBytes: diskBytes) }
        let part = Tree(
            diskBytes: diskBytes, freed: freed, sinceSeconds: status.lastChangeSeconds)
        switch name.place {
        case .blob(let digest):
            // The first of many, mostly.
            if blobs.count == 0 { blobs.reserveCapacity(name.item.siblingCount) }
            blobs.set(Blob(status: status, diskBytes: diskBytes, storeBytes: freed.store), for: digest)
        case .layer(let diffID): layers[diffID, default: Tree()].add(part)
        case .container(let name): containers[name, default: Tree()].add(part)
        case .volume(let name): volumes[name, default: Tree()].add(part)
        case .session(let name): sessions[name, default: Tree()].add(part)
        case .cacheRecord:
            cacheRecords.add(part)
            addToSlot(name.path, freed)
        case .cacheMount(let name): cacheMounts[name, default: Tree()].add(part)
        case .bin(let name): trash[name, default: Tree()].add(part)
        case .plan(let id): plans[id, default: Tree()].add(part)
        case .catalog: catalog.append(stray())
        case .own:
            other.append(stray())
            if status.kind == .directory, let slot = Self.slot(name.path) {
                cacheSlots[slot, default: CacheSlot()].folder += freed
            }
        case .stray: strays.append(stray())
        }
    }

    /// Adds a file in the folder of a step of the build cache.
    private mutating func addToSlot(_ path: String, _ freed: FreedBytes) {
        guard let slot = Self.slot(path), let name = path.split(separator: "/").last else { return }
        if name.hasSuffix(".json") {
            cacheSlots[slot, default: CacheSlot()].records[String(name)] = freed
        } else {
            cacheSlots[slot, default: CacheSlot()].rest += freed
        }
    }

    /// The folder of a step of the build cache that a path is, or is in.
    private static func slot(_ path: String) -> String? {
        let parts = path.split(separator: "/", maxSplits: 2)
        guard parts.count > 1, parts[0] == "cache", Digest(fileName: "sha256-\(parts[1])") != nil else { return nil }
        return String(parts[1])
    }
}

extension StoreSurvey {
    /// The sessions with a file that is not ours: other tools keep downloads in a directory of this name too, and what is in those
    /// is not ours to judge.
    var foreignSessions: Set<String> {
        Set(
            strays.compactMap { stray in
                let parts = stray.path.split(separator: "/")
                return parts.count > 2 && parts[0] == "ingest" ? String(parts[1]) : nil
            })
    }

    /// The plans that have expired by `now`, in the order of their IDs.
    func expiredPlans(now: Timestamp) -> [(id: PlanID, tree: Tree)] {
        plans.filter { StoredPlans.isExpired(sinceSeconds: $0.value.sinceSeconds, now: now) }.map { (id: $0.key, tree: $0.value) }
            .sorted { $0.id.text < $1.id.text }
    }

    /// Bytes that the files of these records of the build cache give back, their folders aside.
    func freeableBytes(ofRecords entries: [CacheEntry]) -> Int64 {
        Dictionary(grouping: entries, by: \.slot.hex).reduce(0) { sum, step in
            guard let slot = cacheSlots[step.key] else { return sum }
            let records = step.value.reduce(0) { $0 + (slot.records[$1.fileName]?.fileSystem ?? 0) }
            return sum + records + (step.value.count == slot.records.count ? slot.rest.fileSystem : 0)
        }
    }

    /// The folder of a step of the build cache.
    struct CacheSlot: Sendable {
        /// What goes with each record, by the record's name.
        var records: [String: FreedBytes] = [:]
        /// What else is in the folder, and goes with the last of them.
        var rest = FreedBytes()
        /// The folder itself.
        var folder = FreedBytes()
    }

    /// A file with names in several things that can be removed, such as two containers: its bytes go with the last of them.
    struct MixedFile: Sendable {
        let places: Set<StorePlace>
        let freed: FreedBytes
    }

    /// A file with names in several blobs or unpacked layers: its bytes are each one's, and go with the last of them.
    package struct SharedFile: Sendable {
        let bytes: Int64
        let items: Set<StoreItem>
        /// Whose bytes the survey counted them among.
        let counted: StoreItem
        /// Whether it has no name elsewhere, in the store or outside.
        let isWhole: Bool
        /// Whether it has no name elsewhere in the store.
        let isWholeInStore: Bool
    }

    /// Bytes that the file system gets back when all of these go together.
    package func freeableBytes(of gone: some Collection<StoreItem>) -> Int64 { freed(by: gone).fileSystem }

    /// What goes when all of these go together, by either ruler.
    package func freed(by gone: some Collection<StoreItem>) -> FreedBytes {
        var sum = gone.reduce(into: FreedBytes()) { $0 += freed(by: $1) }
        guard !sharedFiles.isEmpty else { return sum }
        let items = Set(gone)
        for file in sharedFiles where file.items.isSubset(of: items) { sum += file.freed }
        return sum
    }

    private func freed(by item: StoreItem) -> FreedBytes {
        switch item {
        case .blob(let digest): blobs[digest]?.freed ?? FreedBytes()
        case .layer(let diffID): layers[diffID]?.freed ?? FreedBytes()
        }
    }
}

extension StoreSurvey.SharedFile {
    /// What goes with the last of its items, by either ruler.
    var freed: FreedBytes { FreedBytes(fileSystem: isWhole ? bytes : 0, store: isWholeInStore ? bytes : 0) }
}

extension StoreSurvey.Tree {
    fileprivate mutating func add(_ part: Self) {
        diskBytes += part.diskBytes
        freed += part.freed
        sinceSeconds = max(sinceSeconds, part.sinceSeconds)
    }
}
