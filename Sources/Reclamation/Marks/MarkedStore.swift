package import ContentStorage
import ImageStorage
package import OCISpec
import StorageIO

/// A store of which a person marks things: what exactly these free together, and what keeps them.
///
/// A value of one look. Every figure comes from the plan that takes the marked things, so it is what carrying that out frees.
package struct MarkedStore: Sendable {
    /// The store as it was.
    package let look: StoreLook
    let now: Timestamp
    let pristine: PlanBuilder
    let users: [Digest: [ContainerRecord]]
    let images: [Digest: ImageSummary]
    /// The places of the images in the order of the index.
    let places: [Digest: Int]
    let records: [PathPart: ContainerRecord]
    let steps: [String: CacheEntry]
    let bins: [String: BinRecord]
    /// The orphans that are old enough, and all that nothing reaches.
    let orphans: Orphans
    let unreached: Set<StoreItem>
    let unreadable: UnreadableDocument?
    let minimumAge = LeftoverSelection.usualAge

    /// Nothing is marked yet; `foreignWrite` is what another tool is writing.
    package init(_ look: StoreLook, now: Timestamp, foreignWrite: String? = nil) {
        self.look = look
        self.now = now
        pristine = PlanBuilder(look)
        users = look.containersByImage
        images = Dictionary(look.images.map { ($0.digest, $0) }) { first, _ in first }
        places = Dictionary(look.images.enumerated().map { ($1.digest, $0) }) { first, _ in first }
        records = Dictionary(look.containers.map { ($0.id, $0) }) { first, _ in first }
        steps = Dictionary(look.cache.map { ($0.id, $0) }) { first, _ in first }
        bins = Dictionary(look.bins.map { ($0.name.text, $0) }) { first, _ in first }
        orphans = Orphans(look, minimumAge: minimumAge, now: now, foreignWrite: foreignWrite)
        unreadable = look.graph.unreadable.first
        unreached = unreadable == nil ? Set(look.graph.unreached) : []
    }

    /// What these marks come to.
    package func removal(of marks: Set<StoreMark>) -> StoreRemoval { StoreRemoval(self, marks) }

    /// What one of them frees while everything else stays.
    package func freesBytes(of mark: StoreMark) -> Int64 {
        if case .image(let digest) = mark { return look.graph.bytesIfRemoved(.image(digest)) }
        return removal(of: [mark]).freesBytes
    }

    /// What keeps something where these others are marked too; nil where nothing does.
    func refusal(of mark: StoreMark, among marks: Set<StoreMark>) -> MarkRefusal? {
        if let unreadable { return .unreadable(unreadable) }
        switch mark {
        case .image(let digest):
            guard let image = images[digest] else { return .gone }
            if image.entries.contains(where: \.descriptor.isPinned) { return .pinned }
            let left = (users[digest] ?? []).filter { refusal(of: $0, marks) }
            return left.isEmpty ? nil : .usedBy(left.map(\.label))
        case .name(let name, let digest):
            guard let entry = images[digest]?.entries.first(where: { $0.name == name }) else { return .gone }
            if entry.descriptor.isPinned { return .pinned }
            // With the last name the image goes.
            return isLastName(name, digest, marks) ? refusal(of: .image(digest), among: marks) : nil
        case .other(let subject): return refusal(of: subject, marks)
        }
    }

    /// Whether a container stays.
    private func refusal(of container: ContainerRecord, _ marks: Set<StoreMark>) -> Bool {
        look.running.contains(container.id) || !marks.contains(.other(.container(container.id)))
    }

    /// Whether all other names of the image are marked too.
    func isLastName(_ name: EntryName, _ digest: Digest, _ marks: Set<StoreMark>) -> Bool {
        (images[digest]?.names ?? []).allSatisfy { $0 == name || marks.contains(.name($0, digest)) }
    }

    /// Whether an image goes by the marks of its names, whether it is marked itself or not.
    func goesByNames(_ digest: Digest, _ marks: Set<StoreMark>) -> Bool {
        guard let names = images[digest]?.names, !names.isEmpty else { return false }
        return names.allSatisfy { marks.contains(.name($0, digest)) }
    }

    private func refusal(of subject: ReclamationPlan.Subject, _ marks: Set<StoreMark>) -> MarkRefusal? {
        switch subject {
        case .image, .name: return .gone
        case .container(let id):
            if look.running.contains(id) { return .running }
            return records[id] != nil || look.deadContainers.contains(id) ? nil : .gone
        case .volume(let name):
            guard look.survey.volumes[name.text] != nil else { return .gone }
            let left = look.containers.filter { $0.volumes.contains(name) && refusal(of: $0, marks) }
            return left.isEmpty ? nil : .mountedBy(left.map(\.label))
        case .cacheStep(let id): return steps[id] == nil ? .gone : nil
        case .cacheMount(let name): return look.survey.cacheMounts[name] == nil ? .gone : nil
        case .blob(let digest): return refusal(ofOrphan: .blob(digest))
        case .layer(let diffID): return refusal(ofOrphan: .layer(diffID))
        case .partial(let name):
            guard let tree = look.survey.sessions[name.text] else { return .gone }
            if look.holds[name.text] != nil { return .inProgress }
            if look.survey.foreignSessions.contains(name.text) { return .unexplained }
            return tree.sinceSeconds <= now.seconds - minimumAge.components.seconds
                ? nil : .tooYoung(seconds: minimumAge.components.seconds)
        case .trash(let name): return bins[name.text] == nil ? .gone : nil
        case .plan(let id):
            guard look.survey.plans[id] != nil else { return .gone }
            return look.survey.expiredPlans(now: now).contains { $0.id == id } ? nil : .notExpired
        }
    }

    private func refusal(ofOrphan item: StoreItem) -> MarkRefusal? {
        if orphans.found.contains(where: { $0.item == item }) { return nil }
        guard unreached.contains(item) else { return .gone }
        if let path = orphans.foreignWrite { return .foreignWrite(path) }
        return .tooYoung(seconds: minimumAge.components.seconds)
    }
}

extension ContainerRecord {
    /// What people call it: its name, else the beginning of its ID.
    package var label: String { name ?? String(id.text.prefix(12)) }
}
