import ContentStorage
package import ImageStorage
package import OCISpec

/// Carries out a plan: exactly what it names goes, and what changed since it was made is skipped.
package struct PlanExecution {
    private let store: ImageStore
    private let now: Timestamp
    private let onRemovedContainer: (_ id: String) -> Void

    /// An execution in `store`; `onRemovedContainer` is told of each container that went, so that what a runtime left outside the
    /// store goes as well.
    package init(_ store: ImageStore, now: Timestamp, onRemovedContainer: @escaping (_ id: String) -> Void = { _ in }) {
        self.store = store
        self.now = now
        self.onRemovedContainer = onRemovedContainer
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
        // Whether orphans may go, the plan's maker has asked; what else goes, other tools may have found here since.
        let isForOrphans = plan.victims.allSatisfy { [.blob, .layer, .partial].contains($0.type) }
        var options = ReleaseOptions(items: plan.items, keepUntil: keepUntil, plan: plan.id)
        if isForOrphans { options.foreignAge = nil }
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
        for victim in plan.victims where victim.type == .container {
            let bytes = try reading { () throws(ContentError) in try store.content.removeContainer(victim.name) }
            guard let bytes else { continue }
            onRemovedContainer(victim.name)
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
        var outcome = ReclamationOutcome(
            planID: plan.id, items: items, predictedBytes: plan.freesBytes, freedBytes: freed,
            trashedBytes: done.trashedBytes, undoableUntil: done.entries.isEmpty && done.removed.isEmpty ? nil : keepUntil,
            unreadable: done.unreadable)
        outcome.foreignWrite = done.foreignWrite
        return outcome
    }

    private static func item(
        _ victim: ReclamationPlan.Victim, _ done: ReleaseOutcome, _ skipped: String?
    ) -> ReclamationOutcome.Item {
        if let skipped { return ReclamationOutcome.Item(victim.type, victim.name, .skipped, detail: skipped) }
        let deleted = victim.releases.filter { done.removed.contains(.blob($0)) }
        let layers = victim.releasedLayers.filter { done.removed.contains(.layer($0)) }
        let left = victim.releases.count - deleted.count + victim.releasedLayers.count - layers.count
        let untagged = victim.entries.compactMap { $0.entryName?.familiar }
        let isSpared = done.foreignWrite != nil
        if victim.type != .image, left > 0 {
            return ReclamationOutcome.Item(
                victim.type, victim.name, .skipped,
                detail: isSpared ? "another tool is writing to the store" : "it is gone, or needed again")
        }
        let reason = isSpared ? "stay while another tool is writing to the store" : "are needed again"
        return ReclamationOutcome.Item(
            victim.type, victim.name, .removed, detail: left > 0 ? "of what it released, \(left) \(reason)" : nil,
            untagged: untagged, deleted: deleted)
    }
}

/// The entries of the index as they are now.
private struct CurrentEntries {
    private let entries: [Descriptor: NamedImage]
    /// Those with a name or a pin, by digest.
    private let called: [Digest: Set<Descriptor>]

    init(_ names: [NamedImage]) {
        entries = Dictionary(names.map { ($0.descriptor, $0) }) { first, _ in first }
        let called = names.filter { $0.name != nil || $0.descriptor.isPinned }.map(\.descriptor)
        self.called = Dictionary(grouping: called, by: \.digest).mapValues { Set($0) }
    }

    func named(_ descriptors: [Descriptor]) -> [NamedImage] { descriptors.compactMap { entries[$0] } }

    /// What keeps the victim from going; nil when it stands as it did.
    func change(since victim: ReclamationPlan.Victim, users: [ContainerRecord]) -> String? {
        guard victim.entries.allSatisfy({ entries[$0] != nil }) else { return "it has changed since" }
        let planned = Set(victim.entries)
        let digests = Set(victim.entries.map(\.digest))
        // A nameless entry of it may stay for the sake of something else, and so may what it keeps.
        if digests.contains(where: { !planned.isSuperset(of: called[$0] ?? []) }) { return "it has a new name since" }
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
