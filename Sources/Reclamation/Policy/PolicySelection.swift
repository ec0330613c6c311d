import ImageStorage
import OCISpec

/// What the rules of a policy say about each name of an image, and so about the image: a pure function of what a look saw.
///
/// The table in docs/reclaim.md is what is coded here. What is not known of an image never speaks for its removal.
struct PolicySelection {
    private let policy: PrunePolicy
    /// Nil where no rule asks for it.
    private let newest: NewestImages?

    /// A selection among `images`.
    init(_ policy: PrunePolicy, among images: [ImageSummary], _ moments: ImageAges) {
        self.policy = policy
        newest = policy.rules.contains { $0.keepLast != nil } ? NewestImages(images, moments) : nil
    }

    /// What becomes of an image and its names; `keeper` is what keeps it whatever the policy, in a sentence.
    func verdict(_ image: ImageSummary, keeper: String?, _ context: ImageFilter.Context) -> ImageVerdict {
        if let protection = protection(of: image, keeper) {
            return ImageVerdict(image, image.entries.map { _ in protection })
        }
        var names = image.entries.map { entry in
            entry.name == nil && !image.isNameless
                ? duplicate(entry, image, context) : verdict(entry, of: image, context)
        }
        // A rule that keeps one name keeps the image whole, and all by which people call it.
        if let keeper = names.indices.first(where: { names[$0].standing == .kept }) {
            let called = image.entries[keeper].familiar ?? image.digest.short
            for place in names.indices where names[place].standing != .kept {
                let own = names[place].standing == .goes ? "" : "\(names[place].reason); "
                names[place] = NameVerdict(
                    .kept, names[keeper].rule, "\(own)\(called) of the same image is kept", summary: names[keeper].summary)
            }
        }
        return ImageVerdict(image, names)
    }

    /// What keeps the image whatever rules say.
    private func protection(of image: ImageSummary, _ keeper: String?) -> NameVerdict? {
        if image.isPinned { return NameVerdict(.kept, nil, "pinned") }
        if let keeper { return NameVerdict(.kept, nil, keeper) }
        for pattern in policy.keepPatterns where (image.names + image.aliases).contains(where: { pattern.keeps($0) }) {
            return NameVerdict(.kept, "keep \(pattern.text)", "a name of it matches", summary: "keep \(pattern.text)")
        }
        return nil
    }

    /// An entry without a name beside one that has some: it holds nothing, and keeps nothing.
    private func duplicate(_ entry: NamedImage, _ image: ImageSummary, _ context: ImageFilter.Context) -> NameVerdict {
        var found = verdict(entry, of: image, context)
        if found.standing != .goes { found.standing = .duplicate }
        return found
    }

    /// The first rule that matches the name decides about it.
    private func verdict(_ entry: NamedImage, of image: ImageSummary, _ context: ImageFilter.Context) -> NameVerdict {
        if let reason = policy.scope.firstUnmet(entry, of: image, context) {
            return NameVerdict(
                .outside, nil, "not matched by the filters: \(reason)", summary: "not matched by the filters")
        }
        // Where it is not known whether a rule matches, both may be: what protects more is what is done.
        var possible: NameVerdict?
        for rule in policy.rules {
            let isMatched = rule.match.answer(entry, of: image, context)
            if isMatched == false { continue }
            let found = verdict(by: rule, entry, of: image, context)
            guard isMatched == nil else { return found.orMoreProtecting(possible) }
            if found.standing != .goes {
                let reason = "whether the rule matches is not known"
                let doubt = NameVerdict(found.standing, rule.name, reason)
                possible = possible.map { $0.orMoreProtecting(doubt) } ?? doubt
            }
        }
        return NameVerdict(.spare, nil, "no rule matches").orMoreProtecting(possible)
    }

    /// What a rule that matches the name decides.
    private func verdict(
        by rule: PrunePolicy.Rule, _ entry: NamedImage, of image: ImageSummary, _ context: ImageFilter.Context
    ) -> NameVerdict {
        guard case .remove(let conditions) = rule.action else {
            return NameVerdict(.kept, rule.name, "the rule keeps it", summary: rule.name)
        }
        if let count = rule.keepLast, let repository = newest?.repository(of: image, within: count) {
            let reason = "one of the newest \(count) of \(repository)"
            return NameVerdict(.kept, rule.name, reason, summary: reason)
        }
        if let reason = conditions.firstUnmet(entry, of: image, context) { return NameVerdict(.spare, rule.name, reason) }
        return NameVerdict(.goes, rule.name, (rule.match.conditions + conditions.conditions + policy.scope.conditions).words)
    }
}

/// What becomes of one name, or of an entry without one.
struct NameVerdict: Hashable {
    /// Where it stands.
    enum Standing: Hashable {
        case goes
        /// It stays, its image with it, and a budget takes neither.
        case kept
        /// The policy is not about it: it stays, and so does the image while it has this name.
        case outside
        /// It stays unless a budget takes the image.
        case spare
        /// An entry without a name of an image that has one: it goes with the image's last name.
        case duplicate
    }

    var standing: Standing
    /// The rule that decided; nil where none did.
    var rule: String?
    var reason: String
    /// Rule and reason in one, as plans have it.
    var summary: String

    init(_ standing: Standing, _ rule: String?, _ reason: String, summary: String? = nil) {
        self.standing = standing
        self.rule = rule
        self.reason = reason
        self.summary = summary ?? (rule.map { "\($0): \(reason)" } ?? reason)
    }

    /// The other one where that protects more.
    func orMoreProtecting(_ other: NameVerdict?) -> NameVerdict {
        guard let other, other.standing != standing else { return self }
        return standing == .kept || other.standing == .goes ? self : other
    }
}

/// What becomes of an image, by what becomes of its names.
///
/// An object, since verdicts are sifted several times, and an image is large to copy.
final class ImageVerdict: Sendable {
    let image: ImageSummary
    /// One for each entry of the image, in its order.
    let names: [NameVerdict]

    init(_ image: ImageSummary, _ names: [NameVerdict]) {
        self.image = image
        self.names = names
    }

    /// Whether no name is left, so that the image goes.
    var isWhole: Bool { deciding.allSatisfy { $0 == .goes } }
    /// Whether a budget may take it.
    var isSpare: Bool { !isWhole && deciding.allSatisfy { $0 == .goes || $0 == .spare } }
    /// The entries that go although the image stays.
    var untagged: [NamedImage] {
        isWhole ? [] : zip(image.entries, names).compactMap { $1.standing == .goes ? $0 : nil }
    }

    /// Where what decides about the image stands: its names, or without one its entries.
    private var deciding: [NameVerdict.Standing] {
        zip(image.entries, names).compactMap { entry, verdict in
            entry.name != nil || image.isNameless ? verdict.standing : nil
        }
    }
}
