import ContentStorage
import ImageStorage
import OCISpec

/// Takes images one after another until a budget is met, or there is none left that may go.
struct BudgetTaking {
    private(set) var builder: PlanBuilder
    /// The images that go, each with what decided.
    private(set) var gone: [Digest: (rule: String?, reason: String)]
    /// What went for the budget.
    private(set) var freed = FreedBytes()
    /// The images of those taken that cost a name and gave the budget nothing: their bytes have names elsewhere, or others keep them.
    private(set) var useless: Set<Digest> = []
    /// The build cache, by the IDs of its records.
    private let steps: [String: CacheEntry]
    private let request: PruneRequest
    private let need: BudgetNeed
    private let moments: ImageAges
    private let now: Timestamp

    init(
        _ builder: PlanBuilder, _ gone: [Digest: (rule: String?, reason: String)], _ look: StoreLook, _ request: PruneRequest,
        _ need: BudgetNeed, _ moments: ImageAges, _ now: Timestamp
    ) {
        self.builder = builder
        self.gone = gone
        steps = Dictionary(look.cache.map { ($0.id, $0) }) { first, _ in first }
        self.request = request
        self.need = need
        self.moments = moments
        self.now = now
    }

    /// Takes of `images` what the budget asks for.
    mutating func take(_ images: some Sequence<ImageSummary>) {
        let before = builder.freed
        var order = LeavingOrder(images, moments, builder.graph, ruler: need.ruler)
        var taken: [Digest] = []
        while !need.isMet(by: freed), let digest = order.next(builder.graph) {
            let reason = need.reason(after: freed)
            gone[digest] = ("budget", reason)
            let raised = builder.remove(digest, reason: reason)
            order.raise(raised.union(removeCache(raised)), builder.graph)
            taken.append(digest)
            freed = builder.freed - before
        }
        useless = Set(taken.filter { !need.counts(builder.graph.freedAmong(.image($0))) })
    }

    /// Removes the steps of the build cache that alone reach something now, where the request has the cache; returns the roots
    /// that would free more by that.
    private mutating func removeCache(_ raised: Set<StoreGraph.Owner>) -> Set<StoreGraph.Owner> {
        guard let selection = request.cache, selection.keepBytes == nil else { return [] }
        var all: Set<StoreGraph.Owner> = []
        var waiting = raised
        while let owner = waiting.popFirst() {
            guard case .cacheRecord(let id) = owner, let entry = steps[id],
                selection.holds(usedSeconds: entry.usedSeconds, now: now), builder.graph.bytesIfRemoved(owner) > 0
            else { continue }
            let next = builder.remove(entry)
            all.formUnion(next)
            waiting.formUnion(next)
        }
        return all
    }
}
