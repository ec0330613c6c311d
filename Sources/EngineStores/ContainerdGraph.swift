// https://github.com/containerd/containerd/blob/v1.7.24/metadata/gc.go, https://github.com/containerd/containerd/blob/v1.7.24/docs/garbage-collection.md

import BoltDatabase
import OCISpec

/// What containerd's metadata says of who reaches what, namespace by namespace.
///
/// Records lead to others by labels: a blob to blobs and snapshots, a snapshot to its parent. Images, containers, leases and a label of its
/// own keep a record; what none of them reaches goes at the next collection.
struct ContainerdGraph {
    /// One record of a namespace.
    enum Node: Hashable {
        case blob(String, Digest)
        case snapshot(String, snapshotter: String, key: String)
    }

    /// An image of a namespace, and what it reaches.
    struct Image {
        let namespace: String
        let name: String
        let target: Digest
        let labels: [ExactText: String]
        let reached: [Node]
    }

    /// A container of a namespace; `snapshot` is its own.
    struct Container {
        let namespace: String
        let id: String
        let image: String?
        let snapshot: Node?
    }

    private(set) var images: [Image] = []
    private(set) var containers: [Container] = []
    /// Who reaches a record.
    private(set) var holders: [Node: EngineHolders] = [:]
    /// The snapshotter's name of each snapshot, and the snapshot under it.
    private(set) var snapshots: [Node: (name: String, parent: Node?)] = [:]
    /// All blobs that have a record.
    private(set) var blobs: Set<Digest> = []

    private var references: [Node: [Node]] = [:]
    private let ownContainers: Set<String>

    /// The graph of a database, in which leases before `now` (seconds since 1970) hold nothing any more.
    ///
    /// A lease called by one of `ownContainers` is what keeps that container's snapshot, whether the container runs or not: so does Docker.
    init(_ database: BoltSnapshot, ownContainers: Set<String> = [], now: Int64) {
        self.ownContainers = ownContainers
        for (key, space) in database.root.bucket("v1")?.buckets ?? [] { read(Self.text(key), space) }
        _ = reach(holders.filter { $0.value == .buildCache }.map(\.key), .buildCache)
        for (key, space) in database.root.bucket("v1")?.buckets ?? [] { hold(Self.text(key), space, now: now) }
    }

    static func text(_ bytes: ArraySlice<UInt8>) -> String { String(decoding: bytes, as: UTF8.self) }

    // MARK: Records

    private mutating func read(_ space: String, _ bucket: BoltBucket) {
        for (key, blob) in bucket.bucket("content", "blob")?.buckets ?? [] {
            guard let digest = digest(Self.text(key)) else { continue }
            blobs.insert(digest)
            let node = Node.blob(space, digest)
            references[node] = Self.references(blob, space)
            if isRoot(blob) { holders[node, default: []].insert(.buildCache) }
        }
        for (key, snapshotter) in bucket.bucket("snapshots")?.buckets ?? [] {
            let kind = Self.text(key)
            for (key, snapshot) in snapshotter.buckets {
                let node = Node.snapshot(space, snapshotter: kind, key: Self.text(key))
                let parent = snapshot.value("parent").map(Self.text).flatMap { $0.isEmpty ? nil : $0 }
                    .map { Node.snapshot(space, snapshotter: kind, key: $0) }
                snapshots[node] = (snapshot.value("name").map(Self.text) ?? "", parent)
                references[node] = Self.references(snapshot, space)
                if isRoot(snapshot) { holders[node, default: []].insert(.buildCache) }
            }
        }
    }

    private func isRoot(_ record: BoltBucket) -> Bool { record.bucket("labels")?.value("containerd.io/gc.root") != nil }

    /// What a record's labels lead to.
    private static func references(_ record: BoltBucket, _ space: String) -> [Node] {
        var found: [Node] = []
        for (key, value) in record.bucket("labels")?.values ?? [] {
            let name = text(key)
            if let rest = name.after("containerd.io/gc.ref.content"), rest.isEmpty || rest.first == "." || rest.first == "/" {
                if let digest = digest(text(value)) { found.append(.blob(space, digest)) }
            } else if let rest = name.after("containerd.io/gc.ref.snapshot.") {
                let kind = rest.split(separator: "/", maxSplits: 1).first.map(String.init) ?? ""
                found.append(.snapshot(space, snapshotter: kind, key: text(value)))
            }
        }
        return found
    }

    // MARK: Who holds what

    private mutating func hold(_ space: String, _ bucket: BoltBucket, now: Int64) {
        for (key, image) in bucket.bucket("images")?.buckets ?? [] {
            guard let target = digest(image.bucket("target")?.value("digest").map(Self.text)) else { continue }
            let reached = reach([.blob(space, target)] + Self.references(image, space), .image)
            var labels: [ExactText: String] = [:]
            for (name, value) in image.bucket("labels")?.values ?? [] { labels[ExactText(Self.text(name))] = Self.text(value) }
            images.append(
                Image(namespace: space, name: Self.text(key), target: target, labels: labels, reached: reached))
        }
        for (key, container) in bucket.bucket("containers")?.buckets ?? [] {
            let kind = container.value("snapshotter").map(Self.text) ?? ""
            let snapshot = container.value("snapshotKey").map { Node.snapshot(space, snapshotter: kind, key: Self.text($0)) }
            _ = reach([snapshot].compactMap(\.self) + Self.references(container, space), .container)
            containers.append(
                Container(
                    namespace: space, id: Self.text(key), image: container.value("image").map(Self.text), snapshot: snapshot))
        }
        for (key, lease) in bucket.bucket("leases")?.buckets ?? [] {
            hold(lease: lease, space, ownContainers.contains(Self.text(key)) ? .container : .buildCache, now: now)
        }
    }

    private mutating func hold(lease: BoltBucket, _ space: String, _ holder: EngineHolders, now: Int64) {
        let labels = lease.bucket("labels")
        if let text = labels?.value("containerd.io/gc.expire").map(Self.text), let end = Timestamp(parsing: text),
            end.seconds < now
        {
            return
        }
        var nodes: [Node] =
            lease.bucket("content")?.values.compactMap { digest(Self.text($0.key)) }.map { .blob(space, $0) } ?? []
        for (kind, keys) in lease.bucket("snapshots")?.buckets ?? [] {
            nodes += keys.values.map { .snapshot(space, snapshotter: Self.text(kind), key: Self.text($0.key)) }
        }
        _ = reach(nodes, holder, isFlat: labels?.value("containerd.io/gc.flat") != nil)
    }

    /// Marks what records reach, themselves included; all of it, each once.
    ///
    /// What a flat lease names leads on by parents alone.
    private mutating func reach(_ nodes: [Node], _ holder: EngineHolders, isFlat: Bool = false) -> [Node] {
        var pending = nodes
        var seen: Set<Node> = []
        var order: [Node] = []
        while let node = pending.popLast() {
            guard seen.insert(node).inserted else { continue }
            order.append(node)
            holders[node, default: []].insert(holder)
            if let parent = snapshots[node]?.parent { pending.append(parent) }
            if !isFlat { pending += references[node] ?? [] }
        }
        return order
    }
}

extension String {
    /// What follows a prefix; nil where the text does not begin with it.
    fileprivate func after(_ prefix: String) -> Substring? {
        utf8.starts(with: prefix.utf8) ? self[utf8.index(startIndex, offsetBy: prefix.utf8.count)...] : nil
    }
}
