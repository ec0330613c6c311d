package import ImageStorage

/// Which images a prune removes: rules in order, and a budget for what they leave.
///
/// The same value whether it came from a file or from flags; docs/reclaim.md says what each part means.
package struct PrunePolicy: Hashable, Sendable {
    /// What becomes of an image that a rule matches.
    package enum Action: Hashable, Sendable {
        /// It stays, whatever the budget.
        case keep
        /// It goes when these conditions hold as well; without any it goes.
        case remove(ImageFilter)
    }

    /// One rule; the first that matches an image decides about it.
    package struct Rule: Hashable, Sendable {
        /// What reports call it.
        package var name: String
        /// Which images it is about.
        package var match: ImageFilter
        /// What becomes of an image that the rule is about.
        package var action: Action
        /// How many of the newest images of each repository stay.
        package var keepLast: Int?

        /// A rule from its parts.
        package init(name: String, match: ImageFilter, action: Action, keepLast: Int? = nil) {
            self.name = name
            self.match = match
            self.action = action
            self.keepLast = keepLast
        }
    }

    /// How much the store, or its file system, may hold; what nothing protects leaves, least recently used first.
    package struct Budget: Hashable, Sendable {
        /// Bytes that the store may occupy.
        package var maxStoreBytes: Int64?
        /// Percent of the file system above which images leave, and down to which.
        package var highPercent: Double?
        /// Nil, as `highPercent`, for no such budget.
        package var lowPercent: Double?
        /// Bytes of the file system that shall be free.
        package var minFreeBytes: Int64?

        /// A budget from its parts; by default none.
        package init(
            maxStoreBytes: Int64? = nil, highPercent: Double? = nil, lowPercent: Double? = nil, minFreeBytes: Int64? = nil
        ) {
            self.maxStoreBytes = maxStoreBytes
            self.highPercent = highPercent
            self.lowPercent = lowPercent
            self.minFreeBytes = minFreeBytes
        }
    }

    /// Which names the policy is about: others stay, and so does an image of which a name is not among them.
    package var scope: ImageFilter
    /// The first that matches a name decides about it.
    package var rules: [Rule]
    /// Images with a name that one of these patterns matches stay; matched against the full name and the short one.
    package var keepPatterns: [NamePattern]
    /// Asked when the rules are done.
    package var budget: Budget
    /// How long what goes is kept in the trash.
    package var trash: Duration

    /// A policy from its parts.
    package init(
        scope: ImageFilter = ImageFilter(), rules: [Rule], keepPatterns: [NamePattern] = [], budget: Budget = Budget(),
        trash: Duration = .zero
    ) {
        self.scope = scope
        self.rules = rules
        self.keepPatterns = keepPatterns
        self.budget = budget
        self.trash = trash
    }

    /// The policy of `image prune`: what the filters do not match stays; of the rest what has no name, or all of it.
    package static func flags(
        filter: ImageFilter, isAll: Bool, keepLast: Int? = nil, keepPatterns: [NamePattern] = [], budget: Budget = Budget(),
        trash: Duration = .zero
    ) -> PrunePolicy {
        // Who asks for images with or without a name has said what dangling ones alone would say.
        let asksForNames = filter.conditions.contains { if case .dangling = $0 { true } else { false } }
        let remove = ImageFilter(isAll || asksForNames ? [] : [.dangling([true])])
        return PrunePolicy(
            scope: filter, rules: [Rule(name: "prune", match: ImageFilter(), action: .remove(remove), keepLast: keepLast)],
            keepPatterns: keepPatterns, budget: budget, trash: trash)
    }

    /// Every filter of the policy.
    package var filters: [ImageFilter] {
        [scope]
            + rules.flatMap { rule in
                if case .remove(let conditions) = rule.action { [rule.match, conditions] } else { [rule.match] }
            }
    }
}
