/// Begins with a layer for each group, and gives up layers until every image has room for what it has.
///
/// What a layer held goes into layers of some of its images each. Of all that could be given up it is the one that costs the fewest
/// bytes for each layer that an image has too many.
struct LayerGiving {
    /// What giving up a layer, or two for one that both of their images have, comes to.
    private struct Step {
        let gone: [Int]
        /// A layer that takes their place in the images that have both.
        let made: ImageSet?
        /// For each that goes, where its content goes.
        let takers: [[Int]]
        /// Images that get a layer of their own.
        let own: ImageSet
        let bytes: Int64
    }

    private let problem: SharingProblem
    private var members: [ImageSet] = []
    private var bytes: [Int64] = []
    private var isThere: [Bool] = []
    private var known: [ImageSet: Int] = [:]
    /// How many layers each image has.
    private var counts: [Int]

    init(_ problem: SharingProblem) {
        self.problem = problem
        counts = Array(repeating: 0, count: problem.imageCount)
    }

    mutating func plan() -> LayerFamily {
        begin()
        giveUpWhatCostsMore()
        giveUpWhatHasNoRoom()
        addWhereThereIsRoom()
        return family()
    }

    private mutating func begin() {
        for image in problem.needsOwn.members { add(ImageSet([image])) }
        let saving = problem.groups.indices.sorted { left, right in
            let (one, other) = (problem.groups[left], problem.groups[right])
            let (first, second) = (
                one.bytes * Int64(one.images.count - 1), other.bytes * Int64(other.images.count - 1)
            )
            return first != second ? first > second : left < right
        }
        for (place, number) in saving.enumerated() {
            let group = problem.groups[number]
            if place < RegistryPlanner.groupLimit {
                bytes[add(group.images)] += group.bytes
            } else {
                for image in group.images.members { add(ImageSet([image])) }
            }
        }
    }

    @discardableResult
    private mutating func add(_ images: ImageSet) -> Int {
        let number: Int
        if let place = known[images] {
            if isThere[place] { return place }
            number = place
        } else {
            number = members.count
            known[images] = number
            members.append(images)
            bytes.append(0)
            isThere.append(false)
        }
        isThere[number] = true
        for image in images.members { counts[image] += 1 }
        return number
    }

    private mutating func remove(_ layer: Int) {
        isThere[layer] = false
        bytes[layer] = 0
        for image in members[layer].members { counts[image] -= 1 }
    }

    // What a step comes to

    /// Where the content of a layer can go without it, and which images then need a layer of their own.
    private func takers(of images: ImageSet, without gone: [Int]) -> (layers: [Int], own: ImageSet) {
        var left = images
        var found: [Int] = []
        var options = members.indices.filter {
            isThere[$0] && !gone.contains($0) && members[$0].isSubset(of: images) && members[$0] != images
        }
        options.sort { members[$0].count > members[$1].count }
        while !left.isEmpty {
            var best: (layer: Int, gain: Int)?
            for option in options {
                let most = members[option].count
                if most <= best?.gain ?? 0 { break }
                let gain = members[option].intersection(left).count
                if gain > best?.gain ?? 0 { best = (option, gain) }
            }
            guard let best else { break }
            found.append(best.layer)
            left = left.subtracting(members[best.layer])
        }
        return (found, left)
    }

    private func step(givingUp layer: Int) -> Step {
        let (layers, own) = takers(of: members[layer], without: [layer])
        let copies = Int64(layers.count + own.count - 1)
        return Step(
            gone: [layer], made: nil, takers: [layers], own: own,
            bytes: bytes[layer] * copies + problem.layerBytes * Int64(own.count - 1))
    }

    /// Two layers become one of the images that have both.
    private func step(joining one: Int, _ other: Int) -> Step? {
        let shared = members[one].intersection(members[other])
        guard shared.count > 1, shared != members[one], shared != members[other] else { return nil }
        if let place = known[shared], isThere[place] { return nil }
        var own = ImageSet()
        var takers: [[Int]] = []
        var sum = -problem.layerBytes
        for layer in [one, other] {
            let (layers, single) = self.takers(of: members[layer].subtracting(shared), without: [one, other])
            own = own.union(single)
            takers.append(layers)
            sum += bytes[layer] * Int64(layers.count + single.count)
        }
        return Step(
            gone: [one, other], made: shared, takers: takers, own: own, bytes: sum + problem.layerBytes * Int64(own.count))
    }

    private mutating func take(_ step: Step) {
        let contents = step.gone.map { (images: members[$0], bytes: bytes[$0]) }
        for layer in step.gone { remove(layer) }
        let made = step.made.map { add($0) }
        for image in step.own.members { add(ImageSet([image])) }
        for (content, layers) in zip(contents, step.takers) {
            var left = content.images
            for layer in layers + (made.map { [$0] } ?? []) {
                bytes[layer] += content.bytes
                left = left.subtracting(members[layer])
            }
            for image in left.members {
                if let layer = known[ImageSet([image])] { bytes[layer] += content.bytes }
            }
        }
    }

    /// How many images have one layer less too many afterwards.
    private func relief(_ step: Step) -> Int {
        var sum = 0
        for image in step.gone.reduce(ImageSet(), { $0.union(members[$1]) }).members where counts[image] > problem.room[image] {
            var change = step.gone.count { members[$0].contains(image) }
            if step.own.contains(image) { change -= 1 }
            if let made = step.made, made.contains(image) { change -= 1 }
            sum += change
        }
        return sum
    }

    // Giving up

    private mutating func giveUpWhatCostsMore() {
        guard problem.layerBytes > 0 else { return }
        let layers = members.indices.filter { isThere[$0] && members[$0].count > 1 }
        for layer in layers.sorted(by: { bytes[$0] < bytes[$1] }) where bytes[layer] < problem.layerBytes {
            let step = step(givingUp: layer)
            if step.bytes < 0 { take(step) }
        }
    }

    private mutating func giveUpWhatHasNoRoom() {
        var queue = LeastFirst()
        for layer in members.indices where isThere[layer] && members[layer].count > 1 { queue.insert(0, layer) }
        while isCrowded {
            var best: (score: Double, step: Step)?
            var seen: [(Double, Int)] = []
            // What was found before can only have become dearer.
            while let (score, layer) = queue.least, score < best?.score ?? .infinity {
                queue.removeLeast()
                guard isThere[layer] else { continue }
                let step = step(givingUp: layer)
                let now = self.score(step)
                seen.append((now, layer))
                if now < best?.score ?? .infinity { best = (now, step) }
            }
            for (score, layer) in seen { queue.insert(score, layer) }
            if let joined = bestJoin(), joined.score < best?.score ?? .infinity { best = joined }
            guard let best, best.score < .infinity else { return }
            take(best.step)
            if let made = best.step.made, let layer = known[made] { queue.insert(0, layer) }
        }
    }

    private var isCrowded: Bool { counts.indices.contains { counts[$0] > problem.room[$0] } }

    private func score(_ step: Step) -> Double {
        guard step.gone.contains(where: { !members[$0].members.allSatisfy { counts[$0] <= problem.room[$0] } }) else {
            return .infinity
        }
        return Double(max(0, step.bytes) + 1) / max(Double(relief(step)), 0.125)
    }

    /// The best of joining two of the smallest layers of the image that has the most too many.
    private func bestJoin() -> (score: Double, step: Step)? {
        let crowded = counts.indices.max { counts[$0] - problem.room[$0] < counts[$1] - problem.room[$1] }
        let layers = members.indices.filter { isThere[$0] && members[$0].count > 1 }
        guard let crowded, layers.count <= 512 else { return nil }
        let smallest = layers.filter { members[$0].contains(crowded) }.sorted { bytes[$0] < bytes[$1] }.prefix(8)
        var best: (score: Double, step: Step)?
        for (place, one) in smallest.enumerated() {
            for other in smallest.dropFirst(place + 1) {
                guard let step = step(joining: one, other) else { continue }
                let score = score(step)
                if score < best?.score ?? .infinity { best = (score, step) }
            }
        }
        return best
    }

    // In the end

    private mutating func addWhereThereIsRoom() {
        let missing = problem.groups.indices.filter { number in known[problem.groups[number].images].map { !isThere[$0] } ?? true
        }
        let gains = missing.map { number -> (gain: Int64, number: Int) in
            let group = problem.groups[number]
            let (layers, own) = takers(of: group.images, without: [])
            return (group.bytes * Int64(layers.count + own.count - 1) - problem.layerBytes, number)
        }
        for (gain, number) in gains.sorted(by: { $0.gain != $1.gain ? $0.gain > $1.gain : $0.number < $1.number }) where gain > 0
        {
            let images = problem.groups[number].images
            if images.members.allSatisfy({ counts[$0] < problem.room[$0] }) { add(images) }
        }
    }

    /// Every group goes into as few of the layers as there are that hold it.
    private func family() -> LayerFamily {
        let there = members.indices.filter { isThere[$0] }
        let options = there.enumerated().map { (number: $0.offset, images: members[$0.element]) }
        let places = Dictionary(options.map { ($0.images, $0.number) }) { first, _ in first }
        let holders = problem.groups.map { group in
            places[group.images].map { [$0] } ?? SetCover.greedy(group.images, options) ?? []
        }
        return LayerFamily(options.map(\.images), holders: holders, of: problem)
    }
}

/// Numbers by how little each costs.
struct LeastFirst {
    private var heap: [(cost: Double, number: Int)] = []

    /// The one that costs the least.
    var least: (cost: Double, number: Int)? { heap.first }

    mutating func insert(_ cost: Double, _ number: Int) {
        heap.append((cost, number))
        var place = heap.count - 1
        while place > 0, isLess(place, (place - 1) / 2) {
            heap.swapAt(place, (place - 1) / 2)
            place = (place - 1) / 2
        }
    }

    mutating func removeLeast() {
        heap.swapAt(0, heap.count - 1)
        heap.removeLast()
        var place = 0
        while true {
            var least = place
            for child in [2 * place + 1, 2 * place + 2] where child < heap.count && isLess(child, least) { least = child }
            guard least != place else { return }
            heap.swapAt(place, least)
            place = least
        }
    }

    private func isLess(_ left: Int, _ right: Int) -> Bool {
        heap[left].cost != heap[right].cost ? heap[left].cost < heap[right].cost : heap[left].number < heap[right].number
    }
}
