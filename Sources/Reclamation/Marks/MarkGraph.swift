import ImageStorage
package import OCISpec

/// What is needed to tell what several images free together, and nothing else: small enough to stand in a page.
///
/// What one image alone frees is its own; what several share goes with the last of them; what something else keeps is not here.
package struct MarkGraph: Hashable, Sendable {
    /// An image.
    package struct Image: Hashable, Sendable {
        /// What tells it from all others.
        package let id: Digest
        /// Bytes that go with it alone.
        package internal(set) var ownBytes: Int64
        /// The places of what it shares with other images.
        package internal(set) var shared: [Int] = []
        /// The places of the images that must go before it.
        package internal(set) var after: [Int] = []
        /// What keeps it whatever else goes; nil where nothing does.
        package internal(set) var refusal: MarkRefusal?
    }

    /// The images.
    package internal(set) var images: [Image] = []
    /// Bytes of what several of them share, by its place.
    package internal(set) var sharedBytes: [Int64] = []

    /// Bytes that go with these images together, by their places; those that cannot go are passed over.
    package func freedBytes(byRemoving marked: Set<Int>) -> Int64 {
        var going = marked.filter { images[$0].refusal == nil }
        while case let kept = going.filter({ !going.isSuperset(of: images[$0].after) }), !kept.isEmpty { going.subtract(kept) }
        var left = Array(repeating: 0, count: sharedBytes.count)
        for image in images { for item in image.shared { left[item] += 1 } }
        var sum: Int64 = 0
        for place in going {
            sum += images[place].ownBytes
            for item in images[place].shared {
                left[item] -= 1
                if left[item] == 0 { sum += sharedBytes[item] }
            }
        }
        return sum
    }

    /// Adds bytes that go with the last of these images.
    mutating func add(_ bytes: Int64, of places: Set<Int>) {
        guard bytes > 0 else { return }
        if places.count == 1, let only = places.first { return images[only].ownBytes += bytes }
        for place in places { images[place].shared.append(sharedBytes.count) }
        if !places.isEmpty { sharedBytes.append(bytes) }
    }
}

extension MarkedStore {
    /// The images with what they share.
    package func graph() -> MarkGraph {
        var graph = MarkGraph()
        for image in look.images {
            graph.images.append(
                MarkGraph.Image(id: image.digest, ownBytes: 0, refusal: refusal(of: .image(image.digest), among: [])))
        }
        let reached = look.graph.reached(by: look.images.map(\.digest))
        for item in reached where !item.isHeld { graph.add(item.freedBytes, of: item.images) }
        guard !look.survey.sharedFiles.isEmpty else { return graph }
        let found = Dictionary(reached.map { ($0.item, $0) }) { first, _ in first }
        for file in look.survey.sharedFiles {
            let parts = file.items.map { found[$0] }
            guard parts.allSatisfy({ $0?.isHeld == false }) else { continue }
            graph.add(file.freed.fileSystem, of: parts.reduce(into: []) { $0.formUnion($1?.images ?? []) })
        }
        return graph
    }
}

extension MarkedEngine {
    /// The images with what they share.
    package func graph() -> MarkGraph {
        var graph = pristine.graph()
        for place in graph.images.indices {
            if let refusal = refusal(of: .image(graph.images[place].id)) { graph.images[place].refusal = refusal }
        }
        return graph
    }
}
