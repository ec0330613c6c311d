import ImageStorage
import OCISpec

/// The order in which images leave: least recently used first, then the one that frees most at that moment.
///
/// What an image frees only grows while others leave, so each growth is a new bid in a heap, and older bids are passed over.
struct LeavingOrder {
    /// One that leaves, and what that gives back.
    struct Victim {
        let imageID: Digest
        let reason: String
        let freedBytes: Int64
    }

    private struct Bid {
        let used: Timestamp
        let bytes: Int64
        let imageID: Digest

        /// Whether this one leaves before the other.
        func precedes(_ other: Bid) -> Bool {
            if used != other.used { return used < other.used }
            return bytes == other.bytes ? imageID < other.imageID : bytes > other.bytes
        }
    }

    /// The graph without those that left.
    private(set) var graph: StoreGraph
    private var waiting: [Digest: (used: Timestamp, reason: String)] = [:]
    private var heap: [Bid] = []

    init(_ graph: StoreGraph) { self.graph = graph }

    /// Adds an image that may leave; one whose use is not known counts as never used.
    mutating func add(_ image: ImageSummary, reason: String) {
        let used = image.used ?? image.imported ?? Timestamp(seconds: .min)
        waiting[image.imageID] = (used, reason)
        bid(image.imageID, used)
    }

    /// Takes out the next one.
    mutating func next() -> Victim? {
        while let bid = pop() {
            guard let (used, reason) = waiting[bid.imageID] else { continue }
            guard graph.bytesIfRemoved(.image(bid.imageID)) == bid.bytes else {
                self.bid(bid.imageID, used)
                continue
            }
            waiting[bid.imageID] = nil
            let (_, freed, raised) = graph.removeRaising(.image(bid.imageID))
            for case .image(let other) in raised {
                if let (used, _) = waiting[other] { self.bid(other, used) }
            }
            return Victim(imageID: bid.imageID, reason: reason, freedBytes: freed)
        }
        return nil
    }

    private mutating func bid(_ imageID: Digest, _ used: Timestamp) {
        heap.append(Bid(used: used, bytes: graph.bytesIfRemoved(.image(imageID)), imageID: imageID))
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
