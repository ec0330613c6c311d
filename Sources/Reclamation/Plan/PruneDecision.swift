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
    /// What became of one name, or of an image without one.
    package struct Explanation: Hashable, Sendable {
        /// The name in docker's short form; nil for an image without one.
        package var name: String?
        /// Of the image that the name means.
        package var imageID: Digest
        /// Whether the plan takes it.
        package var goes: Bool
        /// The rule, or the part of the budget, that decided; nil where none did.
        package var rule: String?
        /// The sentence that `plan --explain` shows.
        package var reason: String
    }

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

        /// Whether it is about the budget, of which only the last look counts.
        fileprivate var isOfBudget: Bool { if case .foreignWrite = self { false } else { true } }
    }

    /// Without repetitions, in the order in which they arose.
    package private(set) var notes: [Note] = []
    private let look: StoreLook
    private let request: PruneRequest
    private let now: Timestamp
    private let moments: ImageAges
    private var builder: PlanBuilder
    /// The verdicts on the images that are left.
    private var verdicts: [ImageVerdict] = []
    /// The images that go, each with what decided.
    private var gone: [Digest: (rule: String?, reason: String)] = [:]

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
        builder = PlanBuilder(look)
        moments = ImageAges(look.images, look.survey, now: now)
        if request.emptiesTrash { for bin in look.bins { builder.empty(bin) } }
        let users = removeContainers()
        if let policy = request.images { applyRules(policy, ImageFilter.Context(now: now, created: created), users) }
        removeCache()
        if let leftovers = request.leftovers {
            let age = leftovers.age(now: now)
            let orphans = Orphans(look, minimumAge: age, now: now, foreignWrite: foreignWrite)
            if let path = orphans.foreignWrite, orphans.youngCount > 0 { notes.append(.foreignWrite(path)) }
            builder.add(orphans)
            builder.addAbandonedSessions(minimumAge: age, now: now)
            builder.addExpiredPlans(now: now)
        }
        if let policy = request.images {
            takeForBudget(policy.budget, space)
            settle(policy, ImageFilter.Context(now: now, created: created), users, space)
            finish()
        }
    }

    /// Decides again on what a budget has left, until nothing more goes: images that are left may have more bytes of their own
    /// then, and by them another rule may fit.
    private mutating func settle(
        _ policy: PrunePolicy, _ context: ImageFilter.Context, _ users: [Digest: [ContainerRecord]], _ space: FileSystemSpace?
    ) {
        guard policy.filters.contains(where: \.needsUniqueBytes) else { return }
        var count = -1
        while gone.count != count {
            count = gone.count
            applyRules(policy, context, users)
            takeForBudget(policy.budget, space)
        }
    }

    /// The plan of what goes.
    package func plan(id: PlanID, generation: String) -> ReclamationPlan {
        builder.plan(id: id, generation: generation, trash: request.images?.trash ?? .zero)
    }

    // What is no image

    /// The containers go before the images, since what only they use may go as well; returns who uses what then.
    private mutating func removeContainers() -> [Digest: [ContainerRecord]] {
        if request.containers != nil || request.leftovers != nil { for id in look.deadContainers { builder.remove(dead: id) } }
        guard let selection = request.containers else { return look.containersByImage }
        var left: [ContainerRecord] = []
        for container in look.containers {
            if look.running.contains(container.id) || !selection.holds(container, now: now) {
                left.append(container)
            } else {
                builder.remove(container, reason: "container \(container.name ?? container.id.text), it does not run")
            }
        }
        return ImageUse(left).users(of: look.images)
    }

    /// The steps that go, oldest first, after the images: what an image that goes had is the cache's alone.
    private mutating func removeCache() {
        guard let selection = request.cache else { return }
        // To count it is to look at every blob once more.
        var left: Int64 = 0
        if selection.keepBytes != nil { left = DiskUsage(look, now: now).lines.first { $0.kind == .buildCache }?.diskBytes ?? 0 }
        for entry in look.cache where selection.holds(usedSeconds: entry.usedSeconds, now: now) {
            if let keep = selection.keepBytes, left <= keep { return }
            guard selection.isAll || builder.graph.isOfCacheAlone(.cacheRecord(entry.id)) else { continue }
            let (before, folders) = (builder.freed, builder.freedFolderBytes)
            builder.remove(entry)
            left -= (builder.freed - before).fileSystem - (builder.freedFolderBytes - folders)
        }
        for (name, tree) in look.survey.cacheMounts.sorted(by: { $0.key < $1.key })
        where selection.holds(usedSeconds: tree.sinceSeconds, now: now) {
            if let keep = selection.keepBytes, left <= keep { return }
            builder.remove(cacheMount: name, reason: "a folder that steps share")
            left -= tree.freeableBytes
        }
    }

    // Rules

    private mutating func applyRules(
        _ policy: PrunePolicy, _ context: ImageFilter.Context, _ users: [Digest: [ContainerRecord]]
    ) {
        let selection = PolicySelection(policy, among: look.images, users: users, moments)
        let needsBytes = policy.filters.contains(where: \.needsUniqueBytes)
        var context = context
        var left = look.images.filter { gone[$0.digest] == nil }
        while true {
            if needsBytes {
                builder.recountSharing()
                context.uniqueBytes = [:]
                for image in left { context.uniqueBytes[image.digest] = builder.graph.uniqueBytes(of: .image(image.digest)) }
            }
            verdicts = left.map { selection.verdict($0, context) }
            let whole = verdicts.filter(\.isWhole)
            remove(whole)
            left = left.filter { gone[$0.digest] == nil }
            verdicts = verdicts.filter { gone[$0.image.digest] == nil }
            // What is left may have more bytes of its own now, and by them a rule may fit that did not.
            if whole.isEmpty || !needsBytes { return }
        }
    }

    private mutating func remove(_ verdicts: [ImageVerdict]) {
        let decided = Dictionary(verdicts.map { ($0.image.digest, $0) }) { first, _ in first }
        var order = LeavingOrder(verdicts.lazy.map(\.image), moments, builder.graph)
        while let digest = order.next(builder.graph) {
            let first = decided[digest]?.names.first { $0.standing == .goes }
            gone[digest] = (first?.rule, first?.reason ?? "")
            order.raise(builder.remove(digest, reason: first?.rule ?? ""), builder.graph)
        }
    }

    // Budget

    private mutating func takeForBudget(_ budget: PrunePolicy.Budget, _ space: FileSystemSpace?) {
        let trash = bytesInTrash()
        let already = builder.freed + trash
        let need = BudgetNeed(
            budget, storeBytes: look.survey.totalBytes + look.upkeepBytes - already.store, space: space,
            goingBytes: already.fileSystem - look.upkeepBytes)
        notes = notes.filter { !$0.isOfBudget } + need.problems
        guard !need.isMet(by: FreedBytes()) else { return }
        var taking = BudgetTaking(builder, gone, look, request, need, moments, now)
        taking.take(verdicts.lazy.filter(\.isSpare).map(\.image))
        if !taking.useless.isEmpty {
            let useless = taking.useless
            taking = BudgetTaking(builder, gone, look, request, need, moments, now)
            taking.take(verdicts.lazy.filter { $0.isSpare && !useless.contains($0.image.digest) }.map(\.image))
        }
        (builder, gone) = (taking.builder, taking.gone)
        verdicts = verdicts.filter { gone[$0.image.digest] == nil }
        let excess = need.excessBytes(after: taking.freed)
        if excess > 0 { notes.append(.budgetExceeded(bytes: excess)) }
    }

    /// What goes by itself, since it is kept for a time only; none of it where this command empties the trash.
    private func bytesInTrash() -> FreedBytes {
        guard !request.emptiesTrash else { return FreedBytes() }
        return look.bins.reduce(into: FreedBytes()) { sum, bin in
            if case .released = bin.content { sum += look.survey.trash[bin.name.text]?.freed ?? FreedBytes() }
        }
    }

    // What is told

    /// Takes the single names, and notes why the images that are left stay.
    private mutating func finish() {
        for verdict in verdicts {
            let image = verdict.image
            for entry in verdict.untagged {
                let rule = zip(image.entries, verdict.names).first { $0.0 == entry }?.1.rule
                builder.untag(entry, of: image, reason: rule ?? "")
            }
            let stays = verdict.names.filter { $0.standing != .goes }
            guard let first = stays.first(where: { $0.standing != .duplicate }) ?? stays.first else { continue }
            builder.keep(image.label, reason: first.summary)
        }
    }

    /// Why every name of the store goes or stays, in the order in which listings have them; none where no image was asked about.
    package func explanations() -> [Explanation] {
        guard request.images != nil else { return [] }
        let left = Dictionary(verdicts.map { ($0.image.digest, $0) }) { first, _ in first }
        return look.images.flatMap { image -> [Explanation] in
            if let verdict = left[image.digest] { return Self.explanations(verdict) }
            let (rule, reason) = gone[image.digest] ?? (nil, "")
            return image.listed.map {
                Explanation(name: $0.familiar, imageID: image.imageID, goes: true, rule: rule, reason: reason)
            }
        }
    }

    private static func explanations(_ verdict: ImageVerdict) -> [Explanation] {
        let listed = Set(verdict.image.listed)
        return zip(verdict.image.entries, verdict.names).filter { listed.contains($0.0) }.map { entry, name in
            Explanation(
                name: entry.familiar, imageID: verdict.image.imageID, goes: name.standing == .goes, rule: name.rule,
                reason: name.reason)
        }
    }
}
