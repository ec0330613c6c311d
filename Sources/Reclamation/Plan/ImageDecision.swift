import ImageStorage
package import OCISpec

/// What became of one name, or of an image without one, and why.
package struct ImageExplanation: Hashable, Sendable {
    /// The name in docker's short form; nil for an image without one.
    package var name: String?
    /// Of the image that the name means.
    package var imageID: Digest
    /// containerd's namespace that it is in; nil where there are none.
    package var namespace: String?
    /// Whether the plan takes it.
    package var goes: Bool
    /// The rule, or the part of the budget, that decided; nil where none did.
    package var rule: String?
    /// The sentence that `plan --explain` shows.
    package var reason: String
}

/// Which images leave by a policy, wherever they are: rules first, then what a budget takes of the rest.
///
/// What else goes from there, and what that frees, is the place's concern. Deciding again on what carrying it out leaves removes nothing
/// more.
struct ImageDecision<Place: LeavingImages> {
    /// Where the images are, without those that go.
    var place: Place
    /// What of the budget could not be met; only the last look counts.
    private(set) var notes: [PruneDecision.Note] = []
    private let policy: PrunePolicy
    private let images: [ImageSummary]
    private let ages: ImageAges
    /// The verdicts on the images that are left.
    private var verdicts: [ImageVerdict] = []
    /// The images that go, each with what decided.
    private var gone: [Digest: (rule: String?, reason: String)] = [:]

    /// Nothing is decided yet.
    init(_ policy: PrunePolicy, _ images: [ImageSummary], _ ages: ImageAges, _ place: Place) {
        self.policy = policy
        self.images = images
        self.ages = ages
        self.place = place
    }

    // Rules

    /// Removes what the rules say.
    mutating func applyRules(_ context: ImageFilter.Context) {
        let selection = PolicySelection(policy, among: images, ages)
        let needsBytes = policy.filters.contains(where: \.needsUniqueBytes)
        var context = context
        var left = images.filter { gone[$0.digest] == nil }
        while true {
            if needsBytes {
                place.recountSharing()
                context.uniqueBytes = [:]
                for image in left { context.uniqueBytes[image.digest] = place.uniqueBytes(of: image.digest) }
            }
            verdicts = left.map { selection.verdict($0, keeper: place.keeper(of: $0.digest), context) }
            let whole = verdicts.filter(\.isWhole)
            remove(whole)
            left = left.filter { gone[$0.digest] == nil }
            verdicts = verdicts.filter { gone[$0.image.digest] == nil }
            // What is left may have more bytes of its own now, so that a rule fits that did not, or lack what kept it.
            if whole.isEmpty || !(needsBytes || place.imagesKeepImages) { return }
        }
    }

    private mutating func remove(_ verdicts: [ImageVerdict]) {
        gone.reserveCapacity(gone.count + verdicts.count)
        var order = LeavingOrder(verdicts, ages, place)
        while let verdict = order.next(place) {
            let first = verdict.names.first { $0.standing == .goes }
            gone[verdict.image.digest] = (first?.rule, first?.reason ?? "")
            order.raise(place.remove(verdict.image, reason: first?.rule ?? "", isForBudget: false), place)
        }
    }

    // Budget

    /// Removes what the budget asks for beside the rules, and what rules then find in what is left.
    ///
    /// `need` tells how much must go when so much has gone.
    mutating func meet(
        _ context: ImageFilter.Context, _ need: (_ budget: PrunePolicy.Budget, _ freed: FreedBytes) -> BudgetNeed
    ) {
        takeForBudget(need(policy.budget, place.freed))
        // Of images that are left the same is true as after the rules.
        guard place.imagesKeepImages || policy.filters.contains(where: \.needsUniqueBytes) else { return }
        var count = -1
        while gone.count != count {
            count = gone.count
            applyRules(context)
            takeForBudget(need(policy.budget, place.freed))
        }
    }

    private mutating func takeForBudget(_ need: BudgetNeed) {
        notes = need.problems
        guard !need.isMet(by: FreedBytes()) else { return }
        var taking = BudgetTaking(place, gone, need, ages)
        taking.take(verdicts.filter(\.isSpare))
        if !taking.useless.isEmpty {
            let useless = taking.useless
            taking = BudgetTaking(place, gone, need, ages)
            taking.take(verdicts.filter { $0.isSpare && !useless.contains($0.image.digest) })
        }
        (place, gone) = (taking.place, taking.gone)
        verdicts = verdicts.filter { gone[$0.image.digest] == nil }
        let excess = need.excessBytes(after: taking.freed)
        if excess > 0 { notes.append(.budgetExceeded(bytes: excess)) }
    }

    // What is told

    /// Takes the single names, and notes why the images that are left stay.
    mutating func finish() {
        for verdict in verdicts {
            let image = verdict.image
            for entry in verdict.untagged {
                let rule = zip(image.entries, verdict.names).first { $0.0 == entry }?.1.rule
                place.untag(entry, of: image, reason: rule ?? "")
            }
            let stays = verdict.names.filter { $0.standing != .goes }
            guard let first = stays.first(where: { $0.standing != .duplicate }) ?? stays.first else { continue }
            place.keep(image, reason: first.summary)
        }
    }

    /// Why every name goes or stays, in the order in which listings have them.
    func explanations() -> [ImageExplanation] {
        let left = Dictionary(verdicts.map { ($0.image.digest, $0) }) { first, _ in first }
        return images.flatMap { image -> [ImageExplanation] in
            if let verdict = left[image.digest] { return explanations(verdict) }
            let (rule, reason) = gone[image.digest] ?? (nil, "")
            return image.listed.map {
                ImageExplanation(
                    name: $0.familiar, imageID: image.imageID, namespace: image.namespace, goes: true, rule: rule, reason: reason)
            }
        }
    }

    private func explanations(_ verdict: ImageVerdict) -> [ImageExplanation] {
        let listed = Set(verdict.image.listed)
        return zip(verdict.image.entries, verdict.names).filter { listed.contains($0.0) }.map { entry, name in
            let goes = name.standing == .goes
            return ImageExplanation(
                name: entry.familiar, imageID: verdict.image.imageID, namespace: verdict.image.namespace,
                goes: goes && place.removesSingleNames, rule: name.rule,
                reason: goes && !place.removesSingleNames ? LeavingEngineImages.deletesDigestsOnly : name.reason)
        }
    }
}
