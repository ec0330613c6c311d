import LayerAnalysis
import LayerArchive
import OCISpec
import StorageIO
import Synchronization

/// Stacks of layers that begin alike, as a tree: what several stacks begin with is read and applied once.
///
/// In memory are the layers between the root and those that are worked on, not all of them.
final class LayerStacks: Sendable {
    /// A layer that was read.
    struct Layer {
        let index: LayerIndex
        /// Bytes of its tar and of its blob, where reading told them.
        let tarBytes: Int64?
        let storedBytes: Int64?
    }

    /// What a stack showed.
    struct Result: Sendable {
        let layers: [LayerIdentity]
        let findings: TreeFindings
    }

    /// Reads a layer; nil for one that nobody has.
    typealias Read = @Sendable (_ diffID: Digest) throws -> Layer?

    private struct Node {
        let layer: LayerIdentity
        var children: [Int] = []
        /// The stacks that end here.
        var ends: [Int] = []
        /// Layers here and above.
        var weight = 1
    }

    private let nodes: [Node]
    private let roots: [Int]
    private let count: Int
    private let empty: [Int]
    private let read: Read
    private let found = Mutex<[Int: Result]>([:])
    private let failures = Mutex<[(Digest, any Error)]>([])

    /// The stacks, each the base first.
    init(_ stacks: [[LayerIdentity]], read: @escaping Read) {
        var nodes: [Node] = []
        var roots: [Int] = []
        var empty: [Int] = []
        var below: [Step: Int] = [:]
        for (number, stack) in stacks.enumerated() {
            var last: Int?
            for layer in stack {
                let step = Step(below: last, diffID: layer.diffID)
                if let known = below[step] {
                    last = known
                    continue
                }
                nodes.append(Node(layer: layer))
                below[step] = nodes.count - 1
                if let last { nodes[last].children.append(nodes.count - 1) } else { roots.append(nodes.count - 1) }
                last = nodes.count - 1
            }
            if let last { nodes[last].ends.append(number) } else { empty.append(number) }
        }
        for place in nodes.indices.reversed() {
            nodes[place].weight += nodes[place].children.reduce(0) { $0 + nodes[$1].weight }
        }
        self.nodes = nodes
        self.roots = roots
        self.empty = empty
        self.read = read
        count = stacks.count
    }

    private struct Step: Hashable {
        let below: Int?
        let diffID: Digest
    }

    /// What each stack shows, in their order, and which layers could not be read: of stacks with one of them not all is known.
    func results(workers: Int) throws -> (results: [Result], failures: [(layer: Digest, error: any Error)]) {
        for stack in empty { found.withLock { $0[stack] = Result(layers: [], findings: MergedTree().figures()) } }
        try visit(roots, on: MergedTree(), [], workers: workers)
        let results = found.withLock { found in (0..<count).compactMap { found[$0] } }
        return (results, failures.withLock { $0.map { (layer: $0.0, error: $0.1) } })
    }

    /// Visits nodes on top of the same tree; those with more above them get more of the workers.
    private func visit(_ places: [Int], on tree: MergedTree, _ layers: [LayerIdentity], workers: Int) throws {
        guard places.count > 1, workers > 1 else {
            for place in places { try visit(place, on: tree, layers, workers: workers) }
            return
        }
        let sorted = places.sorted { nodes[$0].weight > nodes[$1].weight }
        let total = max(1, places.reduce(0) { $0 + nodes[$1].weight })
        _ = try Threads.concurrently(count: sorted.count, workers: workers) { number in
            let share = (workers * nodes[sorted[number]].weight + total / 2) / total
            try visit(sorted[number], on: tree, layers, workers: max(1, share))
        }
    }

    private func visit(_ place: Int, on below: MergedTree, _ layers: [LayerIdentity], workers: Int) throws {
        var tree = below
        var layer = nodes[place].layer
        do {
            if let found = try layer.isAbsent ? nil : read(layer.diffID) {
                try tree.apply(found.index)
                if let bytes = found.tarBytes { layer.tarBytes = bytes }
                if let bytes = found.storedBytes { layer.compressedBytes = bytes }
            } else {
                layer.isAbsent = true
                tree.applyUnknown()
            }
        } catch {
            failures.withLock { $0.append((layer.diffID, error)) }
            layer.isAbsent = true
            tree = below
            tree.applyUnknown()
        }
        let layers = layers + [layer]
        if !nodes[place].ends.isEmpty {
            let result = Result(layers: layers, findings: tree.figures())
            found.withLock { found in for end in nodes[place].ends { found[end] = result } }
        }
        if !nodes[place].children.isEmpty { try visit(nodes[place].children, on: tree, layers, workers: workers) }
    }
}
