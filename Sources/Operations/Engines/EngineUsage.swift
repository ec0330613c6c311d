package import EngineStores
import OCISpec
import StorageIO

/// What an engine's root takes, class by class, and what of it can go.
package struct EngineUsage: Sendable {
    /// One class of bytes.
    package struct Line: Hashable, Sendable {
        /// What the bytes are for.
        package let kind: DiskClass
        /// How many there are of what the class is about: layers, images, containers, volumes, records, leaks; 0 where nothing is counted.
        package var count = 0
        /// How many of them are in use; nil where that is not known, or means nothing.
        package var activeCount: Int?
        /// Allocated bytes.
        package var diskBytes: Int64 = 0
        /// Allocated bytes that removing all that nothing needs would free.
        package var reclaimableBytes: Int64 = 0
    }

    /// One image with all its names.
    package struct ImageRow: Sendable {
        /// The image.
        package let image: EngineImage
        /// What it takes.
        package let figures: EngineReach.Figures
        /// How many containers were made of it.
        package let containerCount: Int
        /// Allocated bytes that other images need too.
        package var sharedBytes: Int64 { figures.diskBytes - figures.uniqueBytes }
    }

    /// One path that no command of the engine removes.
    package struct LeakRow: Hashable, Sendable {
        /// What and why.
        package let leak: EngineLeak
        /// Allocated bytes.
        package let diskBytes: Int64
    }

    /// Where this was seen.
    package let look: EngineLook
    /// Every class that the engine's roots have, in a fixed order; they sum to the root's allocated bytes.
    package let lines: [Line]
    /// The images that take most first.
    package let images: [ImageRow]
    /// The largest first.
    package let leaks: [LeakRow]
    /// Allocated bytes that removing every image that no container uses frees now.
    package let imagesReclaimableBytes: Int64
    /// The same, with the build cache removed before.
    package let withBuildCacheBytes: Int64

    /// Allocated bytes of the whole root: what `du -sx` says.
    package var totalBytes: Int64 { look.disk.totalBytes }

    /// Adds up one look.
    package init(_ look: EngineLook) {
        self.look = look
        let (inventory, disk) = (look.inventory, look.disk)
        let reach = EngineReach(inventory)
        images = inventory.images.map { image in
            ImageRow(image: image, figures: reach.figures(of: image, on: disk), containerCount: reach.containers(of: image).count)
        }.sorted { ($1.figures.diskBytes, $0.image.id) < ($0.figures.diskBytes, $1.image.id) }
        leaks = inventory.leaks.enumerated().map { place, leak in
            LeakRow(leak: leak, diskBytes: disk.bytes(of: .leak(place)))
        }.sorted { ($1.diskBytes, $0.leak.path) < ($0.diskBytes, $1.leak.path) }
        // Of a registry nobody knows who pulls: what a tag reaches counts as in use.
        let unused =
            inventory.registry == nil
            ? inventory.images.filter { reach.containers(of: $0).isEmpty } : inventory.images.filter(\.names.isEmpty)
        var reclaimable: [DiskClass: Int64] = [:]
        for owner in reach.owners(goingWith: unused) {
            for (kind, bytes) in disk.bytesByClass(of: owner) { reclaimable[kind, default: 0] += bytes }
        }
        imagesReclaimableBytes = reclaimable.values.reduce(0, +)
        for container in inventory.containers where container.isRunning == false {
            for (kind, bytes) in disk.bytesByClass(of: .container(container.id.text)) { reclaimable[kind, default: 0] += bytes }
        }
        reclaimable[.volumes] = inventory.unusedVolumes.reduce(0) { $0 + disk.bytes(of: .volume($1.text)) }
        let cache = disk.bytes(of: .buildCache) - (disk.bytesByClass(of: .buildDatabases)[.buildCache] ?? 0)
        reclaimable[.buildCache] = cache
        reclaimable[.leaked] = disk.bytes(of: .leaked)
        withBuildCacheBytes = reach.freedBytes(byRemoving: unused, on: disk, ignoringBuildCache: true) + cache
        let idle = Set(unused.map(\.key))
        let used = inventory.images.filter { !idle.contains($0.key) }
        lines = DiskClass.allCases.map { kind in
            let (count, active) = inventory.count(of: kind, used: used)
            return Line(
                kind: kind, count: count, activeCount: active, diskBytes: disk.bytes(of: kind),
                reclaimableBytes: reclaimable[kind] ?? 0)
        }
    }
}

extension EngineInventory {
    /// The volumes that are in no container; none where it is not known of every container what is mounted in it.
    fileprivate var unusedVolumes: [PathPart] {
        guard !containers.contains(where: { $0.volumes == nil }) else { return [] }
        let used = containers.reduce(into: Set<String>()) { $0.formUnion($1.volumes ?? []) }
        return volumes.filter { !used.contains($0.text) }
    }

    /// How many there are of what a class is about, and how many of them are in use, as the images `used` are.
    fileprivate func count(of kind: DiskClass, used: [EngineImage]) -> (count: Int, active: Int?) {
        switch kind {
        case .imageLayers:
            return (layers.values.count { $0.holders.contains(.image) }, Set(used.flatMap(\.layers)).count)
        case .imageMetadata where registry != nil:
            return (Set(images.flatMap(\.revisionOwners)).count, Set(used.flatMap(\.revisionOwners)).count)
        case .imageMetadata: return (images.count, used.count)
        case .imageBlobs: return (Set(images.flatMap(\.blobs)).count, Set(used.flatMap(\.blobs)).count)
        case .containerLayers:
            let isKnown = !containers.contains { $0.isRunning == nil }
            return (containers.count, isKnown ? containers.count { $0.isRunning == true } : nil)
        case .volumes:
            let isKnown = !containers.contains { $0.volumes == nil }
            return (volumes.count, isKnown ? volumes.count - unusedVolumes.count : nil)
        case .buildCache: return (buildRecords.count, nil)
        case .leaked: return (leaks.count, nil)
        case .containerLogs, .engineOwn, .temporary, .unexplained: return (0, nil)
        }
    }
}
