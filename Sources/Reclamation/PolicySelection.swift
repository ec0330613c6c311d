package import ImageStorage
package import OCISpec

/// Decides which images go under a policy: a pure function of what a look saw.
///
/// Pins, images that containers use, keep patterns, keep rules and the newest of each repository are protected, from rules and
/// budget alike. What is not known of an image never speaks for its removal.
package struct PolicySelection {
    /// The file system that the store is on.
    package struct FileSystem: Hashable, Sendable {
        package var usedBytes: Int64
        /// What an ordinary process may still write.
        package var freeBytes: Int64

        /// Figures from their parts.
        package init(usedBytes: Int64, freeBytes: Int64) {
            self.usedBytes = usedBytes
            self.freeBytes = freeBytes
        }
    }

    /// What was decided.
    package struct Decisions {
        /// In the order in which they go.
        package var victims: [(imageID: Digest, reason: String)] = []
        package var kept: [(imageID: Digest, reason: String)] = []
        /// Bytes by which the budget is still exceeded when all have gone that may.
        package var excessBytes: Int64 = 0
    }

    private enum Verdict {
        case goes(String)
        /// It stays, and the budget may not take it.
        case protected(String)
        /// It stays unless the budget takes it.
        case stays(String)
    }

    private let policy: PrunePolicy
    private let images: [ImageSummary]
    private let users: [Digest: [String]]
    private let context: ImageFilter.Context
    private let newest: NewestImages

    /// A selection among `images`, of which `users` tells the containers that use them, by image ID.
    package init(
        _ policy: PrunePolicy, images: [ImageSummary], users: [Digest: [String]], context: ImageFilter.Context
    ) {
        self.policy = policy
        self.images = images
        self.users = users
        self.context = context
        newest = NewestImages(images)
    }

    /// Decides about every image; `graph` has what they free, `storeBytes` is what the store occupies.
    package func decide(_ graph: StoreGraph, storeBytes: Int64, fileSystem: FileSystem?) -> Decisions {
        var decisions = Decisions()
        var order = LeavingOrder(graph)
        var spare: [(image: ImageSummary, reason: String)] = []
        for image in images {
            switch verdict(image) {
            case .goes(let reason): order.add(image, reason: reason)
            case .protected(let reason): decisions.kept.append((image.imageID, reason))
            case .stays(let reason): spare.append((image, reason))
            }
        }
        var freed: Int64 = 0
        while let victim = order.next() {
            decisions.victims.append((victim.imageID, victim.reason))
            freed += victim.freedBytes
        }
        takeForBudget(&decisions, spare, order.graph, freed, storeBytes, fileSystem)
        return decisions
    }

    private func takeForBudget(
        _ decisions: inout Decisions, _ spare: [(image: ImageSummary, reason: String)], _ graph: StoreGraph, _ freed: Int64,
        _ storeBytes: Int64, _ fileSystem: FileSystem?
    ) {
        let excess = BudgetExcess(policy.budget, storeBytes: storeBytes, fileSystem: fileSystem)
        var freed = freed
        var order = LeavingOrder(graph)
        var reasons: [Digest: String] = [:]
        for (image, reason) in spare {
            if image.used ?? image.imported == nil, excess.bytes > freed {
                decisions.kept.append((image.imageID, "when it was last used is not known"))
            } else {
                reasons[image.imageID] = reason
                order.add(image, reason: excess.reason)
            }
        }
        while excess.bytes > freed, let victim = order.next() {
            decisions.victims.append((victim.imageID, victim.reason))
            reasons[victim.imageID] = nil
            freed += victim.freedBytes
        }
        for (image, _) in spare {
            if let reason = reasons[image.imageID] { decisions.kept.append((image.imageID, reason)) }
        }
        decisions.excessBytes = max(0, excess.bytes - freed)
    }

    private func verdict(_ image: ImageSummary) -> Verdict {
        if image.isPinned { return .protected("pinned") }
        if let user = users[image.imageID]?.first { return .protected("container \(user.prefix(12)) uses it") }
        for pattern in policy.keepPatterns where image.names.contains(where: { pattern.matches($0) }) {
            return .protected("keep \(pattern.text)")
        }
        guard let rule = policy.rules.first(where: { $0.match.matches(image, context) }) else {
            return .stays("no rule matches")
        }
        guard case .remove(let conditions) = rule.action else { return .protected(rule.name) }
        if let count = rule.keepLast, let repository = newest.repository(of: image, within: count) {
            return .protected("one of the newest \(count) of \(repository)")
        }
        guard conditions.matches(image, context) else { return .stays("\(rule.name): \(unmet(conditions, image))") }
        return .goes(rule.name)
    }

    /// Why the conditions of a rule do not hold.
    private func unmet(_ filter: ImageFilter, _ image: ImageSummary) -> String {
        let unmet = filter.conditions.first { !ImageFilter([$0]).matches(image, context) }
        switch unmet {
        case .dangling(let values): return values.contains(true) ? "it has a name" : "it has no name"
        case .until: return image.created == nil ? "when it was made is not known" : "it is too new"
        case .imported: return image.imported == nil ? "when it came is not known" : "it came too lately"
        case .used: return image.used == nil ? "when it was used is not known" : "it was used too lately"
        case .label, .notLabel: return "its labels"
        case .size: return "it is too small"
        case .reference: return "its name"
        case .before, .since: return "when it was made"
        case nil: return "kept"
        }
    }
}

/// How many bytes must go for a budget, and which part of it asks for them.
private struct BudgetExcess {
    private(set) var bytes: Int64 = 0
    private(set) var reason = "budget"

    init(_ budget: PrunePolicy.Budget, storeBytes: Int64, fileSystem: PolicySelection.FileSystem?) {
        if let limit = budget.maxStoreBytes { raise(to: storeBytes - limit, "max-store") }
        guard let fileSystem else { return }
        if let limit = budget.minFreeBytes { raise(to: limit - fileSystem.freeBytes, "min-free") }
        let total = Double(fileSystem.usedBytes + fileSystem.freeBytes)
        if let high = budget.highPercent, total > 0, Double(fileSystem.usedBytes) * 100 > high * total {
            let low = min(budget.lowPercent ?? high, high)
            raise(to: fileSystem.usedBytes - Int64((low * total / 100).rounded(.down)), "high watermark")
        }
    }

    private mutating func raise(to excess: Int64, _ reason: String) {
        guard excess > bytes else { return }
        bytes = excess
        self.reason = reason
    }
}
