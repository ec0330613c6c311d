// https://github.com/wagoodman/dive/blob/main/dive/filetree/efficiency.go
// https://github.com/wagoodman/dive/blob/main/dive/image/image.go

package import LayerArchive

/// The figures that `dive` computes, for teams that move over from it; docs/check.md says how they differ from the true ones.
///
/// By its published formula: for every path that is a leaf in some layer, the sizes of all its occurrences add up, a
/// whiteout of a directory counting as all that the layers below hold there. The paths with at least two occurrences are
/// waste, all of it; the efficiency is the sum of the smallest occurrences by the sum of all.
package struct DiveFigures: Hashable, Sendable {
    /// Between 0 and 1; 1 for an image without files.
    package var efficiency: Double
    /// Bytes; every occurrence of an inefficient path, the one that shows included.
    package var wastedBytes: Int64
    /// By the bytes of all layers but the first; not a number where these have none and nothing is wasted.
    package var userWastedRatio: Double
    /// The paths it calls inefficient, most bytes first.
    var items: [CheckResult.Item]

    /// The figures of layers, lowest first.
    package init(_ layers: [LayerIndex]) {
        var occurrences: [[UInt8]: Occurrences] = [:]
        let trees = layers.map(DiveTree.init)
        // The layer under a whiteout begins with a copy of the first one, so the first is stacked on itself.
        var stacked = trees.first ?? DiveTree(LayerIndex())
        for (number, tree) in trees.enumerated() {
            if number > 0 { stacked.stack(trees[number - 1]) }
            tree.visitLeaves { path, size, isWhiteout in
                var bytes = size
                if isWhiteout {
                    // A whiteout of nothing ends the visit of its layer: what comes after it is not seen.
                    guard let below = stacked.bytes(below: path) else { return false }
                    bytes = below
                }
                occurrences[path, default: Occurrences()].add(bytes)
                return true
            }
        }
        let wasted = occurrences.filter { $0.value.count > 1 }
        let sum = occurrences.values.reduce(0) { $0 + $1.bytes }
        efficiency = sum == 0 ? 1 : Double(occurrences.values.reduce(0) { $0 + $1.least }) / Double(sum)
        wastedBytes = wasted.values.reduce(0) { $0 + $1.bytes }
        let user = layers.dropFirst().reduce(0) { $0 + $1.contentBytes }
        userWastedRatio = Double(wastedBytes) / Double(user)
        items = wasted.filter { $0.value.bytes > 0 }.sorted { ($1.value.bytes, $0.key.count) < ($0.value.bytes, $1.key.count) }
            .prefix(20).map {
                CheckResult.Item(kind: .path, label: [UInt8(ascii: "/")] + $0.key, layer: nil, bytes: $0.value.bytes)
            }
    }

    private struct Occurrences {
        var count = 0
        var bytes: Int64 = 0
        var least: Int64 = 0

        mutating func add(_ size: Int64) {
            least = count == 0 ? size : min(least, size)
            count += 1
            bytes += size
        }
    }
}

/// A layer as that tool keeps it: whiteouts are nodes of their own names, and a path is taken as it is written.
private struct DiveTree {
    private struct Node {
        var children: [[UInt8]: Int] = [:]
        var size: Int64 = 0
        var isDirectory = false
        /// The path that a whiteout acts on.
        var hides: [UInt8]?
    }

    private var nodes = [Node()]
    private static let slash = UInt8(ascii: "/")

    init(_ layer: LayerIndex) {
        for entry in 0..<layer.count {
            let path = Array(layer.pathBytes[layer.pathRange(entry)])
            // Opaque markers are left out, as is the root.
            guard !path.isEmpty, layer.kinds[entry] != .opaque else { continue }
            guard layer.kinds[entry] != .whiteout else {
                let end = path.lastIndex(of: Self.slash).map { $0 + 1 } ?? 0
                let name = Array(path[..<end]) + Array(".wh.".utf8) + path[end...]
                let node = add(name)
                nodes[node].hides = path
                continue
            }
            let node = add(path)
            nodes[node].size = layer.sizes[entry]
            nodes[node].isDirectory = layer.kinds[entry] == .directory
        }
    }

    private mutating func add(_ path: [UInt8]) -> Int {
        var here = 0
        for part in path.split(separator: Self.slash) {
            let name = Array(part)
            if let child = nodes[here].children[name] {
                here = child
            } else {
                nodes.append(Node())
                nodes[here].children[name] = nodes.count - 1
                here = nodes.count - 1
            }
        }
        return here
    }

    private func find(_ path: [UInt8]) -> Int? {
        var here = 0
        for part in path.split(separator: Self.slash) {
            guard let child = nodes[here].children[Array(part)] else { return nil }
            here = child
        }
        return here
    }

    /// Visits nodes without children, siblings by name, until `body` says no; whiteouts by the path they act on.
    func visitLeaves(_ body: (_ path: [UInt8], _ size: Int64, _ isWhiteout: Bool) -> Bool) {
        var pending: [(node: Int, path: [UInt8])] = [(0, [])]
        while let (number, path) = pending.popLast() {
            let node = nodes[number]
            if node.children.isEmpty, number != 0 {
                guard body(node.hides ?? path, node.size, node.hides != nil) else { return }
            }
            for (name, child) in node.children.sorted(by: { $1.key.precedes($0.key) }) {
                pending.append((child, path.isEmpty ? name : path + [Self.slash] + name))
            }
        }
    }

    /// Bytes at and below a directory; 0 for a file; nil where nothing is.
    func bytes(below path: [UInt8]) -> Int64? {
        guard let first = find(path) else { return nil }
        guard nodes[first].isDirectory else { return 0 }
        var sum: Int64 = 0
        var pending = [first]
        while let number = pending.popLast() {
            sum += nodes[number].size
            pending += nodes[number].children.values
        }
        return sum
    }

    /// Puts another layer on top: whiteouts remove, everything else is added; children before their parents, siblings by name.
    mutating func stack(_ upper: DiveTree) { graft(0, [], of: upper) }

    private mutating func graft(_ number: Int, _ path: [UInt8], of upper: DiveTree) {
        let node = upper.nodes[number]
        for (name, child) in node.children.sorted(by: { $0.key.precedes($1.key) }) {
            graft(child, path.isEmpty ? name : path + [Self.slash] + name, of: upper)
        }
        guard number != 0 else { return }
        if let hidden = node.hides {
            remove(hidden)
        } else {
            let place = add(path)
            nodes[place].size = node.size
            nodes[place].isDirectory = node.isDirectory
        }
    }

    private mutating func remove(_ path: [UInt8]) {
        let slash = path.lastIndex(of: Self.slash)
        let parent = slash.map { find(Array(path[..<$0])) } ?? 0
        if let parent { nodes[parent].children[Array(path[(slash.map { $0 + 1 } ?? 0)...])] = nil }
    }
}
