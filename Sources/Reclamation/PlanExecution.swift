import ContentStorage
package import ImageStorage
package import OCISpec

/// Carries out a plan: exactly what it names goes, and what changed since it was made is skipped.
package struct PlanExecution {
    private let store: ImageStore
    private let now: Timestamp

    /// An execution in `store`.
    package init(_ store: ImageStore, now: Timestamp) {
        self.store = store
        self.now = now
    }

    /// Removes the plan's victims.
    ///
    /// An image goes when its entries stand in the index as they did and no other has come, and no container uses it. Blobs go
    /// that the plan names and that nothing reaches; see `Release` for how, and for what a killed process leaves.
    package func run(_ plan: ReclamationPlan) throws(ImageError) -> ReclamationOutcome {
        let (goneContainers, freedContainerBytes) = try removeContainers(plan)
        let users = try reading { () throws(ContentError) in try store.content.containers() }
        let keepUntil =
            plan.trashSeconds > 0 ? Timestamp(seconds: now.seconds.saturatingAdding(plan.trashSeconds)) : nil
        var skipped: [Int: String] = [:]
        let release = Release(store, now: now)
        let (cache, freedCacheBytes) = try removeCached(plan)
        let options = ReleaseOptions(items: plan.items, keepUntil: keepUntil, plan: plan.id)
        let done = try release.run(options) { names in
            skipped = [:]
            var chosen: [NamedImage] = []
            let current = CurrentEntries(names)
            for (number, victim) in plan.victims.enumerated() where victim.type == .image {
                if let reason = current.change(since: victim, users: users) {
                    skipped[number] = reason
                } else {
                    chosen += current.named(victim.entries)
                }
            }
            return chosen
        }
        return try outcome(
            plan, done, skipped, keepUntil, cache, goneContainers, freedBytes: freedCacheBytes + freedContainerBytes)
    }

    /// Removes the plan's containers, before what they kept is looked at; what they changed cannot be brought back.
    private func removeContainers(_ plan: ReclamationPlan) throws(ImageError) -> (removed: Set<String>, freedBytes: Int64) {
        var removed: Set<String> = []
        var freed: Int64 = 0
        let records = try reading { () throws(ContentError) in try store.content.containers() }
        for victim in plan.victims where victim.type == .container {
            let bytes = try reading { () throws(ContentError) in try store.content.removeContainer(victim.name) }
            guard let bytes else { continue }
            // Until now its image was in use.
            for record in records where record.id == victim.name { store.noteUse(of: record.image, at: now) }
            removed.insert(victim.name)
            freed += bytes
        }
        return (removed, freed)
    }

    /// What the names of shared folders begin with, among the names of cached steps.
    static let mountPrefix = "mount:"

    /// Forgets the plan's cached steps and shared folders, before what they kept is looked at; true for those that were there.
    private func removeCached(_ plan: ReclamationPlan) throws(ImageError) -> (removed: [String: Bool], freedBytes: Int64) {
        let names = plan.victims.filter { $0.type == .cache }.map(\.name)
        guard !names.isEmpty else { return ([:], 0) }
        return try reading { () throws(ContentError) in
            var removed: [String: Bool] = [:]
            var freed: Int64 = 0
            let entries = Dictionary(try store.content.cacheEntries().map { ($0.id, $0) }) { first, _ in first }
            for name in names {
                if name.hasPrefix(Self.mountPrefix) {
                    let bytes = try store.content.removeCacheMount(String(name.dropFirst(Self.mountPrefix.count)))
                    removed[name] = bytes != nil
                    freed += bytes ?? 0
                } else {
                    removed[name] =
                        try entries[name].map { entry throws(ContentError) in
                            try store.content.removeCacheEntry(entry)
                        } ?? false
                }
            }
            return (removed, freed)
        }
    }

    private func outcome(
        _ plan: ReclamationPlan, _ done: ReleaseOutcome, _ skipped: [Int: String], _ keepUntil: Timestamp?,
        _ cache: [String: Bool], _ containers: Set<String>, freedBytes: Int64
    ) throws(ImageError) -> ReclamationOutcome {
        var freed = done.freedBytes + freedBytes
        var items: [ReclamationOutcome.Item] = []
        let gone = Set(done.entries)
        for (number, victim) in plan.victims.enumerated() {
            switch victim.type {
            case .image:
                // A process that was killed after the entries went, and whose work this one finished, did remove it.
                let isGone = gone.isSuperset(of: victim.entries)
                items.append(Self.item(victim, done, isGone ? nil : skipped[number] ?? "it has changed since"))
            case .blob, .layer: items.append(Self.item(victim, done, nil))
            case .partial:
                let bytes = try reading { () throws(ContentError) in
                    try store.content.removeAbandonedSession(victim.name)
                }
                freed += bytes ?? 0
                items.append(
                    bytes == nil
                        ? ReclamationOutcome.Item(.partial, victim.name, .skipped, detail: "it is gone, or in use again")
                        : ReclamationOutcome.Item(.partial, victim.name, .removed))
            case .cache:
                items.append(
                    cache[victim.name] == true
                        ? ReclamationOutcome.Item(
                            .cache, victim.name, .removed, deleted: victim.releases.filter { done.removed.contains(.blob($0)) })
                        : ReclamationOutcome.Item(.cache, victim.name, .skipped, detail: "it is gone, or in use"))
            case .container:
                items.append(
                    containers.contains(victim.name)
                        ? ReclamationOutcome.Item(
                            .container, victim.name, .removed,
                            deleted: victim.releases.filter { done.removed.contains(.blob($0)) })
                        : ReclamationOutcome.Item(.container, victim.name, .skipped, detail: "it is gone, or runs"))
            }
        }
        return ReclamationOutcome(
            planID: plan.id, items: items, predictedBytes: plan.freesBytes, freedBytes: freed,
            trashedBytes: done.trashedBytes, undoableUntil: done.entries.isEmpty && done.removed.isEmpty ? nil : keepUntil,
            unreadable: done.unreadable)
    }

    private static func item(
        _ victim: ReclamationPlan.Victim, _ done: ReleaseOutcome, _ skipped: String?
    ) -> ReclamationOutcome.Item {
        if let skipped { return ReclamationOutcome.Item(victim.type, victim.name, .skipped, detail: skipped) }
        let deleted = victim.releases.filter { done.removed.contains(.blob($0)) }
        let layers = victim.releasedLayers.filter { done.removed.contains(.layer($0)) }
        let left = victim.releases.count - deleted.count + victim.releasedLayers.count - layers.count
        let untagged = victim.entries.compactMap { $0.entryName?.familiar }
        if victim.type != .image, left > 0 {
            return ReclamationOutcome.Item(victim.type, victim.name, .skipped, detail: "it is gone, or needed again")
        }
        return ReclamationOutcome.Item(
            victim.type, victim.name, .removed, detail: left > 0 ? "of what it released, \(left) are needed again" : nil,
            untagged: untagged, deleted: deleted)
    }
}

/// The entries of the index as they are now.
private struct CurrentEntries {
    private let entries: [Descriptor: NamedImage]
    private let counts: [Digest: Int]

    init(_ names: [NamedImage]) {
        entries = Dictionary(names.map { ($0.descriptor, $0) }) { first, _ in first }
        counts = Dictionary(names.map { ($0.descriptor.digest, 1) }, uniquingKeysWith: +)
    }

    func named(_ descriptors: [Descriptor]) -> [NamedImage] { descriptors.compactMap { entries[$0] } }

    /// What keeps the victim from going; nil when it stands as it did.
    func change(since victim: ReclamationPlan.Victim, users: [ContainerRecord]) -> String? {
        guard victim.entries.allSatisfy({ entries[$0] != nil }) else { return "it has changed since" }
        let planned = Dictionary(victim.entries.map { ($0.digest, 1) }, uniquingKeysWith: +)
        if planned.contains(where: { counts[$0.key] != $0.value }) { return "it has a new name since" }
        let digests = Set(victim.entries.map(\.digest))
        if let user = users.first(where: { digests.contains($0.image.digest) }) { return "container \(user.id) uses it" }
        return nil
    }
}

extension ReclamationPlan {
    /// All that may go by it.
    fileprivate var items: Set<StoreItem> {
        victims.reduce(into: []) { items, victim in
            items.formUnion(victim.releases.map(StoreItem.blob))
            items.formUnion(victim.releasedLayers.map(StoreItem.layer))
        }
    }
}

extension Int64 {
    fileprivate func saturatingAdding(_ other: Int64) -> Int64 {
        let (sum, isTooMuch) = addingReportingOverflow(other)
        return isTooMuch ? .max : sum
    }
}
