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
    private var waiting: [Digest: (image: ImageSummary, used: Timestamp)] = [:]
    private var heap: [Bid] = []

    /// The order of `images` as they stand in `place`; `ruler` tells which of them frees most.
    init(
        _ images: some Sequence<ImageSummary>, _ moments: ImageAges, _ place: some LeavingImages,
        ruler: FreedBytes.Ruler = .fileSystem
    ) {
        self.ruler = ruler
        for image in images {
            waiting[image.digest] = (image, moments.lastUsed(image))
            bid(image.digest, place)
        }
    }

    /// Takes out the next one, which the caller then removes from the place.
    mutating func next(_ place: some LeavingImages) -> ImageSummary? {
        while let bid = pop() {
            guard let image = waiting[bid.image]?.image else { continue }
            guard bytes(bid.image, place) == bid.bytes else {
                self.bid(bid.image, place)
                continue
            }
            waiting[bid.image] = nil
            return image
        }
        return nil
    }

    /// Bids again for the images that free more since something was removed from the place.
    mutating func raise(_ raised: Set<Digest>, _ place: some LeavingImages) {
        for image in raised where waiting[image] != nil { bid(image, place) }
    }

    private func bytes(_ image: Digest, _ place: some LeavingImages) -> Int64 { place.freedIfRemoved(image)[ruler] }

    private mutating func bid(_ image: Digest, _ place: some LeavingImages) {
        guard let used = waiting[image]?.used else { return }
        heap.append(Bid(used: used, bytes: bytes(image, place), image: image))
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
