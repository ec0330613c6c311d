import ContentStorage
package import ImageStorage
package import OCISpec
import StorageIO

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
    /// that the plan names and that nothing reaches; see `Release` for how, and for what a killed process leaves. A victim that
    /// fails keeps no other from going, and the outcome says what became of each; an error is thrown where nothing was removed.
    /// Unless the plan was made a moment ago, `isJustMade`, orphans are asked again how old they are.
    package func run(_ plan: ReclamationPlan, isJustMade: Bool = false) throws(ImageError) -> ReclamationOutcome {
        var done = Done()
        if !isJustMade { done.young = try youngOrphans(plan) }
        try emptyTrash(plan, &done)
        removeContainers(plan, &done)
        removeVolumes(plan, &done)
        removeCached(plan, &done)
        do {
            try release(plan, &done)
        } catch {
            guard done.isBegun else { throw error }
            done.releaseError = error
        }
        for victim in plan.victims {
            switch victim.subject {
            case .partial(let name):
                done.note(victim) { () throws(ImageError) in
                    try lift(try store.content.sessions.removeAbandoned(name), to: ImageError.content)
                }
            case .plan(let id):
                done.note(victim) { () throws(ImageError) in
                    try lift(try store.content.plans.removeExpired(id: id, now: now), to: ImageError.content)
                }
            case .image, .name, .blob, .layer, .container, .volume, .cacheStep, .cacheMount, .trash: continue
            }
        }
        return outcome(plan, done)
    }

    /// The plan's orphans that are not as old now as it asks for: since it was made, somebody brought them again.
    private func youngOrphans(_ plan: ReclamationPlan) throws(ImageError) -> Set<StoreItem> {
        let latest = now.seconds.subtractingReportingOverflow(plan.minimumAgeSeconds).partialValue
        return try lift(to: ImageError.content) { () throws(ContentError) in
            var young: Set<StoreItem> = []
            for case .blob(let digest) in plan.victims.map(\.subject) {
                if let seconds = try store.content.blobs.changeSeconds(of: digest), seconds > latest {
                    young.insert(.blob(digest))
                }
            }
            return young
        }
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
        /// Orphans that stay since they are not old enough.
        var young: Set<StoreItem> = []
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
        mutating func note(_ victim: ReclamationPlan.Victim, _ body: () throws(ImageError) -> Int64?) {
            do {
                let bytes = try body()
                fates[Key(victim)] = bytes == nil ? .absent : .removed
                freedBytes += bytes ?? 0
            } catch {
                fates[Key(victim)] = .failed(error)
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
        let bins = Dictionary(
            try lift(try store.content.trash.bins(), to: ImageError.content).map { ($0.name.text, $0) }
        ) {
            first, _ in first
        }
        let names = Set(victims.map(\.name)).intersection(bins.keys)
        let released = names.filter { bins[$0]?.content != .setAside }
        let release = try Release(store, now: now).finishAbandoned(emptying: released)
        done.add(release.freedBytes)
        let failed = Dictionary(release.failures.map { ($0.bin, $0.error) }) { first, _ in first }
        let left = try lift(try store.content.trash.bins(), to: ImageError.content)
        for victim in victims {
            done.note(victim) { () throws(ImageError) in
                guard let bin = bins[victim.name] else { return nil }
                if let error = failed[victim.name] { throw error }
                if bin.content == .setAside {
                    return try lift(try store.content.trash.emptyRepairBin(bin.name), to: ImageError.content)
                }
                return left.contains(bin) ? nil : 0
            }
        }
    }

    /// Removes the plan's containers, before what they kept is looked at; what they changed cannot be brought back.
    private func removeContainers(_ plan: ReclamationPlan, _ done: inout Done) {
        let victims = plan.victims.filter { $0.type == .container }
        guard !victims.isEmpty else { return }
        let listed = Result { () throws(ContentError) in
            Dictionary(try store.content.containers.all().map { ($0.id, $0.record) }) { first, _ in first }
        }
        for victim in victims {
            guard case .container(let id) = victim.subject else { continue }
            done.note(victim) { () throws(ImageError) in
                let removed = try lift(try store.content.containers.remove(id), to: ImageError.content)
                guard let bytes = removed else { return nil }
                // Until now its image was in use.
                if case .success(let records) = listed, case .success(let record)? = records[id] {
                    store.noteUse(of: record.image, at: now)
                }
                return bytes
            }
        }
    }

    /// Removes the plan's volumes, after the containers that may have mounted them; their data cannot be brought back.
    private func removeVolumes(_ plan: ReclamationPlan, _ done: inout Done) {
        for victim in plan.victims {
            guard case .volume(let name) = victim.subject else { continue }
            done.note(victim) { () throws(ImageError) in
                do throws(ContentError) { return try store.content.volumes.remove(name) } catch {
                    if case .volumeInUse = error { return nil }
                    throw .content(error)
                }
            }
        }
    }

    /// Forgets the plan's cached steps and shared folders, before what they kept is looked at.
    private func removeCached(_ plan: ReclamationPlan, _ done: inout Done) {
        let victims = plan.victims.filter { $0.type == .cache }
        guard !victims.isEmpty else { return }
        let listed = Result { () throws(ContentError) in
            Dictionary(try store.content.buildCache.entries().map { ($0.id, $0) }) { first, _ in first }
        }
        for victim in victims {
            done.note(victim) { () throws(ImageError) in
                try lift(to: ImageError.content) { () throws(ContentError) in
                    if case .cacheMount(let digest) = victim.subject { return try store.content.buildCache.removeMount(digest) }
                    guard let entry = try listed.get()[victim.name] else { return nil }
                    return try store.content.buildCache.remove(entry)
                }
            }
        }
    }

    /// Takes the images that stand as they did out of the index, and all that the plan names and nothing reaches out of the store.
    private func release(_ plan: ReclamationPlan, _ done: inout Done) throws(ImageError) {
        let users = try lift(try store.content.containers.records(), to: ImageError.content)
        var skipped: [Int: String] = [:]
        // Orphans have the age that the plan's maker asked for; what else goes, other tools may have found here a moment ago.
        let isForOrphans = plan.victims.allSatisfy { [.blob, .layer].contains($0.type) || $0.releasesNothing }
        var options = ReleaseOptions(
            items: plan.items.subtracting(done.young), keepUntil: keepUntil(plan), plan: plan.id.text)
        if isForOrphans { options.foreignAge = .seconds(plan.minimumAgeSeconds) }
        let release = Release(store, now: now)
        done.release = try release.run(options) { names throws(ImageError) in
            let choice = try CurrentEntries(names, plan, store, users).choose(by: release)
            skipped = choice.skipped
            return choice.chosen
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
                let isYoung = victim.subject.item.map(done.young.contains) ?? false
                return Self.item(victim, release, isThere || isYoung ? done.skipped[number] ?? "it has changed since" : nil)
            case .partial: return Self.item(victim, release, done.fate(victim), absent: "it is gone, or in use again")
            case .cache: return Self.item(victim, release, done.fate(victim), absent: "it is gone, or in use")
            case .container: return Self.item(victim, release, done.fate(victim), absent: "it is gone, or runs")
            case .volume: return Self.item(victim, release, done.fate(victim), absent: "it is gone, or a container mounts it")
            // A leak is an engine's.
            case .trash, .leak: return Self.item(victim, release, done.fate(victim), absent: "it is gone, or in use")
            case .plan: return Self.item(victim, release, done.fate(victim), absent: "it is gone, or has not expired")
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

extension ReclamationPlan {
    /// All that may go by it.
    fileprivate var items: Set<StoreItem> {
        victims.reduce(into: []) { items, victim in
            items.formUnion(victim.releases.map(StoreItem.blob))
            items.formUnion(victim.releasedLayers.map(StoreItem.layer))
        }
    }
}

extension ReclamationPlan.Victim {
    /// Whether neither the index nor any blob or unpacked layer goes by it.
    fileprivate var releasesNothing: Bool { entries.isEmpty && releases.isEmpty && releasedLayers.isEmpty }
}

extension ReclamationPlan.Subject {
    /// The orphaned blob that it is.
    fileprivate var item: StoreItem? {
        if case .blob(let digest) = self { .blob(digest) } else { nil }
    }
}

extension Int64 {
    fileprivate func saturatingAdding(_ other: Int64) -> Int64 {
        let (sum, isTooMuch) = addingReportingOverflow(other)
        return isTooMuch ? .max : sum
    }
}
