/// Spreads groups over layers so that all images unpacked on one host have as few bytes as possible.
///
/// Engines unpack a layer once for each stack of layers below it, so that it is shared by images alone that have all below it alike. Such
/// layers make a tree: a layer holds all that its images have in common and that is not below it. Of up to eight images the best
/// tree is found; of more, the two branches are joined that have the most in common, again and again.
package struct HostPlanner {
    /// Images of which the best tree is found.
    static let exactLimit = 8

    private let problem: SharingProblem
    /// Images whose layers below are the same: only those can share anything, and every image is in one.
    private let stems: [ImageSet]

    /// A planner of one problem; `stems` are the images that begin alike.
    package init(_ problem: SharingProblem, stems: [ImageSet]) {
        self.problem = problem
        self.stems = stems
    }

    /// The layers; always within the room of each image.
    package func plan() -> LayerFamily {
        var members: [ImageSet] = []
        var holders = Array(repeating: [Int](), count: problem.groups.count)
        for stem in stems {
            let groups = problem.groups.enumerated().filter { !$0.element.images.intersection(stem).isEmpty }
            let stemmed = Stem(images: stem, groups: groups.map(\.element), problem: problem)
            let tree = stem.count <= Self.exactLimit ? ExactTree(stemmed).best() : JoinedTree(stemmed).best()
            place(tree, groups.map { ($0.offset, $0.element.images.intersection(stem)) }, &members, &holders)
        }
        return LayerFamily(members, holders: holders, of: problem)
    }

    /// Puts each group into the highest layers that are of its images alone.
    private func place(
        _ tree: [ImageSet], _ groups: [(number: Int, images: ImageSet)], _ members: inout [ImageSet], _ holders: inout [[Int]]
    ) {
        let first = members.count
        let nodes = tree.sorted { $0.count > $1.count }
        members += nodes
        for (number, images) in groups {
            var left = images
            for (place, node) in nodes.enumerated() where node.isSubset(of: left) {
                holders[number].append(first + place)
                left = left.subtracting(node)
                if left.isEmpty { break }
            }
        }
    }

    /// Images that begin alike, and what they have.
    struct Stem {
        let images: ImageSet
        let groups: [SharingProblem.Group]
        let problem: SharingProblem

        /// Bytes that all of some images have.
        func common(_ images: ImageSet) -> Int64 {
            groups.reduce(0) { images.isSubset(of: $1.images) ? $0 + $1.bytes : $0 }
        }
    }
}

/// The tree of layers with the fewest bytes, of a few images.
private struct ExactTree {
    private struct State: Hashable {
        let images: UInt64
        /// The images of the layer below; 0 for none.
        let below: UInt64
        /// Layers below.
        let depth: Int
    }

    private typealias Tree = (bytes: Int64, layers: [UInt64])

    private let numbers: [Int]
    private let room: [Int]
    private let needsOwn: UInt64
    private let layerBytes: Int64
    private let common: [Int64]
    private var known: [State: Tree?] = [:]

    init(_ stem: HostPlanner.Stem) {
        let numbers = stem.images.members
        self.numbers = numbers
        room = numbers.map { stem.problem.room[$0] }
        layerBytes = stem.problem.layerBytes
        var own: UInt64 = 0
        for (place, number) in numbers.enumerated() where stem.problem.needsOwn.contains(number) { own |= 1 << UInt64(place) }
        needsOwn = own
        var sums = Array(repeating: Int64(0), count: 1 << numbers.count)
        for group in stem.groups {
            var bits = 0
            for (place, number) in numbers.enumerated() where group.images.contains(number) { bits |= 1 << place }
            sums[bits] += group.bytes
        }
        for place in numbers.indices {
            for bits in sums.indices where bits & 1 << place == 0 { sums[bits] += sums[bits | 1 << place] }
        }
        sums[0] = 0
        common = sums
    }

    func best() -> [ImageSet] {
        var search = self
        let all = (UInt64(1) << UInt64(numbers.count)) - 1
        let tree = search.tree(State(images: all, below: 0, depth: 0))
        return (tree?.layers ?? []).map { bits in
            ImageSet(numbers.indices.filter { bits & 1 << UInt64($0) != 0 }.map { numbers[$0] })
        }
    }

    /// The best layers above the one below; nil where there is no room.
    private mutating func tree(_ state: State) -> Tree? {
        if let tree = known[state] { return tree }
        var best = asOne(state)
        if state.images.nonzeroBitCount > 1, let parts = parts(of: state.images, below: state.below, depth: state.depth),
            parts.bytes < best?.bytes ?? .max
        {
            best = parts
        }
        known[state] = .some(best)
        return best
    }

    /// With one layer of all the images next.
    private mutating func asOne(_ state: State) -> Tree? {
        let isSingle = state.images.nonzeroBitCount == 1
        let content = common[Int(state.images)] - common[Int(state.below)]
        let isNeeded = content > 0 || (isSingle && state.images & needsOwn != 0)
        guard isNeeded else { return isSingle ? (0, []) : nil }
        for place in numbers.indices where state.images & 1 << UInt64(place) != 0 {
            guard state.depth < room[place] else { return nil }
        }
        let own: Tree = (content + layerBytes, [state.images])
        if isSingle { return own }
        guard let above = parts(of: state.images, below: state.images, depth: state.depth + 1) else { return nil }
        return (own.bytes + above.bytes, own.layers + above.layers)
    }

    /// Split in two in the best way.
    private mutating func parts(of images: UInt64, below: UInt64, depth: Int) -> Tree? {
        let lowest = images & (~images &+ 1)
        let rest = images & ~lowest
        var best: Tree?
        var part = rest
        while part != 0 {
            if let left = tree(State(images: images & ~part, below: below, depth: depth)), left.bytes < best?.bytes ?? .max,
                let right = tree(State(images: part, below: below, depth: depth)),
                left.bytes + right.bytes < best?.bytes ?? .max
            {
                best = (left.bytes + right.bytes, left.layers + right.layers)
            }
            part = (part - 1) & rest
        }
        return best
    }
}

/// A tree of layers of many images: the branches with the most in common are joined first.
private struct JoinedTree {
    private struct Node {
        let images: ImageSet
        let common: Int64
        var parent = -1
        var children: [Int] = []
        var isThere = true
    }

    private let stem: HostPlanner.Stem
    private var nodes: [Node] = []

    init(_ stem: HostPlanner.Stem) { self.stem = stem }

    func best() -> [ImageSet] {
        var tree = self
        tree.join()
        tree.dropEmpty()
        tree.makeRoom()
        return tree.nodes.filter(\.isThere).map(\.images)
    }

    private mutating func join() {
        var roots: [Int] = []
        for image in stem.images.members {
            let images = ImageSet([image])
            roots.append(nodes.count)
            nodes.append(Node(images: images, common: stem.common(images)))
        }
        // By pair of roots, what both have; a pair is looked at once.
        var shared: [[Int]: Int64] = [:]
        for (place, one) in roots.enumerated() {
            for other in roots[(place + 1)...] {
                shared[[one, other]] = stem.common(nodes[one].images.union(nodes[other].images))
            }
        }
        while let (pair, bytes) = shared.max(by: {
            $0.value != $1.value ? $0.value < $1.value : $1.key.lexicographicallyPrecedes($0.key)
        }),
            bytes > 0
        {
            let made = nodes.count
            nodes.append(Node(images: nodes[pair[0]].images.union(nodes[pair[1]].images), common: bytes, children: pair))
            for child in pair { nodes[child].parent = made }
            roots.removeAll(where: pair.contains)
            shared = shared.filter { !$0.key.contains(pair[0]) && !$0.key.contains(pair[1]) }
            for root in roots { shared[[root, made]] = stem.common(nodes[root].images.union(nodes[made].images)) }
            roots.append(made)
        }
    }

    private func content(_ node: Int) -> Int64 {
        nodes[node].common - (nodes[node].parent < 0 ? 0 : nodes[nodes[node].parent].common)
    }

    /// Takes out a node: what it holds goes into those above it.
    private mutating func remove(_ node: Int) {
        let parent = nodes[node].parent
        nodes[node].isThere = false
        for child in nodes[node].children { nodes[child].parent = parent }
        guard parent >= 0 else { return }
        nodes[parent].children.removeAll { $0 == node }
        nodes[parent].children += nodes[node].children
    }

    /// Bytes more without a node.
    private func cost(_ node: Int) -> Int64 { content(node) * Int64(nodes[node].children.count - 1) - stem.problem.layerBytes }

    private mutating func dropEmpty() {
        for node in nodes.indices.reversed() where nodes[node].isThere {
            if nodes[node].children.isEmpty {
                if content(node) == 0, !nodes[node].images.isSubset(of: stem.problem.needsOwn) { remove(node) }
            } else if content(node) == 0 || cost(node) <= 0 {
                remove(node)
            }
        }
    }

    private mutating func makeRoom() {
        while true {
            var crowded = ImageSet()
            for image in stem.images.members {
                let depth = nodes.count { $0.isThere && $0.images.contains(image) }
                if depth > stem.problem.room[image] { crowded.insert(image) }
            }
            guard !crowded.isEmpty else { return }
            var best: (cost: Double, node: Int)?
            for node in nodes.indices where nodes[node].isThere && nodes[node].images.count > 1 {
                let relief = nodes[node].images.intersection(crowded).count
                guard relief > 0 else { continue }
                let cost = Double(cost(node)) / Double(relief)
                if cost < best?.cost ?? .infinity { best = (cost, node) }
            }
            guard let best else { return }
            remove(best.node)
            restoreOwn(in: best.node)
        }
    }

    /// Images that had nothing of their own above a node that is gone have now.
    private mutating func restoreOwn(in node: Int) {
        let covered = nodes[node].children.reduce(ImageSet()) { $0.union(nodes[$1].images) }
        let left = nodes[node].images.subtracting(covered)
        for (place, image) in stem.images.members.enumerated() where left.contains(image) {
            nodes[place].parent = nodes[node].parent
            nodes[place].isThere = content(place) > 0
            guard nodes[place].isThere, nodes[place].parent >= 0 else { continue }
            nodes[nodes[place].parent].children.append(place)
        }
    }
}
