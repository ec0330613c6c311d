import ContentStorage
package import ImageStorage
package import OCISpec
import StorageIO

/// What a store occupies on the disk, by class and by image; the classes sum to what `du` says of its directory.
///
/// All bytes are allocated ones (`st_blocks × 512`).
package struct DiskUsage {
    /// What bytes are for.
    package enum Class: String, CaseIterable, Sendable {
        case images, layers, containers, volumes, buildCache, orphaned, partial, trash, plans, catalog, other, unexplained
    }

    /// The line of one class.
    package struct Line: Hashable, Sendable {
        /// Whose bytes they are.
        package var kind: Class
        /// Images, unpacked layers, containers, volumes, blobs, sessions, bins, plans, or files.
        package var count = 0
        /// How many of them are in use.
        package var activeCount = 0
        /// Bytes allocated, each inode once.
        package var diskBytes: Int64 = 0
        /// What removing all that nothing needs would free; see docs/accounting.md for whose hand would remove it.
        package var reclaimableBytes: Int64 = 0
    }

    /// One image with all its names.
    package struct ImageRow: Sendable {
        /// The image, with what uses it.
        package var image: ImageSummary
        /// Bytes allocated for its blobs and unpacked layers, shared ones included.
        package var diskBytes: Int64
        /// Of `diskBytes`, what no other image reaches.
        package var uniqueBytes: Int64
        /// What removing it, all names, frees.
        package var freesBytes: Int64
        /// How many containers were made from it.
        package var containerCount: Int

        /// Of `diskBytes`, what some other root reaches as well.
        package var sharedBytes: Int64 { diskBytes - uniqueBytes }
    }

    /// One for each class, in the order of `Class`.
    package private(set) var lines: [Line] = []
    /// Bytes allocated in the store's directory, folders included: the sum of the lines.
    package private(set) var totalBytes: Int64 = 0
    /// Documents that a root needs and that cannot be read; while there are some, nothing counts as reclaimable by them.
    package private(set) var unreadable: [UnreadableDocument] = []
    /// What nothing accounts for, and each orphaned blob's digest.
    package private(set) var strays: [StoreSurvey.Stray] = []
    /// In the order of their digests.
    package private(set) var orphans: [Digest] = []
    private let look: StoreLook
    private let users: [Digest: [ContainerRecord]]

    /// The usage of a store as a look saw it, of which plans can be reclaimed that have expired by `now`.
    package init(_ look: StoreLook, now: Timestamp) {
        totalBytes = look.survey.totalBytes
        unreadable = look.graph.unreadable
        strays = look.survey.strays
        self.look = look
        users = look.containersByImage
        let removable = removable()
        let blobs = blobLines(look, removable)
        lines = Class.allCases.map { kind in blobs[kind] ?? Self.line(kind, look, removable, now) }
    }

    /// Every image, the one whose removal frees most first; counted when it is asked for.
    package func images() -> [ImageRow] {
        let rows = look.images.map { image in
            let owner = StoreGraph.Owner.image(image.digest)
            return ImageRow(
                image: image, diskBytes: look.graph.diskBytes(of: owner), uniqueBytes: look.graph.uniqueBytes(of: owner),
                freesBytes: look.graph.bytesIfRemoved(owner), containerCount: users[image.digest]?.count ?? 0)
        }
        // A row is large, so only what it is sorted by is moved about.
        let keys = rows.indices.map {
            (frees: rows[$0].freesBytes, bytes: rows[$0].diskBytes, digest: rows[$0].image.digest, place: $0)
        }
        let order = keys.sorted { left, right in
            (right.frees, right.bytes, left.digest) < (left.frees, left.bytes, right.digest)
        }
        return order.map { rows[$0.place] }
    }

    /// What `image prune -a` takes: images that no container uses and nobody pinned.
    private func removable() -> [StoreGraph.Owner] {
        look.images.lazy.filter { users[$0.digest] == nil && !$0.isPinned }.map { .image($0.digest) }
    }

    /// Blobs belong to images, or to a session that is bringing them in, or to nobody.
    private mutating func blobLines(_ look: StoreLook, _ removable: [StoreGraph.Owner]) -> [Class: Line] {
        var imageLine = Line(kind: .images, count: look.images.count)
        var partial = Line(kind: .partial, count: look.survey.sessions.count, activeCount: look.holds.count)
        var orphaned = Line(kind: .orphaned)
        let cached = Set(look.cache.compactMap { $0.record.layer?.digest })
        var cache = Line(kind: .buildCache, count: look.cache.count + look.survey.cacheMounts.count)
        cache.diskBytes = look.survey.cacheRecords.diskBytes + look.survey.cacheMounts.values.reduce(0) { $0 + $1.diskBytes }
        if unreadable.isEmpty {
            cache.reclaimableBytes =
                look.graph.reclaimable(look.cache.map { .cacheRecord($0.id) }).blobBytes
                + look.survey.freeableBytes(ofRecords: look.cache)
                + look.survey.cacheMounts.values.reduce(0) { $0 + $1.freeableBytes }
        }
        imageLine.activeCount = look.images.count { users[$0.digest] != nil }
        for (place, digest) in look.survey.blobs.digests.enumerated() {
            let bytes = look.survey.blobs.values[place].diskBytes
            if look.isKept[place] {
                imageLine.diskBytes += bytes
            } else if look.held.contains(digest) {
                partial.diskBytes += bytes
            } else if cached.contains(digest) {
                cache.diskBytes += bytes
            } else {
                orphaned.count += 1
                orphaned.diskBytes += bytes
                orphans.append(digest)
            }
        }
        orphans.sort()
        if unreadable.isEmpty { orphaned.reclaimableBytes = look.survey.freeableBytes(of: orphans.map(StoreItem.blob)) }
        if unreadable.isEmpty { imageLine.reclaimableBytes = look.graph.reclaimable(removable).blobBytes }
        let foreign = look.survey.foreignSessions
        for (name, tree) in look.survey.sessions {
            partial.diskBytes += tree.diskBytes
            if look.holds[name] == nil, !foreign.contains(name) { partial.reclaimableBytes += tree.freeableBytes }
        }
        return [.images: imageLine, .partial: partial, .orphaned: orphaned, .buildCache: cache]
    }

    private static func line(
        _ kind: Class, _ look: StoreLook, _ removable: [StoreGraph.Owner], _ now: Timestamp
    ) -> Line {
        let survey = look.survey
        switch kind {
        case .layers:
            var line = Line(kind: kind, count: survey.layers.count)
            line.diskBytes = survey.layers.values.reduce(0) { $0 + $1.diskBytes }
            line.activeCount = survey.layers.keys.count { look.mounted.contains($0) }
            // What no image and no step of the cache has any more goes with the last of them, or is left over.
            if !survey.layers.isEmpty, look.graph.unreadable.isEmpty {
                let owners = removable + look.cache.map { StoreGraph.Owner.cacheRecord($0.id) }
                let leftover = look.graph.unreached.filter { $0.layer != nil }
                line.reclaimableBytes = look.graph.reclaimable(owners).layerBytes + survey.freeableBytes(of: leftover)
            }
            return line
        case .containers:
            return Line(
                kind: kind, count: survey.containers.count, activeCount: look.running.count,
                diskBytes: survey.containers.values.reduce(0) { $0 + $1.diskBytes },
                reclaimableBytes: (look.containers.map(\.id).filter { !look.running.contains($0) } + look.deadContainers)
                    .reduce(0) { $0 + (survey.containers[$1.text]?.freeableBytes ?? 0) })
        case .volumes:
            let used = Set(look.containers.flatMap { $0.volumes.map(\.text) })
            return Line(
                kind: kind, count: survey.volumes.count, activeCount: survey.volumes.keys.count { used.contains($0) },
                diskBytes: survey.volumes.values.reduce(0) { $0 + $1.diskBytes },
                reclaimableBytes: survey.volumes.filter { !used.contains($0.key) }.reduce(0) { $0 + $1.value.freeableBytes })
        case .trash:
            return Line(
                kind: kind, count: survey.trash.count, diskBytes: survey.trash.values.reduce(0) { $0 + $1.diskBytes },
                reclaimableBytes: look.bins.reduce(0) { $0 + (survey.trash[$1.name.text]?.freeableBytes ?? 0) })
        case .plans:
            return Line(
                kind: kind, count: survey.plans.count, diskBytes: survey.plans.values.reduce(0) { $0 + $1.diskBytes },
                reclaimableBytes: survey.expiredPlans(now: now).reduce(0) { $0 + $1.tree.freeableBytes })
        case .catalog: return line(kind, survey.catalog)
        case .other: return line(kind, survey.other)
        case .unexplained: return line(kind, survey.strays)
        case .buildCache, .images, .orphaned, .partial: return Line(kind: kind)
        }
    }

    private static func line(_ kind: Class, _ files: [StoreSurvey.Stray]) -> Line {
        Line(kind: kind, count: files.count, diskBytes: files.reduce(0) { $0 + $1.diskBytes })
    }
}
