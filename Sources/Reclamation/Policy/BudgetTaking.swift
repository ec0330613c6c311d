import ImageStorage
import OCISpec

/// Takes images one after another until a budget is met, or there is none left that may go.
struct BudgetTaking<Place: LeavingImages> {
    /// Where the images are, without those that go.
    private(set) var place: Place
    /// The images that go, each with what decided.
    private(set) var gone: [Digest: (rule: String?, reason: String)]
    /// What went for the budget.
    private(set) var freed = FreedBytes()
    /// The images of those taken that cost a name and gave the budget nothing: their bytes have names elsewhere, or others keep them.
    private(set) var useless: Set<Digest> = []
    private let need: BudgetNeed
    private let ages: ImageAges

    init(_ place: Place, _ gone: [Digest: (rule: String?, reason: String)], _ need: BudgetNeed, _ ages: ImageAges) {
        self.place = place
        self.gone = gone
        self.need = need
        self.ages = ages
    }

    /// Takes of the images that these are about what the budget asks for.
    mutating func take(_ verdicts: [ImageVerdict]) {
        let before = place.freed
        var order = LeavingOrder(verdicts, ages, place, ruler: need.ruler)
        var taken: [Digest] = []
        while !need.isMet(by: freed), let image = order.next(place)?.image {
            let reason = need.reason(after: freed)
            gone[image.digest] = ("budget", reason)
            order.raise(place.remove(image, reason: reason, isForBudget: true), place)
            taken.append(image.digest)
            freed = place.freed - before
        }
        useless = Set(taken.filter { !need.counts(place.freedAmong($0)) })
    }
}
