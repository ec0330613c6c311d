package import ContentStorage
import ImageStorage
package import OCISpec
import StorageIO

/// What a prune does to a store: one pure function of what a look saw, what is asked for and the moment.
///
/// `plan`, every prune and every dry run are this decision, so they name the same victims. What goes in any case comes first:
/// containers, the trash where that is asked for, what rules remove, the build cache, orphans and dead downloads. A budget takes
/// images from what that leaves, and counts what lies in the trash as gone. Deciding again on what carrying it out leaves removes
/// nothing more.
package struct PruneDecision {
    /// What whoever asked should know beside the plan.
    package enum Note: Hashable, Sendable {
        /// Bytes by which a budget is exceeded when all has gone that may.
        case budgetExceeded(bytes: Int64)
        /// The file system does not say how large it is, so a budget about it removes nothing.
        case spaceUnknown
        /// More is to be free than the file system has, so that part of the budget removes nothing.
        case neverFree(wantedBytes: Int64, totalBytes: Int64)
        /// Another tool is writing to the store, at this path below it: what nothing reaches stays, since it may have found that.
        case foreignWrite(String)
    }

    /// Without repetitions, in the order in which they arose.
    package private(set) var notes: [Note] = []
    private let look: StoreLook
    private let request: PruneRequest
    private let now: Timestamp
    private var store: LeavingStoreImages
    /// What becomes of the images; nil where none was asked about.
    private var images: ImageDecision<LeavingStoreImages>?

    /// Decides.
    ///
    /// `created` tells when the images were made that the policy's filters name, `space` what file system the store is on,
    /// `foreignWrite` what another tool is writing.
    package init(
        _ request: PruneRequest, _ look: StoreLook, now: Timestamp, created: [String: Timestamp] = [:],
        space: FileSystemSpace? = nil, foreignWrite: String? = nil
    ) {
        self.look = look
        self.request = request
        self.now = now
        store = LeavingStoreImages(look, request, now)
        if request.emptiesTrash { for bin in look.bins { store.builder.empty(bin) } }
        store.users = removeContainers()
        if let policy = request.images {
            let context = ImageFilter.Context(now: now, created: created)
            let ages = ImageAges(look.images, look.survey, now: now)
            var decision = ImageDecision(policy, look.images, ages, store)
            decision.applyRules(context)
            (store, images) = (decision.place, decision)
        }
        removeCache()
        if let leftovers = request.leftovers { remove(leftovers, foreignWrite: foreignWrite) }
        guard var images else { return }
        images.place = store
        let trash = bytesInTrash()
        images.meet(ImageFilter.Context(now: now, created: created)) { [look] budget, freed in
            let already = freed + trash
            return BudgetNeed(
                budget, storeBytes: look.survey.totalBytes + look.upkeepBytes - already.store, space: space,
                goingBytes: already.fileSystem - look.upkeepBytes)
        }
        images.finish()
        notes += images.notes
        (store, self.images) = (images.place, images)
    }

    /// The plan of what goes.
    package func plan(id: PlanID, generation: String) -> ReclamationPlan {
        store.builder.plan(id: id, generation: generation, trash: request.images?.trash ?? .zero)
    }

    // What is no image

    /// The containers go before the images, since what only they use may go as well; returns who uses what then.
    private mutating func removeContainers() -> [Digest: ContainerRecord] {
        if request.containers != nil || request.leftovers != nil {
            for id in look.deadContainers { store.builder.remove(dead: id) }
        }
        guard let selection = request.containers else { return look.containersByImage.compactMapValues(\.first) }
        var left: [ContainerRecord] = []
        for container in look.containers {
            if look.running.contains(container.id) || !selection.holds(container, now: now) {
                left.append(container)
            } else {
                store.builder.remove(container, reason: "container \(container.name ?? container.id.text), it does not run")
            }
        }
        return ImageUse(left).users(of: look.images).compactMapValues(\.first)
    }

    /// The steps that go, oldest first, after the images: what an image that goes had is the cache's alone.
    private mutating func removeCache() {
        guard let selection = request.cache else { return }
        // To count it is to look at every blob once more.
        var left: Int64 = 0
        if selection.keepBytes != nil { left = DiskUsage(look, now: now).lines.first { $0.kind == .buildCache }?.diskBytes ?? 0 }
        for entry in look.cache where selection.holds(usedSeconds: entry.usedSeconds, now: now) {
            if let keep = selection.keepBytes, left <= keep { return }
            guard selection.isAll || store.builder.graph.isOfCacheAlone(.cacheRecord(entry.id)) else { continue }
            let (before, folders) = (store.builder.freed, store.builder.freedFolderBytes)
            store.builder.remove(entry)
            left -= (store.builder.freed - before).fileSystem - (store.builder.freedFolderBytes - folders)
        }
        for (name, tree) in look.survey.cacheMounts.sorted(by: { $0.key < $1.key })
        where selection.holds(usedSeconds: tree.sinceSeconds, now: now) {
            if let keep = selection.keepBytes, left <= keep { return }
            store.builder.remove(cacheMount: name, reason: "a folder that steps share")
            left -= tree.freeableBytes
        }
    }

    /// What nothing reaches, dead downloads and plans that nobody carried out.
    private mutating func remove(_ leftovers: LeftoverSelection, foreignWrite: String?) {
        let age = leftovers.age(now: now)
        let orphans = Orphans(look, minimumAge: age, now: now, foreignWrite: foreignWrite)
        if let path = orphans.foreignWrite, orphans.youngCount > 0 { notes.append(.foreignWrite(path)) }
        store.builder.add(orphans)
        store.builder.addAbandonedSessions(minimumAge: age, now: now)
        store.builder.addExpiredPlans(now: now)
    }

    /// What goes by itself, since it is kept for a time only; none of it where this command empties the trash.
    private func bytesInTrash() -> FreedBytes {
        guard !request.emptiesTrash else { return FreedBytes() }
        return look.bins.reduce(into: FreedBytes()) { sum, bin in
            if case .released = bin.content { sum += look.survey.trash[bin.name.text]?.freed ?? FreedBytes() }
        }
    }

    /// Why every name of the store goes or stays, in the order in which listings have them; none where no image was asked about.
    package func explanations() -> [ImageExplanation] { images?.explanations() ?? [] }
}
