import ContentStorage
import ImageStorage
import OCISpec
import StorageIO

/// The images of the store: they leave as victims of a plan.
struct LeavingStoreImages: LeavingImages {
    /// The plan so far.
    var builder: PlanBuilder
    /// The build cache, by the IDs of its records.
    private let steps: [String: CacheEntry]
    private let request: PruneRequest
    private let now: Timestamp
    /// Who uses an image, by the digest that `index.json` lists.
    var users: [Digest: ContainerRecord] = [:]

    /// All images of a look, none gone yet.
    init(_ look: StoreLook, _ request: PruneRequest, _ now: Timestamp) {
        builder = PlanBuilder(look)
        steps = Dictionary(look.cache.map { ($0.id, $0) }) { first, _ in first }
        self.request = request
        self.now = now
    }

    var freed: FreedBytes { builder.freed }
    var imagesKeepImages: Bool { false }

    func keeper(of image: Digest) -> String? {
        users[image].map { "container \($0.id.text.prefix(12)) uses it" }
    }

    mutating func remove(_ image: ImageSummary, reason: String, isForBudget: Bool) -> Set<Digest> {
        let raised = builder.remove(image.digest, reason: reason)
        return (isForBudget ? raised.union(removeCache(raised)) : raised).images
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

    mutating func untag(_ entry: NamedImage, of image: ImageSummary, reason: String) {
        builder.untag(entry, of: image, reason: reason)
    }

    mutating func keep(_ image: ImageSummary, reason: String) { builder.keep(image.label, reason: reason) }

    func freedIfRemoved(_ image: Digest) -> FreedBytes { builder.graph.freedIfRemoved(.image(image)) }

    func freedAmong(_ image: Digest) -> FreedBytes { builder.graph.freedAmong(.image(image)) }

    func uniqueBytes(of image: Digest) -> Int64 { builder.graph.uniqueBytes(of: .image(image)) }

    mutating func recountSharing() { builder.recountSharing() }
}

extension Set<StoreGraph.Owner> {
    /// The images among the roots.
    fileprivate var images: Set<Digest> {
        reduce(into: []) { images, owner in
            if case .image(let digest) = owner { images.insert(digest) }
        }
    }
}
