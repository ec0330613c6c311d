import ContentStorage
package import ImageStorage
package import OCISpec
import StorageIO

/// What a release did, as measured.
package struct ReleaseOutcome: Sendable {
    /// The entries that were taken out of the index.
    package var entries: [Descriptor] = []
    /// What was taken out of the store.
    package var removed: Set<StoreItem> = []
    /// Bytes that left the file system.
    package var freedBytes: Int64 = 0
    /// Bytes that were moved into the trash, and stay there for a while.
    package var trashedBytes: Int64 = 0
    /// Documents that a root needs and that cannot be read: because of them nothing was deleted.
    package var unreadable: [UnreadableDocument] = []
    /// What another tool is writing, by its path below the store: because of it what was released stays for now.
    package var foreignWrite: String?
    /// What did not work once the entries were gone.
    package var failures: [ReleaseFailure] = []

    /// The same, for who does nothing about failures but to fail.
    package func orThrow() throws(ImageError) -> ReleaseOutcome {
        if let failure = failures.first { throw failure.error }
        return self
    }
}

/// A part of a release that did not work; the others went on.
package struct ReleaseFailure: Hashable, Sendable {
    /// What could not be taken out of the store; nil for a whole bin.
    ///
    /// The next release tries again.
    package var item: StoreItem?
    /// The bin that could not be emptied or kept, by its name; nil for a single item.
    package var bin: String?
    /// What stopped it.
    package var error: ImageError
}

/// What may go beside the entries of a release, and how.
package struct ReleaseOptions: Sendable {
    /// What goes unless something reaches it; nil for all that the entries lead to.
    package var items: Set<StoreItem>?
    /// Until when what goes stays in the trash; nil for not at all.
    package var keepUntil: Timestamp?
    /// The plan that is carried out.
    package var plan: String?
    /// How long ago another tool may have written last for what is released to stay, as it may count on that; nil for not to ask.
    package var foreignAge: Duration?

    /// Options from their parts; by default all that the entries lead to goes at once, unless another tool was at work within an hour.
    package init(
        items: Set<StoreItem>? = nil, keepUntil: Timestamp? = nil, plan: String? = nil, foreignAge: Duration? = .seconds(3600)
    ) {
        self.items = items
        self.keepUntil = keepUntil
        self.plan = plan
        self.foreignAge = foreignAge
    }
}

/// Takes entries out of `index.json`, and deletes what they alone kept.
///
/// The order makes it safe to be killed anywhere, and safe beside everything else:
/// 1. A bin of the trash with a record of what is about to go is on the disk.
/// 2. The entries go, by one update of the index.
/// 3. Under the sweep lock, so that no session takes a hold meanwhile, holds, index and containers are read anew, in this
///    order; what none of them reaches is renamed into the bin.
/// 4. After the lock the bin is emptied, or kept for a while.
/// A process that dies in between leaves a bin that the next release finishes: where the entries are gone, its items are
/// checked and moved as in 3; what is in it already and is needed again is put back. Only what a record names is deleted: blobs that nobody's command released are left to `gc`.
package struct Release {
    private let store: ImageStore
    private let documents: DocumentReader
    private let now: Timestamp

    /// A release in `store`.
    package init(_ store: ImageStore, now: Timestamp) {
        self.store = store
        self.now = now
        documents = DocumentReader(store)
    }

    /// The blobs that entries lead to, and that may go with them, in the order in which people are told of it; call it before
    /// they went.
    package func blobs(of entries: [Descriptor]) -> [Digest] { DeletionOrder.digests(of: entries, documents) }

    /// The entries that go when `gone` do, since they are about nothing else; see `Referrers`.
    package func referrers(
        leavingWith gone: some Collection<Descriptor>, among names: [NamedImage]
    ) throws(ImageError) -> [Descriptor] {
        guard !gone.isEmpty else { return [] }
        let containers = try lift(try store.content.containers.records(), to: ImageError.content)
        return Referrers.leaving(with: gone, among: names, containers: containers.map(\.image), documents)
    }

    /// The entries that are there for the sake of something that is kept as the index and the containers are now.
    func referrers(among names: [NamedImage]) throws(ImageError) -> Referrers {
        let containers = try lift(try store.content.containers.records(), to: ImageError.content)
        return Referrers(names, containers: containers.map(\.image), documents)
    }

    private func reach(of entries: [Descriptor]) -> Set<StoreItem> {
        var marking = Marking(documents)
        for entry in entries { marking.visit(entry) }
        return marking.reached
    }

    /// Removes the entries that `choose` picks from the index, and what they alone kept or the options name.
    ///
    /// `choose` is asked again when another process changes the index before the entries went. With nothing chosen and named
    /// only what dead processes left is finished. On a full disk the store's reserve makes room for what must be written. An error
    /// is thrown as long as nothing was removed; what does not work afterwards is among the outcome's failures, and keeps nothing
    /// else from going.
    package func run(
        _ options: ReleaseOptions = ReleaseOptions(),
        _ choose: (_ names: [NamedImage]) throws(ImageError) -> [NamedImage]
    ) throws(ImageError) -> ReleaseOutcome {
        var isBegun = false
        do {
            return try attempt(options, &isBegun, choose)
        } catch {
            guard !isBegun, case .content(let reason) = error, reason.isOutOfSpace, store.content.reserve.give() else {
                throw error
            }
            // What is over gives room.
            var outcome = try finishAbandoned()
            outcome.add(try attempt(options, &isBegun, choose))
            return outcome
        }
    }

    /// `isBegun` becomes true once the entries are gone.
    private func attempt(
        _ options: ReleaseOptions, _ isBegun: inout Bool,
        _ choose: (_ names: [NamedImage]) throws(ImageError) -> [NamedImage]
    ) throws(ImageError) -> ReleaseOutcome {
        while true {
            let seen = try lift(try store.content.index.read(), to: ImageError.content)
            let names = ImageStore.names(of: seen)
            var chosen = Set(try choose(names).map(\.descriptor))
            // A plan names all that goes.
            if options.items == nil { chosen.formUnion(try referrers(leavingWith: chosen, among: names)) }
            // In the index's order: of two that bear one name the later one has it, also when they come back.
            let entries = seen.manifests.filter(chosen.contains)
            let items = options.items ?? reach(of: entries)
            guard !entries.isEmpty || !items.isEmpty else { return try finishAbandoned() }
            let record = Self.record(entries, items.sorted(), options)
            let bin = try lift(try store.content.trash.makeBin(record), to: ImageError.content)
            var isDone = false
            do {
                // With no entries there is nothing that the index must still say.
                isDone = entries.isEmpty
                if !isDone { isDone = try lift(try remove(entries, from: seen), to: ImageError.content) }
            } catch {
                giveUp(bin, seen)
                throw error
            }
            if isDone {
                isBegun = true
                return finishAll(bin, entries, options)
            }
            _ = try lift(try bin.empty(), to: ImageError.content)
        }
    }

    /// Finishes what was begun now, and then what others left: what only these entries needed is not put back for them.
    private func finishAll(_ bin: TrashBin, _ entries: [Descriptor], _ options: ReleaseOptions) -> ReleaseOutcome {
        var outcome: ReleaseOutcome
        do {
            outcome = try finish([bin], options.foreignAge)
        } catch {
            // The entries are gone, and that is to be told; the next release goes on with the bin.
            bin.leave()
            return ReleaseOutcome(entries: entries, failures: [ReleaseFailure(error: error)])
        }
        do { outcome.add(try finishAbandoned(besides: bin.name)) } catch {
            outcome.failures.append(ReleaseFailure(error: error))
        }
        return outcome
    }

    /// Empties the bin where the index stands as it was, so that its record is void.
    ///
    /// The update may have failed after its rename, when only the sync of the directory was left: then the next release
    /// finishes what this one began.
    private func giveUp(_ bin: TrashBin, _ seen: ImageIndex) {
        do throws(ContentError) {
            if try store.content.index.read() == seen { _ = try bin.empty() } else { bin.leave() }
        } catch {
            // The first failure is the one to tell.
            bin.leave()
        }
    }

    /// Finishes what dead processes began, and empties the bins whose time is over, and those in `names` before their time.
    ///
    /// The bin named `own` is the caller's, and left to the next release where it is not done.
    package func finishAbandoned(
        emptying names: Set<String> = [], besides own: String? = nil
    ) throws(ImageError) -> ReleaseOutcome {
        var freed: Int64 = 0
        let abandoned = try store.content.sweep(orElse: ImageError.content) { sweep throws(ImageError) in
            try lift(to: ImageError.content) { () throws(ContentError) in
                freed = try sweep.removeStaleShortNames()
                return try sweep.abandonedBins(now: now, and: names)
            }
        }
        for bin in abandoned where bin.name == own { bin.leave() }
        let bins = abandoned.filter { $0.name != own }
        var outcome = bins.isEmpty ? ReleaseOutcome() : try finish(bins, ReleaseOptions().foreignAge, emptying: names)
        outcome.freedBytes += freed
        // Whoever began it has told it, and as long as it lasts the next command has no part in it, unless it was asked for it.
        outcome.failures = outcome.failures.filter { failure in failure.bin.map(names.contains) ?? false }
        return outcome
    }

    private func remove(_ entries: [Descriptor], from seen: ImageIndex) throws(ContentError) -> Bool {
        try store.content.index.update(from: seen) { index in
            let gone = Set(entries)
            let names = ImageStore.names(of: index)
            let free = Set(names.filter { gone.contains($0.descriptor) }.compactMap(\.name))
            // An entry whose name a later one took must not come to light again when that one goes.
            index.manifests = names.compactMap { entry in
                guard !gone.contains(entry.descriptor) else { return nil }
                let isShadowed = entry.name == nil && entry.descriptor.entryName.map(free.contains) == true
                return isShadowed ? entry.descriptor.named(nil) : entry.descriptor
            }
        }
    }

    /// Moves what the bins' records name and nothing reaches into them, and empties those that are not to be kept.
    private func finish(
        _ bins: [TrashBin], _ foreignAge: Duration?, emptying names: Set<String> = []
    ) throws(ImageError) -> ReleaseOutcome {
        var (left, unfinished): (Set<String>, Set<String>) = ([], [])
        var outcome = try store.content.sweep(orElse: ImageError.content) { sweep throws(ImageError) in
            try move(bins, sweep, foreignAge, leaving: &left, &unfinished)
        }
        let gone = Set(outcome.entries)
        for bin in bins {
            guard !left.contains(bin.name) else {
                bin.leave()
                continue
            }
            let isAsked = names.contains(bin.name)
            let isKept = !isAsked && !bin.record.isOver(at: now) && gone.isSuperset(of: bin.record.entries)
            let isDone = !unfinished.contains(bin.name)
            do {
                let own = isAsked && isDone ? try bin.ownBytes() : 0
                if isKept {
                    outcome.trashedBytes += try bin.keep(isDone: isDone)
                } else {
                    outcome.freedBytes += try bin.empty(isDone: isDone) + own
                }
            } catch {
                outcome.failures.append(ReleaseFailure(bin: bin.name, error: .content(error)))
            }
        }
        documents.save()
        return outcome
    }

    private func move(
        _ bins: [TrashBin], _ sweep: Sweep, _ foreignAge: Duration?, leaving left: inout Set<String>,
        _ unfinished: inout Set<String>
    ) throws(ImageError) -> ReleaseOutcome {
        var (protected, index) = try protected(sweep)
        // What comes back may lead to more that must.
        while try putBack(from: bins, protected) > 0 { (protected, index) = try self.protected(sweep) }
        var outcome = ReleaseOutcome(unreadable: protected.unreadable)
        // What it has found here and not named yet, nobody else knows: `gc` takes what nothing reaches then.
        if let foreignAge {
            let latest = now.seconds - foreignAge.components.seconds
            outcome.foreignWrite = try lift(try store.content.foreignWrites.first(after: latest), to: ImageError.content)
        }
        let entries = Set(index.manifests)
        for bin in bins {
            // While it cannot be told what is needed, nothing in a bin may go.
            let isInDoubt = protected.unreadable.isEmpty ? false : try !isEmpty(bin)
            if isInDoubt { left.insert(bin.name) }
            // A process that died before its entries went released nothing.
            guard entries.isDisjoint(with: bin.record.entries) else { continue }
            outcome.entries += bin.record.entries
            guard protected.unreadable.isEmpty, outcome.foreignWrite == nil else { continue }
            let items = bin.record.blobs.map(StoreItem.blob) + bin.record.layers.map(StoreItem.layer)
            for item in items where !protected.hasReached(item) {
                do {
                    if try Self.move(item, to: bin, sweep) { outcome.removed.insert(item) }
                } catch {
                    unfinished.insert(bin.name)
                    outcome.failures.append(ReleaseFailure(item: item, error: .content(error)))
                }
            }
        }
        return outcome
    }

    /// Puts back what is needed again of what a dead process, or an earlier release, moved into bins: somebody may have undone
    /// its change of the index.
    ///
    /// Of a bin whose time is over only blobs come back: a layer that is needed again is unpacked again, and was counted as gone.
    private func putBack(from bins: [TrashBin], _ protected: Marking) throws(ImageError) -> Int {
        try lift(to: ImageError.content) { () throws(ContentError) in
            var count = 0
            for bin in bins {
                let (blobs, layers) = try bin.contents()
                count += try bin.restore(
                    blobs: blobs.filter { protected.hasReached(.blob($0)) },
                    layers: bin.isComplete ? [] : layers.filter { protected.hasReached(.layer($0)) })
            }
            return count
        }
    }

    private func isEmpty(_ bin: TrashBin) throws(ImageError) -> Bool {
        let (blobs, layers) = try lift(try bin.contents(), to: ImageError.content)
        return blobs.isEmpty && layers.isEmpty
    }

    /// All that is needed at this moment; nobody can take a hold before the sweep is over.
    private func protected(_ sweep: Sweep) throws(ImageError) -> (marking: Marking, index: ImageIndex) {
        documents.forgetPresence()
        return try lift(to: ImageError.content) { () throws(ContentError) in
            let holds = try sweep.liveHolds()
            let index = try store.content.index.read()
            let names = ImageStore.names(of: index)
            let containers = try store.content.containers.records()
            let referrers = Referrers(names, containers: containers.map(\.image), documents)
            var marking = Marking(documents, .everything, referrers)
            marking.hold(holds)
            marking.note(index.oddEntries)
            for entry in names where !referrers.isReferrerOfPresent(entry) {
                marking.visit(entry.descriptor, for: .entry(entry.familiar))
            }
            for container in containers {
                marking.visit(container.image, for: .container(container.id.text, name: container.name))
            }
            // Every entry that stands protects what it leads to; of these all has been reached with what they are about.
            for entry in names where referrers.isReferrerOfPresent(entry) { marking.visit(entry.descriptor) }
            for entry in try store.content.buildCache.entries() { marking.hold(entry.digests) }
            return (marking, index)
        }
    }

    private static func move(_ item: StoreItem, to bin: TrashBin, _ sweep: Sweep) throws(ContentError) -> Bool {
        switch item {
        case .blob(let digest): try sweep.move(blob: digest, to: bin)
        case .layer(let diffID): try sweep.move(layer: diffID, to: bin)
        }
    }

    private static func record(_ entries: [Descriptor], _ items: [StoreItem], _ options: ReleaseOptions) -> TrashBin.Record {
        var record = TrashBin.Record(
            entries: entries, blobs: [], layers: [], keepUntil: options.keepUntil?.description, plan: options.plan)
        for item in items {
            switch item {
            case .blob(let digest): record.blobs.append(digest)
            case .layer(let diffID): record.layers.append(diffID)
            }
        }
        return record
    }
}

extension ReleaseOutcome {
    fileprivate mutating func add(_ other: ReleaseOutcome) {
        entries += other.entries
        removed.formUnion(other.removed)
        freedBytes += other.freedBytes
        trashedBytes += other.trashedBytes
        unreadable += other.unreadable.filter { !unreadable.contains($0) }
        foreignWrite = foreignWrite ?? other.foreignWrite
        failures += other.failures
    }
}
