package import ContentStorage
package import ImageStorage
package import OCISpec
package import StorageIO

/// Makes a plan of what a look saw: each victim in turn is taken out of the graph, so that what it frees is known given those
/// before it.
package struct PlanBuilder: Sendable {
    /// The graph without the victims so far.
    package private(set) var graph: StoreGraph
    /// What goes with the victims so far, by either ruler.
    package private(set) var freed = FreedBytes()
    /// Of that, the folders of the build cache's steps.
    private(set) var freedFolderBytes: Int64 = 0
    private let look: StoreLook
    /// The places of the look's images.
    private let places: [Digest: Int]
    private var victims: [ReclamationPlan.Victim] = []
    /// What has gone so far, where there are files that several items share.
    private var gone: Set<StoreItem> = []
    private var kept: [ReclamationPlan.Kept] = []
    /// The folders of the build cache's steps, with what is left of them.
    private var cacheSlots: [String: StoreSurvey.CacheSlot]
    /// Files of several things that have not gone with the last of them, and the things that have gone.
    private var mixedFiles: [StoreSurvey.MixedFile]
    private var gonePlaces: Set<StorePlace> = []
    private var minimumAge = LeftoverSelection.usualAge

    /// A plan without victims yet.
    package init(_ look: StoreLook) {
        self.look = look
        graph = look.graph
        cacheSlots = look.survey.cacheSlots
        mixedFiles = look.survey.mixedFiles
        places = Dictionary(look.images.enumerated().map { ($1.digest, $0) }) { first, _ in first }
    }

    private var sharesFiles: Bool { !look.survey.sharedFiles.isEmpty }

    /// Adds an image, by the digest that `index.json` lists, with all its names; returns the roots that would free more now.
    @discardableResult
    package mutating func remove(_ digest: Digest, reason: String) -> Set<StoreGraph.Owner> {
        guard let place = places[digest] else { return [] }
        let image = look.images[place]
        let referrers = graph.referrersLeaving(with: .image(digest)).flatMap(look.referrers.entries(of:))
        return add(.image(digest), .image(image.label), reason: reason) { victim in
            victim.imageID = image.imageID
            victim.entries = image.entries.map(\.descriptor)
            victim.referrers = referrers
        }
    }

    /// Adds an entry of an image that stays.
    package mutating func untag(_ entry: NamedImage, of image: ImageSummary, reason: String) {
        victims.append(
            ReclamationPlan.Victim(
                .name(entry.familiar ?? image.label), reason: reason, freesBytes: 0, imageID: image.imageID,
                entries: [entry.descriptor]))
    }

    /// Adds a step of the build cache; returns the roots that would free more now.
    @discardableResult
    package mutating func remove(_ entry: CacheEntry) -> Set<StoreGraph.Owner> {
        let used = Timestamp(seconds: entry.usedSeconds)
        let file = takeFile(of: entry)
        freed += file
        return add(.cacheRecord(entry.id), .cacheStep(entry.id), reason: "build cache, last used \(used)") { victim in
            victim.freesBytes += file.fileSystem
        }
    }

    /// What the record's own file gives back; the last one goes with its folder.
    private mutating func takeFile(of entry: CacheEntry) -> FreedBytes {
        let slot = entry.slot.hex
        guard var bytes = cacheSlots[slot]?.records.removeValue(forKey: entry.fileName) else { return FreedBytes() }
        if let left = cacheSlots[slot], left.records.isEmpty {
            bytes += left.rest + left.folder
            freedFolderBytes += left.folder.fileSystem
            cacheSlots[slot] = nil
        }
        return bytes
    }

    /// What goes with these places as the last of those that have a file in common.
    private mutating func takeMixed(_ places: @autoclosure () -> [StorePlace]) -> FreedBytes {
        guard !mixedFiles.isEmpty else { return FreedBytes() }
        gonePlaces.formUnion(places())
        let gone = mixedFiles.filter { $0.places.isSubset(of: gonePlaces) }
        mixedFiles.removeAll { $0.places.isSubset(of: gonePlaces) }
        return gone.reduce(into: FreedBytes()) { $0 += $1.freed }
    }

    /// Adds a container that does not run: its folder, and what it alone kept.
    package mutating func remove(_ container: ContainerRecord, reason: String) {
        let referrers = graph.referrersLeaving(with: .container(container.id.text))
        let folder =
            (look.survey.containers[container.id.text]?.freed ?? FreedBytes()) + takeMixed([.container(container.id.text)])
        freed += folder
        add(.container(container.id.text), .container(container.id), reason: reason) { victim in
            victim.freesBytes += folder.fileSystem
        }
        for referrer in referrers {
            victims.append(
                ReclamationPlan.Victim(
                    .image(referrer.digest.description), reason: "its subject is removed", freesBytes: 0,
                    imageID: referrer.digest, entries: look.referrers.entries(of: referrer)))
        }
    }

    /// Adds the folder of a container that is over, and keeps nothing.
    package mutating func remove(dead id: PathPart) {
        add(tree: look.survey.containers[id.text], .container(id.text)) {
            ReclamationPlan.Victim(.container(id), reason: "a container whose process has died", freesBytes: $0)
        }
    }

    /// Takes a root away as a victim with what goes by that, of which `describe` says the rest.
    @discardableResult
    private mutating func add(
        _ owner: StoreGraph.Owner, _ subject: ReclamationPlan.Subject, reason: String,
        _ describe: (inout ReclamationPlan.Victim) -> Void = { _ in }
    ) -> Set<StoreGraph.Owner> {
        let removal = graph.removeRaising(owner)
        if sharesFiles { gone.formUnion(removal.released) }
        let released = removal.freed + takeMixed(removal.released.map(\.place))
        freed += released
        var victim = ReclamationPlan.Victim(
            subject, reason: reason, freesBytes: released.fileSystem, releases: removal.released.compactMap(\.blob),
            releasedLayers: removal.released.compactMap(\.layer))
        describe(&victim)
        victims.append(victim)
        return removal.raised
    }

    /// Adds a volume that no container mounts.
    package mutating func remove(volume name: PathPart, reason: String) {
        add(tree: look.survey.volumes[name.text], .volume(name.text)) {
            ReclamationPlan.Victim(.volume(name), reason: reason, freesBytes: $0)
        }
    }

    /// Adds a folder that steps of builds share.
    package mutating func remove(cacheMount name: Digest, reason: String) {
        add(tree: look.survey.cacheMounts[name], .cacheMount(name)) {
            ReclamationPlan.Victim(.cacheMount(name), reason: reason, freesBytes: $0)
        }
    }

    /// Adds a bin of the trash, whose time need not be over.
    package mutating func empty(_ bin: BinRecord) {
        let reason =
            switch bin.content {
            case .released(let until?, let plan): "kept until \(until)\(plan.map { " for `undo \($0)`" } ?? "")"
            case .released(nil, _): "its process has died"
            case .setAside: "set aside by a repair"
            }
        add(tree: look.survey.trash[bin.name.text], .bin(bin.name.text)) {
            ReclamationPlan.Victim(.trash(bin.name), reason: reason, freesBytes: $0)
        }
    }

    private mutating func add(tree: StoreSurvey.Tree?, _ place: StorePlace, _ victim: (Int64) -> ReclamationPlan.Victim) {
        let bytes = (tree ?? StoreSurvey.Tree()).freed + takeMixed([place])
        freed += bytes
        victims.append(victim(bytes.fileSystem))
    }

    /// Counts anew what those that are left share with each other.
    mutating func recountSharing() { graph.recountSharing() }

    /// Says why something stays.
    package mutating func keep(_ name: String, reason: String) {
        kept.append(ReclamationPlan.Kept(name: name, reason: reason))
    }

    /// Adds what no root reaches.
    package mutating func add(_ orphans: Orphans) {
        minimumAge = orphans.minimumAge
        defer { graph.remove(unreached: Set(orphans.found.map(\.item))) }
        for orphan in orphans.found {
            let bytes = freed(by: orphan) + takeMixed([orphan.item.place])
            freed += bytes
            if sharesFiles { gone.insert(orphan.item) }
            switch orphan.item {
            case .blob(let digest):
                victims.append(
                    ReclamationPlan.Victim(
                        .blob(digest), reason: "nothing reaches it since \(orphan.since)",
                        freesBytes: bytes.fileSystem, releases: [digest]))
            case .layer(let diffID):
                victims.append(
                    ReclamationPlan.Victim(
                        .layer(diffID), reason: "no image has it since \(orphan.since)",
                        freesBytes: bytes.fileSystem, releasedLayers: [diffID]))
            }
        }
    }

    /// What goes with the orphan after all that has gone: a file that it shares with something goes with the last of them.
    private func freed(by orphan: Orphans.Orphan) -> FreedBytes {
        guard sharesFiles else { return look.survey.freed(by: [orphan.item]) }
        return look.survey.freed(by: gone.union([orphan.item])) - look.survey.freed(by: gone)
    }

    /// Adds the sessions of processes that died, at least `minimumAge` ago; of these those that are wanted.
    package mutating func addAbandonedSessions(
        minimumAge: Duration, now: Timestamp, _ isWanted: (PathPart) -> Bool = { _ in true }
    ) {
        let latest = now.seconds - minimumAge.components.seconds
        let foreign = look.survey.foreignSessions
        for (name, tree) in look.survey.sessions.sorted(by: { $0.key < $1.key }) where look.holds[name] == nil {
            guard tree.sinceSeconds <= latest, !foreign.contains(name), let folder = PathPart(name), isWanted(folder)
            else { continue }
            add(tree: tree, .session(name)) {
                ReclamationPlan.Victim(.partial(folder), reason: "its process has died", freesBytes: $0)
            }
        }
    }

    /// Adds the plans that nobody carried out in time; of these those that are wanted.
    package mutating func addExpiredPlans(now: Timestamp, _ isWanted: (PlanID) -> Bool = { _ in true }) {
        for (id, tree) in look.survey.expiredPlans(now: now) where isWanted(id) {
            let made = Timestamp(seconds: tree.sinceSeconds)
            add(tree: tree, .plan(id)) {
                ReclamationPlan.Victim(.plan(id), reason: "a plan of \(made) that was not carried out", freesBytes: $0)
            }
        }
    }

    /// The plan.
    package func plan(id: PlanID, generation: String, trash: Duration) -> ReclamationPlan {
        ReclamationPlan(
            id: id, generation: generation, trashSeconds: trash.components.seconds,
            minimumAgeSeconds: minimumAge.components.seconds, victims: victims, kept: kept)
    }
}

extension ImageSummary {
    /// How plans and outcomes call it: its first name in docker's short form, else its ID.
    package var label: String { names.first?.familiar ?? imageID.description }
}

extension StoreItem {
    /// The blob's digest; nil for an unpacked layer.
    var blob: Digest? {
        if case .blob(let digest) = self { digest } else { nil }
    }

    /// Where it is in the store.
    var place: StorePlace {
        switch self {
        case .blob(let digest): .blob(digest)
        case .layer(let diffID): .layer(diffID)
        }
    }

    /// The unpacked layer's diff ID; nil for a blob.
    var layer: Digest? {
        if case .layer(let diffID) = self { diffID } else { nil }
    }
}
