/// Spreads groups over layers so that all layers together have as few bytes as possible: what a registry stores.
///
/// Without a bound each group is a layer, and every byte is stored once. A group whose layer has no room in all of its images, or saves
/// less than it costs, goes into layers of some of its images each, and is stored as often as there are such layers. Of up to four
/// images all families of layers are tried; of more, layers are given up one by one, those first that cost the least.
package struct RegistryPlanner {
    /// Groups beyond these, those that a layer saves the least for, go into layers of others from the start.
    static let groupLimit = 2048
    /// Images of which all families of layers are tried.
    static let exactLimit = 4

    private let problem: SharingProblem

    /// A planner of one problem.
    package init(_ problem: SharingProblem) { self.problem = problem }

    /// The layers; always within the room of each image.
    package func plan() -> LayerFamily {
        var giving = LayerGiving(problem)
        var found = giving.plan()
        // With little room a tree of layers is often better: it is the best way to store everything in few layers.
        let tree = HostPlanner(problem, stems: [ImageSet(problem.room.indices)]).plan()
        if tree.bytes(of: problem) < found.bytes(of: problem) { found = tree }
        return problem.imageCount <= Self.exactLimit ? exact(noMoreThan: found) : found
    }

    // All families

    /// The best family that is within the room.
    private func exact(noMoreThan known: LayerFamily) -> LayerFamily {
        let groups = problem.groups.map { (set: $0.images.bits, bytes: $0.bytes) }
        let needed = problem.needsOwn.bits
        let all = (1..<UInt64(1) << UInt64(problem.imageCount)).filter { member in
            groups.contains { member & ~$0.set == 0 } || (member & needed != 0 && member.nonzeroBitCount == 1)
        }
        let once = problem.lowerBound
        var best = (bytes: known.bytes(of: problem), family: [UInt64](), holders: [[Int]]())
        for choice in 0..<UInt64(1) << UInt64(all.count) {
            let least = once + problem.layerBytes * Int64(choice.nonzeroBitCount)
            guard least < best.bytes else { continue }
            let family = all.indices.filter { choice & 1 << UInt64($0) != 0 }.map { all[$0] }
            guard isWithinRoom(family), needed & ~family.reduce(0, { $1.nonzeroBitCount == 1 ? $0 | $1 : $0 }) == 0 else {
                continue
            }
            let split = groups.reduce(least) { family.contains($1.set) ? $0 : $0 + $1.bytes }
            guard split < best.bytes, let holders = holders(groups.map(\.set), family) else { continue }
            let bytes = zip(holders, groups).reduce(problem.layerBytes * Int64(family.count)) {
                $0 + Int64($1.0.count) * $1.1.bytes
            }
            if bytes < best.bytes { best = (bytes, family, holders) }
        }
        guard !best.family.isEmpty else { return known }
        return LayerFamily(best.family.map { ImageSet(bits: $0) }, holders: best.holders, of: problem)
    }

    private func isWithinRoom(_ family: [UInt64]) -> Bool {
        problem.room.indices.allSatisfy { image in family.count { $0 & 1 << UInt64(image) != 0 } <= problem.room[image] }
    }

    private func holders(_ sets: [UInt64], _ family: [UInt64]) -> [[Int]]? {
        var found: [[Int]] = []
        for set in sets {
            guard let cover = SetCover.smallest(set, family) else { return nil }
            found.append(cover)
        }
        return found
    }
}
