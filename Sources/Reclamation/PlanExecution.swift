import ContentStorage
package import ImageStorage
package import OCISpec
import StorageIO

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
    /// that the plan names and that nothing reaches; see `Release` for how, and for what a killed process leaves. A victim that
    /// fails keeps no other from going, and the outcome says what became of each; an error is thrown where nothing was removed.
    package func run(_ plan: ReclamationPlan) throws(ImageError) -> ReclamationOutcome {
        var done = Done()
        try emptyTrash(plan, &done)
        removeContainers(plan, &done)
        removeCached(plan, &done)
        do throws(ImageError) {
            try release(plan, &done)
        } catch {
            guard done.isBegun else { throw error }
            done.releaseError = error
        }
        for victim in plan.victims {
            guard case .partial(let name) = victim.subject else { continue }
            done.note(victim) { () throws(ContentError) in try store.content.removeAbandonedSession(name) }
        }
        return outcome(plan, done)
    }

    /// What happened so far.
    private struct Done {
        /// What became of victims that are no matter of a release, by their kind and name.
        enum Fate {
            case removed
            /// It was gone, or in use.
            case absent
            case failed(ImageError)
        }

        struct Key: Hashable {
            var type: ReclamationPlan.VictimType
            var name: String

            init(_ victim: ReclamationPlan.Victim) {
                type = victim.type
                name = victim.name
            }
        }

        private(set) var fates: [Key: Fate] = [:]
        private(set) var freedBytes: Int64 = 0
        /// Images that were skipped, by their number in the plan.
        var skipped: [Int: String] = [:]
        var release = ReleaseOutcome()
        /// Why there was no release.
        var releaseError: ImageError?

        /// Whether something was removed, or has failed.
        var isBegun: Bool {
            fates.values.contains { if case .absent = $0 { false } else { true } }
        }

        /// Removes a victim by `body`, which returns what that freed; nil where it was gone, or in use.
        mutating func note(_ victim: ReclamationPlan.Victim, _ body: () throws(ContentError) -> Int64?) {
            do throws(ContentError) {
                let bytes = try body()
                fates[Key(victim)] = bytes == nil ? .absent : .removed
                freedBytes += bytes ?? 0
            } catch {
                fates[Key(victim)] = .failed(.content(error))
            }
        }

        /// Adds bytes that were freed.
        mutating func add(_ bytes: Int64) { freedBytes += bytes }

        /// What became of it.
        func fate(_ victim: ReclamationPlan.Victim) -> Fate { fates[Key(victim)] ?? .absent }
    }

    /// Empties the plan's bins, first of all: that makes room for what else is written.
    private func emptyTrash(_ plan: ReclamationPlan, _ done: inout Done) throws(ImageError) {
        let victims = plan.victims.filter { $0.type == .trash }
        guard !victims.isEmpty else { return }
        // A plan may name anything: only bins that are there are looked for, and none by its path.
        let bins = Dictionary(try reading { () throws(ContentError) in try store.content.trashBins() }.map { ($0.name.text, $0) })
        {
            first, _ in first
        }
        let names = Set(victims.map(\.name)).intersection(bins.keys)
        let released = names.filter { bins[$0]?.content != .setAside }
        done.add(try Release(store, now: now).finishAbandoned(emptying: released).freedBytes)
        let left = try reading { () throws(ContentError) in try store.content.trashBins() }
        for victim in victims {
            done.note(victim) { () throws(ContentError) in
                guard let bin = bins[victim.name] else { return nil }
                if bin.content == .setAside { return try store.content.emptyRepairBin(bin.name) }
                return left.contains(bin) ? nil : 0
            }
        }
    }

    /// Removes the plan's containers, before what they kept is looked at; what they changed cannot be brought back.
    private func removeContainers(_ plan: ReclamationPlan, _ done: inout Done) {
        let victims = plan.victims.filter { $0.type == .container }
        guard !victims.isEmpty else { return }
        let listed = Result { () throws(ContentError) in
            Dictionary(try store.content.containers().map { ($0.id, $0) }) { first, _ in first }
        }
        for victim in victims {
            guard case .container(let id) = victim.subject else { continue }
            done.note(victim) { () throws(ContentError) in
                guard let bytes = try store.content.removeContainer(id) else { return nil }
                onRemovedContainer(victim.name)
                // Until now its image was in use.
                if case .success(let records) = listed, let record = records[id] { store.noteUse(of: record.image, at: now) }
                return bytes
            }
        }
    }

    /// Forgets the plan's cached steps and shared folders, before what they kept is looked at.
    private func removeCached(_ plan: ReclamationPlan, _ done: inout Done) {
        let victims = plan.victims.filter { $0.type == .cache }
        guard !victims.isEmpty else { return }
        let listed = Result { () throws(ContentError) in
            Dictionary(try store.content.cacheEntries().map { ($0.id, $0) }) { first, _ in first }
        }
        for victim in victims {
            done.note(victim) { () throws(ContentError) in
                if case .cacheMount(let digest) = victim.subject { return try store.content.removeCacheMount(digest) }
                guard let entry = try listed.get()[victim.name] else { return nil }
                return try store.content.removeCacheEntry(entry) ? 0 : nil
            }
        }
    }

    /// Takes the images that stand as they did out of the index, and all that the plan names and nothing reaches out of the store.
    private func release(_ plan: ReclamationPlan, _ done: inout Done) throws(ImageError) {
        let users = try reading { () throws(ContentError) in try store.content.containers() }
        var skipped: [Int: String] = [:]
        // Whether orphans may go, the plan's maker has asked; what else goes, other tools may have found here since.
        let isForOrphans = plan.victims.allSatisfy { [.blob, .layer, .partial, .trash].contains($0.type) }
        var options = ReleaseOptions(items: plan.items, keepUntil: keepUntil(plan), plan: plan.id.text)
        if isForOrphans { options.foreignAge = nil }
        done.release = try Release(store, now: now).run(options) { names in
            skipped = [:]
            var chosen: [NamedImage] = []
            let current = CurrentEntries(names, plan, store, users)
            for (number, victim) in plan.victims.enumerated() where victim.type == .image || victim.type == .name {
                if let reason = current.change(since: victim) {
                    skipped[number] = reason
                } else {
                    chosen += current.named(victim.entries) + current.nameless(victim.referrers)
                }
            }
            return chosen
        }
        done.skipped = skipped
    }

    private func keepUntil(_ plan: ReclamationPlan) -> Timestamp? {
        plan.trashSeconds > 0 ? Timestamp(seconds: now.seconds.saturatingAdding(plan.trashSeconds)) : nil
    }

    private func outcome(_ plan: ReclamationPlan, _ done: Done) -> ReclamationOutcome {
        let release = done.release
        let gone = Set(release.entries)
        let items = plan.victims.enumerated().map { number, victim in
            switch victim.type {
            case .image, .name, .blob, .layer:
                if let error = done.releaseError {
                    return ReclamationOutcome.Item(victim.type, victim.name, .failed, failure: error)
                }
                // A process that was killed after the entries went, and whose work this one finished, did remove it.
                let isThere = !victim.entries.isEmpty && !gone.isSuperset(of: victim.entries)
                return Self.item(victim, release, isThere ? done.skipped[number] ?? "it has changed since" : nil)
            case .partial: return Self.item(victim, release, done.fate(victim), absent: "it is gone, or in use again")
            case .cache: return Self.item(victim, release, done.fate(victim), absent: "it is gone, or in use")
            case .container: return Self.item(victim, release, done.fate(victim), absent: "it is gone, or runs")
            case .trash: return Self.item(victim, release, done.fate(victim), absent: "it is gone, or in use")
            }
        }
        let known = Set(items.compactMap(\.failure))
        var outcome = ReclamationOutcome(
            planID: plan.id.text, items: items, predictedBytes: plan.freesBytes, freedBytes: release.freedBytes + done.freedBytes,
            trashedBytes: release.trashedBytes,
            undoableUntil: release.entries.isEmpty && release.removed.isEmpty ? nil : keepUntil(plan),
            unreadable: release.unreadable,
            failures: (release.failures.map(\.error) + [done.releaseError].compactMap(\.self)).filter { !known.contains($0) })
        outcome.foreignWrite = release.foreignWrite
        return outcome
    }

    /// What became of a container, a cached step or a session.
    private static func item(
        _ victim: ReclamationPlan.Victim, _ release: ReleaseOutcome, _ fate: Done.Fate, absent: String
    ) -> ReclamationOutcome.Item {
        switch fate {
        case .removed:
            ReclamationOutcome.Item(
                victim.type, victim.name, .removed, deleted: victim.releases.filter { release.removed.contains(.blob($0)) })
        case .absent: ReclamationOutcome.Item(victim.type, victim.name, .skipped, detail: absent)
        case .failed(let error): ReclamationOutcome.Item(victim.type, victim.name, .failed, failure: error)
        }
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
        if let failure = failure(of: victim, done, isWhole: left == 0) {
            return ReclamationOutcome.Item(
                victim.type, victim.name, .failed, untagged: untagged, deleted: deleted, failure: failure)
        }
        if victim.entries.isEmpty, left > 0 {
            return ReclamationOutcome.Item(
                victim.type, victim.name, .skipped,
                detail: isSpared ? "another tool is writing to the store" : "it is gone, or needed again")
        }
        let reason = isSpared ? "stay while another tool is writing to the store" : "are needed again"
        return ReclamationOutcome.Item(
            victim.type, victim.name, .removed, detail: left > 0 ? "of what it released, \(left) \(reason)" : nil,
            untagged: untagged, deleted: deleted)
    }

    /// What kept a part of the victim from going: a failure of the part, or one of the whole release.
    private static func failure(
        of victim: ReclamationPlan.Victim, _ done: ReleaseOutcome, isWhole: Bool
    ) -> ImageError? {
        guard !isWhole, !done.failures.isEmpty else { return nil }
        let parts = Set(victim.releases.map(StoreItem.blob) + victim.releasedLayers.map(StoreItem.layer))
        let own = done.failures.first { failure in failure.item.map(parts.contains) ?? false }
        return (own ?? done.failures.first { $0.item == nil && done.removed.isEmpty })?.error
    }
}

/// The entries of the index as they are now, beside those that a plan means.
private struct CurrentEntries {
    private let entries: [Descriptor: NamedImage]
    /// Those with a name or a pin, by digest.
    private let called: [Digest: Set<Descriptor>]
    /// Those that the plan takes, one way or the other.
    private let planned: Set<Descriptor>
    private let users: [Digest: [ContainerRecord]]

    init(_ names: [NamedImage], _ plan: ReclamationPlan, _ store: ImageStore, _ containers: [ContainerRecord]) {
        entries = Dictionary(names.map { ($0.descriptor, $0) }) { first, _ in first }
        let called = names.filter { $0.name != nil || $0.descriptor.isPinned }.map(\.descriptor)
        self.called = Dictionary(grouping: called, by: \.digest).mapValues { Set($0) }
        planned = Set(plan.victims.flatMap(\.entries))
        guard !containers.isEmpty else {
            users = [:]
            return
        }
        let digests = Set(planned.map(\.digest))
        let meant = names.filter { digests.contains($0.descriptor.digest) }
        users = ImageUse(containers).users(of: store.summaries(of: meant, DocumentReader(store)))
    }

    func named(_ descriptors: [Descriptor]) -> [NamedImage] { descriptors.compactMap { entries[$0] } }

    /// Those of them that nobody has given a name or a pin: whatever a plan says, only such go with something else.
    func nameless(_ descriptors: [Descriptor]) -> [NamedImage] {
        named(descriptors).filter { $0.name == nil && !$0.descriptor.isPinned }
    }

    /// What keeps the victim from going; nil when it stands as it did.
    func change(since victim: ReclamationPlan.Victim) -> String? {
        guard victim.entries.allSatisfy({ entries[$0] != nil }) else { return "it has changed since" }
        let own = Set(victim.entries)
        for digest in Set(victim.entries.map(\.digest)) {
            let called = called[digest] ?? []
            if victim.type == .name {
                // The image of a single name stays, so another name of it must.
                if called.isSubset(of: planned) { return "it is the only name of its image since" }
                continue
            }
            // A nameless entry of it may stay for the sake of something else, and so may what it keeps.
            if !own.isSuperset(of: called) { return "it has a new name since" }
            if let user = users[digest]?.first { return "container \(user.id) uses it" }
        }
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
