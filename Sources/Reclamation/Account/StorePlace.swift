package import ContentStorage
package import OCISpec
package import StorageIO

/// What a path below a store is there for: the one rule by which every inode of a store has its place.
package enum StorePlace: Hashable, Sendable {
    /// A blob.
    case blob(Digest)
    /// In the tree of an unpacked layer, by diff ID.
    case layer(Digest)
    /// In the directory of a container, by its name.
    case container(String)
    /// In a volume with a name.
    case volume(String)
    /// In the directory of a session, by its name.
    case session(String)
    /// A record of the build cache, or what belongs to it.
    case cacheRecord
    /// In a folder that steps of builds share, by the digest of what they call it.
    case cacheMount(Digest)
    /// In a bin of the trash, by its name.
    case bin(String)
    /// A plan that the store keeps, or what a killed writer left of one.
    case plan(PlanID)
    /// One of the catalog's files.
    case catalog
    /// A folder, a lock, or a document of the store itself.
    case own
    /// Nothing that the store knows of.
    case stray

    /// The place of what a walk of the store came by.
    package init(_ item: StoreWalk.Item) {
        // Almost all there is.
        if item.status.kind == .file, item.folder == Self.blobFolder,
            let digest = item.withName({ Digest(algorithm: .sha256, hex: $0) })
        {
            self = .blob(digest)
        } else {
            self.init(item.path, item.status.kind)
        }
    }

    /// The place of `path`, its parts below the store's directory separated by `/`, and empty for that directory itself.
    package init(_ path: String, _ kind: FileStatus.Kind) {
        // What lies deeper is all the same.
        let parts = path.split(separator: "/", maxSplits: 3).map(String.init)
        guard let top = parts.first else {
            self = .own
            return
        }
        let isFolder = kind == .directory
        switch (top, parts.count) {
        case ("blobs", 3): self = Self.blob(parts, kind)
        case ("blobs", 2): self = isFolder && Digest.Algorithm(rawValue: parts[1]) != nil ? .own : .stray
        case ("blobs", 1), ("layers", 1), ("containers", 1), ("volumes", 1), ("ingest", 1), ("trash", 1), ("plans", 1),
            ("locks", 1), ("cache", 1), ("cache", 2), ("networks", 1):
            self = isFolder ? .own : .stray
        case ("layers", _): self = Self.layer(parts)
        case ("cache", 3...) where parts[1] == BuildCache.mountsName:
            self = Digest(fileName: "sha256-\(parts[2])").map(StorePlace.cacheMount) ?? .stray
        case ("cache", 3): self = isFolder ? .stray : .cacheRecord
        case ("containers", _): self = isFolder || parts.count > 2 ? .container(parts[1]) : .stray
        case ("volumes", _): self = isFolder || parts.count > 2 ? .volume(parts[1]) : .stray
        case ("networks", 2): self = kind == .file ? .own : .stray
        case ("ingest", 2): self = isFolder ? .session(parts[1]) : .stray
        case ("ingest", 3...) where parts[2].hasPrefix("\(IngestSession.folderPrefix)."): self = .session(parts[1])
        case ("ingest", 3): self = IngestSession.isOwnFile(parts[2]) ? .session(parts[1]) : .stray
        case ("trash", _): self = isFolder || parts.count > 2 ? .bin(parts[1]) : .stray
        case ("plans", 2):
            self = (kind == .file ? StoredPlans.id(ofFile: parts[1]) : nil).map(StorePlace.plan) ?? .stray
        case ("locks", 2): self = Self.lock(parts[1]) ? .own : .stray
        case ("lost+found", _): self = .own
        case (_, 1): self = Self.top(top)
        default: self = .stray
        }
    }

    /// What it is a part of, where it keeps or loses its bytes with a blob or an unpacked layer.
    var item: StoreItem? {
        switch self {
        case .blob(let digest): .blob(digest)
        case .layer(let diffID): .layer(diffID)
        default: nil
        }
    }

    /// Whether it can be a part of what a plan removes.
    var isRemovable: Bool {
        switch self {
        case .blob, .layer, .container, .volume, .session, .cacheMount, .bin, .plan: true
        case .cacheRecord, .catalog, .own, .stray: false
        }
    }

    /// Which of several places of one inode its bytes are counted in: the lowest.
    var rank: Int {
        switch self {
        case .blob: 0
        case .layer: 1
        case .container: 2
        case .volume: 3
        case .session: 4
        case .bin: 5
        case .plan: 6
        case .catalog: 7
        case .cacheRecord, .cacheMount: 8
        case .own: 9
        case .stray: 10
        }
    }

    private static let blobFolder = "blobs/sha256"

    private static func blob(_ parts: [String], _ kind: FileStatus.Kind) -> StorePlace {
        guard kind == .file, let digest = Digest(ifValid: "\(parts[1]):\(parts[2])") else { return .stray }
        return .blob(digest)
    }

    private static func lock(_ name: String) -> Bool {
        StoreLocks.isOwnFile(name) || "locks/\(name)" == IndexFile.remnantPath
    }

    private static func layer(_ parts: [String]) -> StorePlace {
        if let diffID = Digest(fileName: parts[1]) { return .layer(diffID) }
        // The short names for mount options.
        return parts[1] == "l" ? .own : .stray
    }

    private static func top(_ name: String) -> StorePlace {
        guard StoreNames.all.contains(name) || StoreNames.remnants.contains(name) else { return .stray }
        return name.hasPrefix("catalog.sqlite") ? .catalog : .own
    }
}
