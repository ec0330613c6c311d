package import ContentStorage
package import ImageStorage
package import OCISpec
import StorageIO

/// Makes a plan of what a look saw: each victim in turn is taken out of the graph, so that what it frees is known given those
/// before it.
package struct PlanBuilder {
    /// The graph without the victims so far.
    package private(set) var graph: StoreGraph
    private let look: StoreLook
    private let images: [Digest: ImageSummary]
    private var victims: [ReclamationPlan.Victim] = []
    /// What has gone so far.
    private var gone: Set<StoreItem> = []
    private var kept: [ReclamationPlan.Kept] = []

    /// A plan without victims yet.
    package init(_ look: StoreLook) {
        self.look = look
        graph = look.graph
        images = Dictionary(look.images.map { ($0.imageID, $0) }) { first, _ in first }
    }

    /// Adds an image, with all its names, and returns the bytes it frees now.
    @discardableResult
    package mutating func remove(_ imageID: Digest, reason: String) -> Int64 {
        guard let image = images[imageID] else { return 0 }
        let referrers = graph.referrersLeaving(with: .image(imageID)).flatMap(look.referrers.entries(of:))
        let (released, freed) = graph.remove(.image(imageID))
        gone.formUnion(released)
        var victim = ReclamationPlan.Victim(
            .image(image.label), reason: reason, freesBytes: freed, releases: released.compactMap(\.blob),
            releasedLayers: released.compactMap(\.layer), imageID: imageID, entries: image.entries.map(\.descriptor))
        victim.referrers = referrers
        victims.append(victim)
        return freed
    }

    /// Adds a step of the build cache, and returns the bytes it frees now.
    @discardableResult
    package mutating func remove(_ entry: CacheEntry, reason: String) -> Int64 {
        let (released, freed) = graph.remove(.cacheRecord(entry.id))
        gone.formUnion(released)
        victims.append(
            ReclamationPlan.Victim(
                .cacheStep(entry.id), reason: reason, freesBytes: freed, releases: released.compactMap(\.blob),
                releasedLayers: released.compactMap(\.layer)))
        return freed
    }

    /// Adds a container that does not run: its folder, and what it alone kept.
    package mutating func remove(_ container: ContainerRecord, reason: String) {
        let referrers = graph.referrersLeaving(with: .container(container.id.text))
        let (released, freed) = graph.remove(.container(container.id.text))
        gone.formUnion(released)
        victims.append(
            ReclamationPlan.Victim(
                .container(container.id), reason: reason,
                freesBytes: freed + (look.survey.containers[container.id.text]?.freeableBytes ?? 0),
                releases: released.compactMap(\.blob), releasedLayers: released.compactMap(\.layer)))
        for referrer in referrers {
            victims.append(
                ReclamationPlan.Victim(
                    .image(referrer.digest.description), reason: "what it is about goes", freesBytes: 0,
                    imageID: referrer.digest, entries: look.referrers.entries(of: referrer)))
        }
    }

    /// Adds a folder that steps of builds share.
    package mutating func remove(cacheMount name: Digest, reason: String) {
        let bytes = look.survey.cacheMounts[name]?.freeableBytes ?? 0
        victims.append(
            ReclamationPlan.Victim(.cacheMount(name), reason: reason, freesBytes: bytes))
    }

    /// Says why something stays.
    package mutating func keep(_ name: String, reason: String) {
        kept.append(ReclamationPlan.Kept(name: name, reason: reason))
    }

    /// Adds what no root reaches.
    package mutating func add(_ orphans: Orphans) {
        for orphan in orphans.found {
            let freed = bytes(freedBy: orphan)
            gone.insert(orphan.item)
            switch orphan.item {
            case .blob(let digest):
                victims.append(
                    ReclamationPlan.Victim(
                        .blob(digest), reason: "nothing reaches it since \(orphan.since)",
                        freesBytes: freed, releases: [digest]))
            case .layer(let diffID):
                victims.append(
                    ReclamationPlan.Victim(
                        .layer(diffID), reason: "no image has it since \(orphan.since)",
                        freesBytes: freed, releasedLayers: [diffID]))
            }
        }
    }

    /// What the orphan gives back after all that has gone: a file that it shares with something goes with the last of them.
    private func bytes(freedBy orphan: Orphans.Orphan) -> Int64 {
        guard !look.survey.sharedFiles.isEmpty else { return orphan.freesBytes }
        return look.survey.freeableBytes(of: gone.union([orphan.item])) - look.survey.freeableBytes(of: gone)
    }

    /// Adds the sessions of processes that died, at least `minimumAge` ago.
    package mutating func addAbandonedSessions(minimumAge: Duration, now: Timestamp) {
        let latest = now.seconds - minimumAge.components.seconds
        // Other tools keep downloads in a directory of this name too; what is in those is not ours to judge.
        let foreign = Set(look.survey.strays.compactMap { Self.session(of: $0.path) })
        for (name, tree) in look.survey.sessions.sorted(by: { $0.key < $1.key }) where look.holds[name] == nil {
            guard tree.sinceSeconds <= latest, !foreign.contains(name), let folder = PathPart(name) else { continue }
            victims.append(
                ReclamationPlan.Victim(
                    .partial(folder), reason: "its process has died", freesBytes: tree.freeableBytes))
        }
    }

    private static func session(of path: String) -> String? {
        let parts = path.split(separator: "/")
        return parts.count > 2 && parts[0] == "ingest" ? String(parts[1]) : nil
    }

    /// The plan.
    package func plan(id: PlanID, generation: String, trash: Duration) -> ReclamationPlan {
        ReclamationPlan(
            id: id, generation: generation, trashSeconds: trash.components.seconds, victims: victims, kept: kept)
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

    /// The unpacked layer's diff ID; nil for a blob.
    var layer: Digest? {
        if case .layer(let diffID) = self { diffID } else { nil }
    }
}
