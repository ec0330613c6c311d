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
        let place: Int32

        /// Whether this one leaves before the other.
        func precedes(_ other: Bid) -> Bool {
            if used != other.used { return used < other.used }
            return bytes == other.bytes ? image < other.image : bytes > other.bytes
        }
    }

    private let ruler: FreedBytes.Ruler
    private let verdicts: [ImageVerdict]
    private var isWaiting: [Bool]
    private var places: [Digest: Int32] = [:]
    private var used: [Timestamp] = []
    private var heap: [Bid] = []

    /// The order of the images that these are about, each once, as they stand in `place`; `ruler` tells which of them frees most.
    init(
        _ verdicts: [ImageVerdict], _ moments: ImageAges, _ place: some LeavingImages, ruler: FreedBytes.Ruler = .fileSystem
    ) {
        self.ruler = ruler
        self.verdicts = verdicts
        isWaiting = Array(repeating: true, count: verdicts.count)
        places.reserveCapacity(verdicts.count)
        used.reserveCapacity(verdicts.count)
        heap.reserveCapacity(verdicts.count)
        for (number, verdict) in verdicts.enumerated() {
            places[verdict.image.digest] = Int32(number)
            used.append(moments.lastUsed(verdict.image))
            bid(number, place)
        }
    }

    /// Takes out the next one, which the caller then removes from the place.
    mutating func next(_ place: some LeavingImages) -> ImageVerdict? {
        while let bid = pop() {
            let number = Int(bid.place)
            guard isWaiting[number] else { continue }
            guard bytes(bid.image, place) == bid.bytes else {
                self.bid(number, place)
                continue
            }
            isWaiting[number] = false
            return verdicts[number]
        }
        return nil
    }

    /// Bids again for the images that free more since something was removed from the place.
    mutating func raise(_ raised: Set<Digest>, _ place: some LeavingImages) {
        for image in raised {
            if let number = places[image], isWaiting[Int(number)] { bid(Int(number), place) }
        }
    }

    private func bytes(_ image: Digest, _ place: some LeavingImages) -> Int64 { place.freedIfRemoved(image)[ruler] }

    private mutating func bid(_ number: Int, _ place: some LeavingImages) {
        let image = verdicts[number].image.digest
        heap.append(Bid(used: used[number], bytes: bytes(image, place), image: image, place: Int32(number)))
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
