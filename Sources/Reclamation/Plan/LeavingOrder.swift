import ImageStorage
import OCISpec

/// The order in which images leave: least recently used first, then the one that frees most at that moment.
///
/// What an image frees only grows while others leave, so each growth is a new bid in a heap, and older bids are passed over.
struct LeavingOrder {
    private struct Bid {
        let used: Timestamp
        let bytes: Int64
        let image: Digest

        /// Whether this one leaves before the other.
        func precedes(_ other: Bid) -> Bool {
            if used != other.used { return used < other.used }
            return bytes == other.bytes ? image < other.image : bytes > other.bytes
        }
    }

    private let ruler: FreedBytes.Ruler
    private var waiting: [Digest: Timestamp] = [:]
    private var heap: [Bid] = []

    /// The order of `images` while `graph` is as it is; `ruler` tells which of them frees most.
    init(
        _ images: some Sequence<ImageSummary>, _ moments: ImageAges, _ graph: StoreGraph,
        ruler: FreedBytes.Ruler = .fileSystem
    ) {
        self.ruler = ruler
        for image in images {
            waiting[image.digest] = moments.lastUsed(image)
            bid(image.digest, graph)
        }
    }

    /// Takes out the next one, which the caller then removes from the graph.
    mutating func next(_ graph: StoreGraph) -> Digest? {
        while let bid = pop() {
            guard waiting[bid.image] != nil else { continue }
            guard bytes(bid.image, graph) == bid.bytes else {
                self.bid(bid.image, graph)
                continue
            }
            waiting[bid.image] = nil
            return bid.image
        }
        return nil
    }

    /// Bids again for the images that free more since something was removed from the graph.
    mutating func raise(_ raised: Set<StoreGraph.Owner>, _ graph: StoreGraph) {
        for case .image(let image) in raised where waiting[image] != nil { bid(image, graph) }
    }

    private func bytes(_ image: Digest, _ graph: StoreGraph) -> Int64 { graph.freedIfRemoved(.image(image))[ruler] }

    private mutating func bid(_ image: Digest, _ graph: StoreGraph) {
        guard let used = waiting[image] else { return }
        heap.append(Bid(used: used, bytes: bytes(image, graph), image: image))
        var child = heap.count - 1
        while child > 0, heap[child].precedes(heap[(child - 1) / 2]) {
            heap.swapAt(child, (child - 1) / 2)
            child = (child - 1) / 2
        }
    }

    private mutating func pop() -> Bid? {
        guard let first = heap.first else { return nil }
        let last = heap.removeLast()
        guard !heap.isEmpty else { return first }
        heap[0] = last
        var parent = 0
        while true {
            var best = parent
            for child in [2 * parent + 1, 2 * parent + 2] where child < heap.count && heap[child].precedes(heap[best]) {
                best = child
            }
            if best == parent { return first }
            heap.swapAt(parent, best)
            parent = best
        }
    }
}
