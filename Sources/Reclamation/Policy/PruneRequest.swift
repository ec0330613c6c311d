package import ContentStorage
package import ImageStorage
package import OCISpec

/// What a prune is asked for; what is nil is left alone.
package struct PruneRequest: Sendable {
    /// Which images and names.
    package var images: PrunePolicy?
    /// Which containers, of those that do not run.
    package var containers: ContainerSelection?
    /// What of the build cache.
    package var cache: CacheSelection?
    /// Blobs and unpacked layers that nothing reaches, and sessions of dead processes, that are as they are for so long.
    package var leftovers: LeftoverSelection?
    /// Whether the trash is emptied, before the time of what is in it is over.
    package var emptiesTrash: Bool

    /// A request from its parts; by default for nothing.
    package init(
        images: PrunePolicy? = nil, containers: ContainerSelection? = nil, cache: CacheSelection? = nil,
        leftovers: LeftoverSelection? = nil, emptiesTrash: Bool = false
    ) {
        self.images = images
        self.containers = containers
        self.cache = cache
        self.leftovers = leftovers
        self.emptiesTrash = emptiesTrash
    }

    /// What `system prune` and `plan` ask for when images are selected by these filters.
    ///
    /// As with docker, `until` reaches everything and labels reach what can have some. A filter that says something of images
    /// alone leaves containers and the build cache alone: it was not given to widen what goes.
    package static func system(
        _ policy: PrunePolicy, filter: ImageFilter, isAll: Bool, leftovers: LeftoverSelection = LeftoverSelection()
    ) -> PruneRequest {
        var leftovers = leftovers
        leftovers.unchangedSince += filter.untilBounds
        return PruneRequest(
            images: policy, containers: ContainerSelection(filter), cache: CacheSelection(filter, isAll: isAll),
            leftovers: leftovers)
    }
}

/// Which containers go, of those that do not run; all that is said must hold.
package struct ContainerSelection: Hashable, Sendable {
    /// Only those that were made before each of these.
    package var madeBefore: [[TimeBound]]
    /// Only those with one label of each of these.
    package var labels: [[ImageFilter.Label]]
    /// Only those with none of these.
    package var keptLabels: [ImageFilter.Label]

    /// A selection from its parts; by default all of them.
    package init(
        madeBefore: [[TimeBound]] = [], labels: [[ImageFilter.Label]] = [], keptLabels: [ImageFilter.Label] = []
    ) {
        self.madeBefore = madeBefore
        self.labels = labels
        self.keptLabels = keptLabels
    }

    /// The selection that docker's filters make; nil where a condition says nothing of containers.
    package init?(_ filter: ImageFilter) {
        self.init()
        for condition in filter.conditions {
            switch condition {
            case .until(let bounds): madeBefore.append(bounds)
            case .label(let labels): self.labels.append(labels)
            case .notLabel(let labels): keptLabels += labels
            case .reference, .dangling, .imported, .used, .size, .before, .since: return nil
            }
        }
    }

    /// Whether a container is one of them; what is not known of it never speaks for its removal.
    package func holds(_ container: ContainerRecord, now: Timestamp) -> Bool {
        holds(made: container.created, labels: container.config?.labels ?? [:], now: now)
    }

    /// The same of a container of which this is known.
    func holds(made: Timestamp?, labels found: [ExactText: String], now: Timestamp) -> Bool {
        let made = made?.known(now: now)
        return madeBefore.allSatisfy { bounds in made.map { made in bounds.contains { made < $0.moment(now: now) } } ?? false }
            && labels.allSatisfy { $0.contains { $0.isAmong(found) } } && !keptLabels.contains { $0.isAmong(found) }
    }
}

/// What of the build cache goes; all that is said must hold.
package struct CacheSelection: Hashable, Sendable {
    /// Whether also steps go whose layers images have.
    package var isAll: Bool
    /// Only what no build has used since each of these.
    package var unusedSince: [[TimeBound]]
    /// Only the oldest, until what is left occupies no more bytes.
    package var keepBytes: Int64?

    /// A selection from its parts.
    package init(isAll: Bool, unusedSince: [[TimeBound]] = [], keepBytes: Int64? = nil) {
        self.isAll = isAll
        self.unusedSince = unusedSince
        self.keepBytes = keepBytes
    }

    /// The selection that docker's filters make; nil where a condition says nothing of the build cache, which has no labels.
    package init?(_ filter: ImageFilter, isAll: Bool) {
        self.init(isAll: isAll)
        for condition in filter.conditions {
            guard case .until(let bounds) = condition else { return nil }
            unusedSince.append(bounds)
        }
    }

    /// Whether what was used last at that second may go.
    func holds(usedSeconds: Int64, now: Timestamp) -> Bool {
        unusedSince.allSatisfy { bounds in bounds.contains { usedSeconds <= $0.moment(now: now).seconds } }
    }
}

/// Which of what nothing reaches goes: its origin is not known, so it must have been as it is for a while.
package struct LeftoverSelection: Hashable, Sendable {
    /// For how long: another tool may be writing it.
    package var minimumAge: Duration
    /// And since before each of these.
    package var unchangedSince: [[TimeBound]]

    /// What protects the unfinished work of other tools.
    package static let usualAge = Duration.seconds(3600)

    /// A selection from its parts.
    package init(minimumAge: Duration = usualAge, unchangedSince: [[TimeBound]] = []) {
        self.minimumAge = minimumAge
        self.unchangedSince = unchangedSince
    }

    /// How old it must be at `now` by all that is said.
    package func age(now: Timestamp) -> Duration {
        unchangedSince.reduce(minimumAge) { age, bounds in
            let latest = bounds.map { $0.moment(now: now).seconds }.max() ?? .min
            return max(age, .seconds(now.seconds.subtractingReportingOverflow(latest).partialValue))
        }
    }
}

extension ImageFilter {
    /// The bounds of its conditions on when something was made.
    fileprivate var untilBounds: [[TimeBound]] {
        conditions.compactMap { condition -> [TimeBound]? in if case .until(let bounds) = condition { bounds } else { nil } }
    }
}
