import ContentStorage
import ImageStorage
import OCISpec

/// The entries of the index as they are now, beside those that a plan means.
struct CurrentEntries {
    private let names: [NamedImage]
    private let plan: ReclamationPlan
    private let entries: [Descriptor: NamedImage]
    /// Those with a name or a pin, by digest.
    private let called: [Digest: Set<Descriptor>]
    /// Those that the plan takes, one way or the other.
    private let planned: Set<Descriptor>
    private let users: [Digest: [ContainerRecord]]

    init(_ names: [NamedImage], _ plan: ReclamationPlan, _ store: ImageStore, _ containers: [ContainerRecord]) {
        self.names = names
        self.plan = plan
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

    /// What of a plan goes, and why the rest does not.
    struct Choice {
        fileprivate(set) var chosen: [NamedImage] = []
        /// The reasons, by the places of victims in the plan.
        fileprivate(set) var skipped: [Int: String] = [:]
    }

    /// What of the plan goes as the entries are now.
    ///
    /// Whatever a plan says, what is about something goes only where that goes: by its own victims, or since its keepers are gone.
    func choose(by release: Release) throws(ImageError) -> Choice {
        var choice = Choice()
        var bound: [(number: Int, entries: [NamedImage])] = []
        var planned: [NamedImage] = []
        let referrers = try release.referrers(among: names)
        for (number, victim) in plan.victims.enumerated() where victim.type == .image || victim.type == .name {
            if let reason = change(since: victim) {
                choice.skipped[number] = reason
                continue
            }
            let own = named(victim.entries)
            if own.contains(where: referrers.isReferrerOfPresent) { bound.append((number, own)) } else { choice.chosen += own }
            planned += named(victim.referrers)
        }
        let leaving = Set(try release.referrers(leavingWith: choice.chosen.map(\.descriptor), among: names))
        for (number, own) in bound {
            if own.allSatisfy({ leaving.contains($0.descriptor) }) {
                choice.chosen += own
            } else {
                choice.skipped[number] = "what it is about is kept"
            }
        }
        // One whose subject nobody keeps any more is dangling by now, unless somebody gave it a name or a pin.
        choice.chosen += planned.filter { entry in
            leaving.contains(entry.descriptor)
                || entry.name == nil && !entry.descriptor.isPinned && !referrers.isReferrerOfPresent(entry)
        }
        return choice
    }

    private func named(_ descriptors: [Descriptor]) -> [NamedImage] { descriptors.compactMap { entries[$0] } }

    /// What keeps the victim from going; nil when it stands as it did.
    private func change(since victim: ReclamationPlan.Victim) -> String? {
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
