import LayerAnalysis
import TestSupport
import Testing

/// Layers for what several images have in common: within the room, complete, and of small problems the best that there are.
@Suite struct PlannerTests {
    private static func problem(_ seed: UInt64, images: Int, groups: Int, room: ClosedRange<Int>) -> SharingProblem {
        var random = SplitMix64(seed: seed)
        var sets: [ImageSet] = []
        for _ in 0..<groups {
            let set = ImageSet((0..<images).filter { _ in Bool.random(using: &random) })
            if !set.isEmpty, !sets.contains(set) { sets.append(set) }
        }
        return SharingProblem(
            groups: sets.map { .init(images: $0, bytes: Int64.random(in: 1...40, using: &random)) },
            room: (0..<images).map { _ in Int.random(in: room, using: &random) },
            layerBytes: [0, 1, 5].randomElement(using: &random) ?? 0)
    }

    /// What is wrong with a plan; nil where nothing is.
    private static func fault(_ plan: LayerFamily, of problem: SharingProblem) -> String? {
        for (group, holders) in zip(problem.groups, plan.holders) {
            let layers = holders.map { plan.layers[$0] }
            guard layers.allSatisfy({ $0.isSubset(of: group.images) }) else { return "an image gets what it has not" }
            guard layers.reduce(ImageSet(), { $0.union($1) }) == group.images else { return "an image lacks what it has" }
        }
        for image in problem.room.indices where plan.stack(of: image).count > problem.room[image] {
            return "image \(image) has \(plan.stack(of: image).count) layers, not \(problem.room[image])"
        }
        return nil
    }

    /// Every way to cover a set with sets within it of which none is needless.
    private static func covers(_ set: Int) -> [[Int]] {
        let parts = (1..<16).filter { $0 & ~set == 0 }
        var found: [[Int]] = []
        func extend(_ taken: [Int], from start: Int) {
            if taken.reduce(0, |) == set {
                let isLeast = taken.indices.allSatisfy { place in
                    taken.indices.filter { $0 != place }.reduce(0) { $0 | taken[$1] } != set
                }
                if isLeast { found.append(taken) }
                return
            }
            for place in start..<parts.count { extend(taken + [parts[place]], from: place + 1) }
        }
        extend([], from: 0)
        return found
    }

    /// The fewest bytes of all ways to spread the groups over layers.
    private static func fewest(_ problem: SharingProblem) -> Int64 {
        let groups = problem.groups.map { (set: $0.images.members.reduce(0) { $0 | 1 << $1 }, bytes: $0.bytes) }
        let ways = groups.map { covers($0.set) }
        var least = Int64.max
        func choose(_ group: Int, _ layers: Set<Int>, _ bytes: Int64) {
            guard bytes < least else { return }
            guard group < groups.count else {
                let isWithin = problem.room.indices.allSatisfy { image in
                    layers.count { $0 & 1 << image != 0 } <= problem.room[image]
                }
                if isWithin { least = min(least, bytes + problem.layerBytes * Int64(layers.count)) }
                return
            }
            for way in ways[group] {
                choose(group + 1, layers.union(way), bytes + groups[group].bytes * Int64(way.count))
            }
        }
        choose(0, [], 0)
        return least
    }

    @Test(arguments: 0..<8) func aRegistryOfFewImagesHasTheFewestBytes(_ block: Int) {
        for seed in UInt64(block) * 40..<UInt64(block + 1) * 40 {
            let images = 2 + Int(seed % 3)
            let problem = Self.problem(seed, images: images, groups: images < 4 ? 8 : 5, room: 1...4)
            let plan = RegistryPlanner(problem).plan()
            #expect(Self.fault(plan, of: problem) == nil, "seed \(seed)")
            #expect(plan.bytes(of: problem) == Self.fewest(problem), "seed \(seed): \(problem)")
        }
    }

    /// The bytes of all chains, and the least of every order in which each image could have its layers.
    private static func hostBytes(_ stacks: [[Int]], _ bytes: [Int64], _ layerBytes: Int64) -> Int64 {
        var chains: Set<[Int]> = []
        var sum: Int64 = 0
        for stack in stacks {
            for end in stack.indices where chains.insert(Array(stack[...end])).inserted { sum += bytes[stack[end]] + layerBytes }
        }
        return sum
    }

    /// The fewest bytes on a host: every tree of layers, each holding all that its images have in common and not below.
    private static func fewestOnHost(_ problem: SharingProblem) -> Int64 {
        let groups = problem.groups.map { (set: $0.images.members.reduce(0) { $0 | 1 << $1 }, bytes: $0.bytes) }
        func common(_ images: Int) -> Int64 {
            images == 0 ? 0 : groups.reduce(0) { images & ~$1.set == 0 ? $0 + $1.bytes : $0 }
        }
        /// All partitions of images into parts.
        func partitions(_ images: [Int]) -> [[Int]] {
            guard let first = images.first else { return [[]] }
            return partitions(Array(images.dropFirst())).flatMap { parts -> [[Int]] in
                [parts + [1 << first]]
                    + parts.indices.map { place in
                        var more = parts
                        more[place] |= 1 << first
                        return more
                    }
            }
        }
        func best(_ images: Int, below: Int, depth: Int) -> Int64? {
            var least: Int64?
            for parts in partitions(problem.room.indices.filter { images & 1 << $0 != 0 }) {
                // Parts of one image end; others go on as a layer with something in it.
                var sum: Int64 = 0
                for part in parts {
                    let content = common(part) - common(below)
                    let isSingle = part.nonzeroBitCount == 1
                    if content == 0, isSingle { continue }
                    let room = problem.room.indices.filter { part & 1 << $0 != 0 }.map { problem.room[$0] }.min() ?? 0
                    guard content > 0, depth < room else { sum = -1; break }
                    sum += content + problem.layerBytes
                    if isSingle { continue }
                    guard let above = best(part, below: part, depth: depth + 1) else { sum = -1; break }
                    sum += above
                }
                if sum >= 0 { least = min(least ?? .max, sum) }
            }
            return least
        }
        return best((1 << problem.room.count) - 1, below: 0, depth: 0) ?? .max
    }

    @Test(arguments: 0..<4) func aHostOfFewImagesHasTheFewestBytes(_ block: Int) {
        for seed in UInt64(block) * 50..<UInt64(block + 1) * 50 {
            let images = 2 + Int(seed % 3)
            let problem = Self.problem(seed, images: images, groups: 10, room: 1...4)
            let plan = HostPlanner(problem, stems: [ImageSet(0..<images)]).plan()
            #expect(Self.fault(plan, of: problem) == nil, "seed \(seed)")
            let bytes = plan.layers.indices.map { layer in
                zip(problem.groups, plan.holders).reduce(0) { $1.1.contains(layer) ? $0 + $1.0.bytes : $0 }
            }
            let host = Self.hostBytes(problem.room.indices.map { plan.stack(of: $0) }, bytes, problem.layerBytes)
            #expect(host == Self.fewestOnHost(problem), "seed \(seed): \(problem) \(plan)")
        }
    }

    /// Of many images the plans are complete and within the room, and with room enough nothing is stored twice.
    @Test(arguments: 0..<6) func plansOfManyImagesAreComplete(_ block: Int) {
        for seed in UInt64(block) * 10..<UInt64(block + 1) * 10 {
            let images = 5 + Int(seed % 20)
            var problem = Self.problem(seed, images: images, groups: 60, room: 1...20)
            let registry = RegistryPlanner(problem).plan()
            #expect(Self.fault(registry, of: problem) == nil, "seed \(seed)")
            let host = HostPlanner(problem, stems: [ImageSet(0..<images / 2), ImageSet(images / 2..<images)]).plan()
            #expect(Self.fault(host, of: problem) == nil, "seed \(seed)")
            problem.room = problem.room.map { _ in 127 }
            problem.layerBytes = 0
            #expect(RegistryPlanner(problem).plan().bytes(of: problem) == problem.lowerBound, "seed \(seed)")
        }
    }

    /// What is given up for want of room: how far from each thing once, of problems that are like images made of packages.
    @Test func fewLayersAreNearTheLowerBound() {
        var random = SplitMix64(seed: 7)
        // Ten images, each with 20 of 40 packages, whose sizes differ as those of packages do.
        var sets = Array(repeating: ImageSet(), count: 40)
        for image in 0..<10 { for package in (0..<40).shuffled(using: &random).prefix(20) { sets[package].insert(image) } }
        var bytes: [ImageSet: Int64] = [:]
        for set in sets where !set.isEmpty { bytes[set, default: 0] += Int64.random(in: 1...1 << 14, using: &random) << 10 }
        for image in 0..<10 { bytes[ImageSet([image]), default: 0] += 4096 }
        let groups = bytes.map { SharingProblem.Group(images: $0.key, bytes: $0.value) }.sorted { $0.images.precedes($1.images) }
        var last = Int64.max
        for (room, most) in [(1, 1100), (4, 500), (8, 250), (16, 125), (32, 101)] {
            let problem = SharingProblem(groups: groups, room: Array(repeating: room, count: 10), layerBytes: 8192)
            let plan = RegistryPlanner(problem).plan()
            #expect(Self.fault(plan, of: problem) == nil)
            let sum = plan.bytes(of: problem)
            #expect(
                sum <= last && sum * 100 <= problem.lowerBound * Int64(most),
                "\(room) layers: \(sum * 100 / problem.lowerBound) %")
            last = sum
        }
    }

    @Test func setsAreSets() {
        let set = ImageSet([0, 3, 64, 130, 255])
        #expect(set.members == [0, 3, 64, 130, 255] && set.count == 5 && set.contains(130) && !set.contains(131))
        #expect(ImageSet([3, 255]).isSubset(of: set) && !ImageSet([4]).isSubset(of: set))
        #expect(
            set.subtracting(ImageSet([64])).union(ImageSet([64])) == set
                && set.intersection(ImageSet([1, 255])) == ImageSet([255]))
        #expect(ImageSet([0]).precedes(ImageSet([1])) && !ImageSet([64]).precedes(ImageSet([3, 64])))
    }
}
