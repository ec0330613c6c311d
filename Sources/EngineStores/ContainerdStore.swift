import BoltDatabase
import Glibc
import OCISpec
package import StorageIO

/// Where containerd's parts are below a root.
struct ContainerdLayout: Hashable, Sendable {
    let engine: EngineKind
    /// The folder of the database of records, and its name.
    let metadata: String
    let records: String
    /// The folder of blobs.
    let content: String
    /// The folder of the snapshotter's database and its snapshots.
    let snapshotter: String

    /// A containerd's own root.
    static let containerd = ContainerdLayout(
        engine: .containerd, metadata: "io.containerd.metadata.v1.bolt", records: "meta.db",
        content: "io.containerd.content.v1.content", snapshotter: "io.containerd.snapshotter.v1.overlayfs")

    /// A buildkitd's, whose worker has containerd's parts without containerd.
    ///
    /// Source: https://github.com/moby/buildkit/blob/v0.13.2/worker/runc/runc.go
    static let buildkit = ContainerdLayout(
        engine: .buildkit, metadata: "runc-overlayfs", records: "containerdmeta.db", content: "runc-overlayfs/content",
        snapshotter: "runc-overlayfs/snapshots")
}

/// containerd's root with the snapshotter overlayfs, read from its files while containerd may run.
package enum ContainerdStore {
    /// The folder of containerd's database of records.
    static let metadata = ContainerdLayout.containerd.metadata
    /// The folder of its blobs.
    static let content = ContainerdLayout.containerd.content

    /// The inventory of the root at a time, by which leases end; in seconds since 1970.
    ///
    /// A look is whole where both databases have the same state before and after it. Nothing is locked or written.
    package static func inventory(of root: Directory, now: Int64 = Int64(time(nil))) throws(EngineStoreError) -> EngineInventory {
        try inventory(of: root, .containerd, now: now)
    }

    /// The same of any root with containerd's parts; `ownContainers` are the names of containers whose leases keep their snapshots.
    static func inventory(
        of root: Directory, _ layout: ContainerdLayout = .containerd, ownContainers: Set<String> = [],
        now: Int64 = Int64(time(nil))
    ) throws(EngineStoreError) -> EngineInventory {
        let store = StoreFolder(root: root)
        return try .settled(stamp: { () throws(EngineStoreError) in try States(store, layout) }) {
            states throws(EngineStoreError) in
            let graph = ContainerdGraph(states.records, ownContainers: ownContainers, now: now)
            var look = ContainerdLook(store, layout, graph, states.snapshots)
            return try look.run()
        }
    }

    /// Both databases, each at one of its states.
    private struct States: Equatable {
        let records: BoltSnapshot
        let snapshots: BoltSnapshot?

        init(_ store: StoreFolder, _ layout: ContainerdLayout) throws(EngineStoreError) {
            guard let records = try database(layout.records, layout.metadata, store) else {
                throw .notAStore(layout.engine, path: store.root.path, missing: "\(layout.metadata)/\(layout.records)")
            }
            self.records = records
            snapshots = try database("metadata.db", layout.snapshotter, store)
        }

        static func == (left: States, right: States) -> Bool {
            left.records.transaction == right.records.transaction
                && left.snapshots?.transaction == right.snapshots?.transaction
        }
    }

    static func database(_ name: String, _ folder: String, _ store: StoreFolder) throws(EngineStoreError) -> BoltSnapshot? {
        guard let folder = try store.folder(folder) else { return nil }
        do throws(BoltError) { return try BoltSnapshot.read(name, in: folder) } catch { throw .bolt(error) }
    }
}

/// One look at containerd's root.
struct ContainerdLook {
    private let store: StoreFolder
    private let layout: ContainerdLayout
    private let graph: ContainerdGraph
    private var inventory: EngineInventory
    /// The folder of each snapshot, by the snapshotter's own name of it.
    private var folders: [String: PathPart] = [:]
    /// The names of those that are committed; the others may still be written to.
    private var committed: Set<String> = []

    init(_ store: StoreFolder, _ layout: ContainerdLayout, _ graph: ContainerdGraph, _ snapshotter: BoltSnapshot?) {
        self.store = store
        self.layout = layout
        inventory = EngineInventory(engine: layout.engine, driver: "overlayfs")
        self.graph = graph
        for (name, snapshot) in snapshotter?.root.bucket("v1", "snapshots")?.buckets ?? [] {
            guard let number = snapshot.value("id").flatMap(Self.number) else { continue }
            folders[ContainerdGraph.text(name)] = PathPart(String(number))
            if snapshot.value("kind").map(Array.init) == Self.committedKind { committed.insert(ContainerdGraph.text(name)) }
        }
    }

    /// Source: containerd, `snapshots.Kind`, of which the database keeps one byte.
    private static let committedKind: [UInt8] = [3]

    /// A number as Go's `binary.PutUvarint` writes it; nil for what is none.
    private static func number(_ bytes: ArraySlice<UInt8>) -> UInt64? {
        var value: UInt64 = 0
        for (place, byte) in bytes.enumerated() {
            guard place < 9 else { return nil }
            value |= UInt64(byte & 127) << UInt64(7 * place)
            if byte < 128 { return value }
        }
        return nil
    }

    mutating func run() throws(EngineStoreError) -> EngineInventory {
        try claimKnown()
        readLayers()
        try readImages()
        readContainers()
        try claimBlobs()
        try claimSnapshots()
        return inventory
    }

    private mutating func claimKnown() throws(EngineStoreError) {
        inventory.places.claim("", .engineOwn, below: .unexplained)
        let own = ["tmpmounts", "runc-overlayfs", "cache.db", "history.db", "buildkitd.lock", "net", "otel"]
        for name in try store.names("") where name.text.hasPrefix("io.containerd.") || own.contains(name.text) {
            inventory.places.claim(name.text, .engineOwn)
        }
        inventory.places.claim("\(layout.content)/blobs/sha256", .engineOwn, below: .unexplained)
        inventory.places.claim("\(layout.content)/ingest", .engineOwn, below: .temporary)
        inventory.places.claim("\(layout.snapshotter)/snapshots", .engineOwn, below: .unexplained)
    }

    private static func key(_ node: ContainerdGraph.Node) -> String? {
        guard case .snapshot(let space, let kind, let key) = node else { return nil }
        return "\(space)/\(kind)/\(key)"
    }

    private mutating func readLayers() {
        for (node, snapshot) in graph.snapshots {
            guard let key = Self.key(node) else { continue }
            inventory.layers[key] = EngineLayer(
                parent: snapshot.parent.flatMap(Self.key), diffID: nil, tarBytes: nil, folder: folders[snapshot.name],
                tarSplitPath: nil, isFinal: committed.contains(snapshot.name), holders: graph.holders[node] ?? [])
        }
        for (node, holders) in graph.holders where holders.contains(.buildCache) {
            switch node {
            case .blob(_, let digest): inventory.heldBlobs.insert(digest)
            case .snapshot: if let key = Self.key(node) { inventory.heldLayers.insert(key) }
            }
        }
    }

    /// One row for each target of a namespace, with all its names.
    private mutating func readImages() throws(EngineStoreError) {
        let content = try store.folder("\(layout.content)/blobs/sha256")
        let groups = Dictionary(grouping: graph.images) { [$0.namespace, $0.target.description] }
        for (_, images) in groups.sorted(by: { $0.key.lexicographicallyPrecedes($1.key) }) {
            guard let first = images.first else { continue }
            var blobs: Set<Digest> = []
            var layers: [String] = []
            var seen: Set<String> = []
            for node in images.flatMap(\.reached) {
                if case .blob(_, let digest) = node { blobs.insert(digest) }
                if let key = Self.key(node), inventory.layers[key] != nil, seen.insert(key).inserted { layers.append(key) }
            }
            let facts = ContainerdImageFacts(of: first.target, in: content)
            var image = EngineImage(
                id: first.target, namespace: first.namespace, names: images.map(\.name).sorted(), layers: layers.reversed(),
                blobs: blobs, configPath: "\(layout.content)/blobs/sha256/\(first.target.hex)", created: facts.created,
                labels: facts.labels)
            image.isDescribed = facts.isKnown
            image.isPinned = images.contains { $0.labels[Self.pinKey]?.isExactly("pinned") == true }
            inventory.images.append(image)
        }
    }

    /// The label by which Kubernetes' runtime interface keeps an image.
    ///
    /// Source: https://github.com/containerd/containerd/blob/v1.7.24/pkg/cri/labels/labels.go
    private static let pinKey: ExactText = "io.cri-containerd.pinned"

    private mutating func readContainers() {
        let targets = Dictionary(graph.images.map { ([$0.namespace, $0.name], $0.target) }) { first, _ in first }
        for container in graph.containers {
            guard let id = PathPart(container.id) else {
                inventory.note("\(layout.metadata)/\(layout.records)", .badValue("containers"))
                continue
            }
            inventory.containers.append(
                EngineContainer(
                    id: id, name: container.id, namespace: container.namespace,
                    image: container.image.flatMap { targets[[container.namespace, $0]] },
                    layer: container.snapshot.flatMap { graph.snapshots[$0]?.parent }.flatMap(Self.key),
                    ownLayers: [container.snapshot.flatMap(Self.key)].compactMap(\.self), isRunning: nil, volumes: nil,
                    lastUseSeconds: nil))
        }
    }

    /// A blob's file is that of all namespaces which have it.
    private mutating func claimBlobs() throws(EngineStoreError) {
        var holders: [Digest: EngineHolders] = [:]
        for (node, held) in graph.holders {
            if case .blob(_, let digest) = node { holders[digest, default: []].formUnion(held) }
        }
        let path = "\(layout.content)/blobs/sha256"
        guard let folder = try store.folder(path) else { return }
        for name in try store.names(path) {
            guard let digest = hexDigest(name.text) else { continue }
            let place = "\(path)/\(name)"
            if let held = holders[digest], !held.isEmpty {
                inventory.places.claim(place, held.contains(.image) ? .imageBlobs : .buildCache, .blob(digest))
            } else if graph.blobs.contains(digest) {
                inventory.places.claim(place, .temporary, .blob(digest))
            } else {
                do throws(StorageError) {
                    guard let status = try folder.status(name.text) else { continue }
                    inventory.leak(place, .blobOfNobody, changed: status.lastChangeSeconds)
                } catch {
                    throw .storage(error)
                }
            }
        }
    }

    private mutating func claimSnapshots() throws(EngineStoreError) {
        var owners: [PathPart: (key: String, layer: EngineLayer)] = [:]
        for (key, layer) in inventory.layers { if let folder = layer.folder { owners[folder] = (key, layer) } }
        let numbered = Set(folders.values)
        let path = "\(layout.snapshotter)/snapshots"
        for name in try store.names(path) {
            guard let folder = try store.folder("\(path)/\(name)") else { continue }
            let place = "\(path)/\(name)"
            if let owner = owners[name], !owner.layer.holders.isEmpty {
                inventory.places.claim(
                    place, DockerLook.kind(owner.layer.holders), .layer(owner.key),
                    final: owner.layer.isFinal ? .content : .nothing)
            } else if numbered.contains(name) || name.text.hasPrefix("new-") || name.text.hasPrefix("rm-") {
                inventory.places.claim(place, .temporary)
            } else {
                do throws(StorageError) {
                    inventory.leak(place, .folderOfNobody, changed: try folder.status().lastChangeSeconds)
                } catch {
                    if !error.isAbsent { throw .storage(error) }
                }
            }
        }
    }
}
