import ContainerRuntime
import ContentStorage
import Glibc
import ImageStorage
import OCISpec
import Reclamation
import Reports
import StorageIO

/// What a prune looks for, beside images.
struct ReclaimScope {
    /// Blobs and unpacked layers that nothing reaches, and sessions of dead processes, that are at least so old.
    var leftoversOlderThan: Duration?
    /// Which containers that do not run; nil for none.
    var containers: ContainerScope?
    /// What of the build cache; nil for none.
    var cache: CacheScope?

    /// What is left of nobody's command is protected for an hour: another tool may be writing it.
    static let minimumAge = Duration.seconds(3600)
}

/// Which containers go, of those that do not run.
struct ContainerScope {
    /// Only those that were made so long ago.
    var madeBefore: Duration?
    /// Only those with these labels: a key, or a key and its value.
    var labels: [String] = []
    /// Only those without these.
    var keptLabels: [String] = []

    /// Whether a container is one of them.
    func holds(_ container: ContainerRecord, now: Timestamp) -> Bool {
        if let madeBefore {
            // What is not known is kept.
            guard let created = container.created else { return false }
            if created.seconds > now.seconds - madeBefore.components.seconds { return false }
        }
        func has(_ label: String) -> Bool {
            let key = String(label.prefix { $0 != "=" })
            guard let value = container.config?.labels?[key] else { return false }
            return key.count == label.count || value == label.dropFirst(key.count + 1)
        }
        return labels.allSatisfy(has) && !keptLabels.contains(where: has)
    }
}

/// What of the build cache goes.
struct CacheScope {
    /// Whether also steps go whose layers images have.
    var isAll: Bool
    /// Only what no build has used for so long.
    var unusedFor: Duration?
    /// Only the oldest, until what is left occupies no more.
    var keepBytes: Int64?
}

extension Workspace {
    /// A plan of what the policy removes, and of what `scope` adds; nil policy for no images.
    ///
    /// A document that an image needs and that cannot be read is an error: what is garbage cannot be told then.
    func plan(_ policy: PrunePolicy?, _ scope: ReclaimScope) throws -> ReclamationPlan {
        let generation = try store.content.generation()
        let look = try StoreLook(store, now: Clock.now)
        if let document = look.graph.unreadable.first { throw CommandError.nothingDeleted(document) }
        var builder = PlanBuilder(look)
        var users = look.containersByImage
        if let containers = scope.containers { select(containers, look, &builder, &users) }
        if let policy { try select(policy, look, users, &builder) }
        if let cache = scope.cache { select(cache, look, &builder) }
        if let age = scope.leftoversOlderThan {
            let latest = Clock.now.seconds - age.components.seconds
            let orphans = Orphans(
                look, minimumAge: age, now: Clock.now, foreignWrite: try store.content.foreignWrite(after: latest))
            if let path = orphans.foreignWrite, orphans.youngCount > 0 { noteForeignWrite(path) }
            builder.add(orphans)
            builder.addAbandonedSessions(minimumAge: age, now: Clock.now)
        }
        return builder.plan(
            id: PlanID(), generation: generation.description, trash: policy?.trash ?? .zero)
    }

    /// The containers that go, before the images: what only they use may go as well.
    private func select(
        _ scope: ContainerScope, _ look: StoreLook, _ builder: inout PlanBuilder, _ users: inout [Digest: [ContainerRecord]]
    ) {
        for container in look.containers where !look.running.contains(container.id) {
            guard scope.holds(container, now: Clock.now) else { continue }
            builder.remove(container, reason: "container \(container.name ?? container.id.text), it does not run")
            users = users.mapValues { $0.filter { $0.id != container.id } }.filter { !$0.value.isEmpty }
        }
    }

    /// The steps that go, oldest first, after the images: what an image that goes had is the cache's alone.
    private func select(_ scope: CacheScope, _ look: StoreLook, _ builder: inout PlanBuilder) {
        let latest = scope.unusedFor.map { Clock.now.seconds - $0.components.seconds } ?? .max
        var left = DiskUsage(look).lines.first { $0.kind == .buildCache }?.diskBytes ?? 0
        for entry in look.cache where entry.usedSeconds <= latest {
            if let keep = scope.keepBytes, left <= keep { return }
            let isOwn = builder.graph.bytesIfRemoved(.cacheRecord(entry.id)) > 0 || entry.record.layer == nil
            guard scope.isAll || isOwn else { continue }
            left -= builder.remove(entry, reason: "build cache, last used \(Timestamp(seconds: entry.usedSeconds))")
        }
        for (name, tree) in look.survey.cacheMounts.sorted(by: { $0.key < $1.key }) where tree.sinceSeconds <= latest {
            if let keep = scope.keepBytes, left <= keep { return }
            builder.remove(cacheMount: name, reason: "a folder that steps share")
            left -= tree.freeableBytes
        }
    }

    private func select(
        _ policy: PrunePolicy, _ look: StoreLook, _ users: [Digest: [ContainerRecord]], _ builder: inout PlanBuilder
    ) throws {
        let needsBytes = policy.filters.contains(where: \.needsUniqueBytes)
        let unique =
            needsBytes
            ? Dictionary(uniqueKeysWithValues: look.images.map { ($0.imageID, look.graph.uniqueBytes(of: .image($0.imageID))) })
            : [:]
        let named = ImageFilter(policy.filters.flatMap(\.conditions))
        let context = try store.context(for: named, among: look.images, now: Clock.now, uniqueBytes: unique)
        let selection = PolicySelection(
            policy, images: look.images, users: users.mapValues { $0.map(\.id.text) }, context: context)
        let bytes = try store.content.root.fileSystemBytes()
        let decisions = selection.decide(
            look.graph, storeBytes: look.survey.totalBytes,
            fileSystem: PolicySelection.FileSystem(usedBytes: bytes.used, freeBytes: bytes.free))
        for victim in decisions.victims { builder.remove(victim.imageID, reason: victim.reason) }
        let labels = Dictionary(uniqueKeysWithValues: look.images.map { ($0.imageID, $0.label) })
        for kept in decisions.kept { builder.keep(labels[kept.imageID] ?? kept.imageID.description, reason: kept.reason) }
        if decisions.excessBytes > 0 {
            note("the budget is still exceeded by \(ByteText.text(decisions.excessBytes)): all else is kept for a reason")
        }
    }

    /// Carries out a plan, and says what that did; what was not deleted for an unreadable document is an error.
    ///
    /// What was done is written down whatever fails beside it: the figures first, since nobody may read the output, then the
    /// outcome, and then every failure is told.
    func execute(_ plan: ReclamationPlan, metrics: String?, _ globals: GlobalOptions) throws {
        // A path that cannot be written is found before anything goes.
        let figures = try metrics.map { try MetricsFile($0, self) }
        defer { figures?.discard() }
        var outcome = try PlanExecution(store, now: Clock.now) { ControlGroup.remove(of: $0) }.run(plan)
        outcome.describeFailures()
        var failures = outcome.reasons
        func attempt(_ body: () throws -> Void) { do { try body() } catch { failures.append(error) } }
        // What failed can be applied again.
        if failures.isEmpty { attempt { try store.content.removePlan(id: plan.id) } }
        attempt { try figures?.write(outcome) }
        let report = OutcomeReport(outcome)
        attempt {
            switch globals.format {
            case .text: try Output.write(globals.quiet ? report.summary : report.text)
            case .json: try Output.write(report.json())
            }
        }
        if let path = outcome.foreignWrite { noteForeignWrite(path) }
        try FailureReport.tell(failures, isJSON: globals.format == .json)
    }

    /// Says why what nothing reaches stays for now.
    func noteForeignWrite(_ path: String) {
        note(
            """
            another tool is writing to the store (\(PathText.printable(path))): what nothing reaches stays until a later `strata gc`
            """)
    }

    /// Shows a plan that is not kept, or carries it out.
    func reclaim(_ plan: ReclamationPlan, _ options: ReclaimOptions, _ globals: GlobalOptions) throws {
        guard options.dryRun else { return try execute(plan, metrics: options.metrics, globals) }
        try show(plan, isStored: false, globals)
    }

    /// Writes a plan as text or as the document that `apply` reads.
    func show(_ plan: ReclamationPlan, isStored: Bool, _ globals: GlobalOptions) throws {
        let report = PlanReport(plan, isStored: isStored)
        switch globals.format {
        case .text where globals.quiet && isStored: try Output.write("\(plan.id)\n")
        case .text: try Output.write(report.text(globals.style, isVerbose: globals.verbose))
        case .json: try Output.write(report.json())
        }
    }
}

extension ReclamationOutcome {
    /// Says in words why items failed.
    mutating func describeFailures() {
        for number in items.indices {
            if let failure = items[number].failure { items[number].detail = ErrorSentence(failure).message }
        }
    }

    /// The failures that the command ends with: an image that cannot be read, or what could not be removed.
    var reasons: [any Error] {
        if let document = unreadable.first { return [CommandError.nothingDeleted(document)] }
        let failed = items.compactMap(\.failure) + failures
        return failed.first.map { [CommandError.notRemoved(count: failed.count, $0)] } ?? []
    }
}
