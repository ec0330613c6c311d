/// Which layers can hold a group: those whose images all have it.
enum SetCover {
    /// Members of a family that together are a set, each within it: the largest first; nil where there are none.
    static func greedy(_ set: ImageSet, _ family: some Sequence<(number: Int, images: ImageSet)>) -> [Int]? {
        var left = set
        var found: [Int] = []
        var options: [(number: Int, images: ImageSet)] = []
        for option in family where option.images.isSubset(of: set) {
            if option.images == set { return [option.number] }
            options.append(option)
        }
        while !left.isEmpty {
            var best: (number: Int, gain: Int)?
            for option in options {
                let gain = option.images.intersection(left).count
                if gain > best?.gain ?? 0 { best = (option.number, gain) }
            }
            guard let best, let taken = options.first(where: { $0.number == best.number }) else { return nil }
            found.append(best.number)
            left = left.subtracting(taken.images)
        }
        return found
    }

    /// The same with as few as possible, of at most 16 images.
    static func smallest(_ set: UInt64, _ family: [UInt64]) -> [Int]? {
        var best: [UInt64: [Int]] = [0: []]
        var frontier: [UInt64] = [0]
        let options = family.indices.filter { family[$0] & ~set == 0 }
        while !frontier.isEmpty, best[set] == nil {
            var next: [UInt64] = []
            for covered in frontier {
                for option in options {
                    let reached = covered | family[option]
                    guard best[reached] == nil, let way = best[covered] else { continue }
                    best[reached] = way + [option]
                    next.append(reached)
                }
            }
            frontier = next
        }
        return best[set]
    }
}
