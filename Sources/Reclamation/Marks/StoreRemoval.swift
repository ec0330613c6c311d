package import ContentStorage
import ImageStorage
package import OCISpec
import StorageIO

/// What marked things of a store come to: the plan that takes exactly these, what it frees, and what of them stays and why.
package struct StoreRemoval: MarkedRemoval {
    /// What was marked.
    package let marks: Set<StoreMark>
    /// Of these, what does not go.
    package private(set) var left: [StoreMark: MarkRefusal] = [:]
    private let store: MarkedStore
    private var builder: PlanBuilder

    /// The removal of these and nothing else.
    init(_ store: MarkedStore, _ marks: Set<StoreMark>) {
        self.store = store
        self.marks = marks
        builder = store.pristine
        var going: Set<StoreMark> = []
        for mark in marks {
            if let refusal = store.refusal(of: mark, among: marks) { left[mark] = refusal } else { going.insert(mark) }
        }
        take(going)
    }

    /// Bytes that the file system gets back when all of them go.
    package var freesBytes: Int64 { builder.freed.fileSystem }

    /// How many of them go.
    package var count: Int { marks.count - left.count }

    // In the order in which carrying it out goes: what keeps something before what it keeps.
    private mutating func take(_ going: Set<StoreMark>) {
        for bin in store.look.bins where going.contains(.other(.trash(bin.name))) { builder.empty(bin) }
        for id in store.look.deadContainers where going.contains(.other(.container(id))) { builder.remove(dead: id) }
        for container in store.look.containers where going.contains(.other(.container(container.id))) {
            builder.remove(container, reason: "marked, it does not run")
        }
        for name in store.look.survey.volumes.keys.sorted() {
            if let part = PathPart(name), going.contains(.other(.volume(part))) { builder.remove(volume: part, reason: "marked") }
        }
        takeImages(going)
        for entry in store.look.cache where going.contains(.other(.cacheStep(entry.id))) { builder.remove(entry) }
        for name in store.look.survey.cacheMounts.keys.sorted() where going.contains(.other(.cacheMount(name))) {
            builder.remove(cacheMount: name, reason: "marked, a folder that steps share")
        }
        let orphans = store.orphans.only { item in
            switch item {
            case .blob(let digest): going.contains(.other(.blob(digest)))
            case .layer(let diffID): going.contains(.other(.layer(diffID)))
            }
        }
        if !orphans.found.isEmpty { builder.add(orphans) }
        builder.addAbandonedSessions(minimumAge: store.minimumAge, now: store.now) { going.contains(.other(.partial($0))) }
        builder.addExpiredPlans(now: store.now) { going.contains(.other(.plan($0))) }
    }

    private mutating func takeImages(_ going: Set<StoreMark>) {
        let digests = going.compactMap { mark -> Digest? in
            switch mark {
            case .image(let digest), .name(_, let digest): digest
            case .other: nil
            }
        }
        // In the order of the index.
        for place in Set(digests).compactMap({ store.places[$0] }).sorted() { take(store.look.images[place], going) }
    }

    private mutating func take(_ image: ImageSummary, _ going: Set<StoreMark>) {
        let names = image.names.filter { going.contains(.name($0, image.digest)) }
        let isWhole = going.contains(.image(image.digest)) || !names.isEmpty && names.count == image.names.count
        if isWhole {
            builder.remove(image.digest, reason: "marked")
        } else {
            for entry in image.entries where entry.name.map(names.contains) == true {
                builder.untag(entry, of: image, reason: "marked")
            }
        }
    }

    // What is asked of one

    /// What keeps one that is marked or not from going with the others; nil where nothing does.
    package func refusal(of mark: StoreMark) -> MarkRefusal? { store.refusal(of: mark, among: marks) }

    /// What one adds given the others: what is freed with it less what is freed without it, whether it is marked or not.
    package func addedBytes(by mark: StoreMark) -> Int64 {
        // Where every file has one place the graph knows it at once.
        if case .image(let digest) = mark, store.look.survey.mixedFiles.isEmpty, !store.goesByNames(digest, marks) {
            if refusal(of: mark) != nil { return 0 }
            let owner = StoreGraph.Owner.image(digest)
            return (marks.contains(mark) ? builder.graph.freedAmong(owner) : builder.graph.freedIfRemoved(owner)).fileSystem
        }
        let other = store.removal(of: marks.symmetricDifference([mark]))
        return marks.contains(mark) ? freesBytes - other.freesBytes : other.freesBytes - freesBytes
    }

    /// Of what the marked things need and what stays: who else keeps it, and how much; the most first.
    package func keepings() -> [MarkKeeping] {
        let gone = marks.filter { left[$0] == nil }.compactMap { mark -> StoreGraph.Owner? in
            switch mark {
            case .image(let digest): .image(digest)
            // With the last of its names an image goes.
            case .name(_, let digest): store.goesByNames(digest, marks) ? .image(digest) : nil
            case .other(.container(let id)): .container(id.text)
            case .other(.cacheStep(let id)): .cacheRecord(id)
            case .other: nil
            }
        }
        return builder.graph.keepers(of: gone).map { MarkKeeping(keeper: keeper($0.owner), bytes: $0.bytes) }.sorted()
    }

    private func keeper(_ owner: StoreGraph.Owner) -> MarkKeeping.Keeper {
        switch owner {
        case .image(let digest): .image(store.images[digest]?.label ?? digest.description)
        case .container(let id): .container(PathPart(id).flatMap { store.records[$0]?.label } ?? id)
        case .cacheRecord(let id): .cacheStep(store.steps[id]?.record.text ?? id)
        case .session(let name): .session(name)
        case .oddEntries: .oddEntries
        }
    }

    /// The plan of exactly these; what does not go is kept in it with `describe`'s reason.
    package func plan(
        id: PlanID, generation: String, trash: Duration, _ describe: (MarkRefusal) -> String
    ) -> ReclamationPlan {
        var builder = builder
        for (name, refusal) in left.map({ (name(of: $0), $1) }).sorted(by: { $0.0 < $1.0 }) {
            builder.keep(name, reason: describe(refusal))
        }
        return builder.plan(id: id, generation: generation, trash: trash)
    }

    private func name(of mark: StoreMark) -> String {
        switch mark {
        case .image(let digest): store.images[digest]?.label ?? digest.description
        case .name(let name, _): name.familiar
        case .other(let subject): subject.name
        }
    }
}
