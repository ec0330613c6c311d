import LayerArchive

/// The trees of several images as units of one table.
struct AcrossReading {
    let stacks: [[Int]]
    private(set) var table: UnitTable
    /// Of each image.
    private(set) var trees: [UnitTable.Tree] = []
    /// Of lowest layers that were asked for.
    private var bases: [[Int]: UnitTable.Tree] = [:]

    init(_ stacks: [[Int]], _ indexes: [LayerIndex]) throws(RewriteError) {
        self.stacks = stacks
        table = UnitTable(indexes)
        for stack in stacks { trees.append(table.read(try tree(stack), layers: stack)) }
    }

    /// The tree that layers of these numbers make.
    func tree(_ stack: [Int]) throws(RewriteError) -> MergedTree {
        var tree = MergedTree()
        for layer in stack {
            do throws(AnalysisError) { try tree.apply(table.indexes[layer]) } catch { throw .analysis(error) }
        }
        return tree
    }

    /// The units of an image's lowest layers.
    mutating func base(_ layers: [Int]) throws(RewriteError) -> UnitTable.Tree {
        if let known = bases[layers] { return known }
        let base = table.read(try tree(layers), layers: layers)
        bases[layers] = base
        return base
    }

    /// Those of the images, and those of layers that may stay.
    var allTrees: [UnitTable.Tree] { trees + bases.sorted { $0.key.lexicographicallyPrecedes($1.key) }.map(\.value) }

    /// Bytes of all units of all images, each once.
    var distinctBytes: Int64 {
        var seen = Array(repeating: false, count: table.units.count)
        var sum: Int64 = 0
        for tree in trees {
            for unit in tree.units where !seen[Int(unit)] {
                seen[Int(unit)] = true
                sum += table.units[Int(unit)].bytes
            }
        }
        return sum
    }

    /// Bytes of contents that several units have, each but once.
    var otherNamesBytes: Int64 {
        var seen = Array(repeating: false, count: table.units.count)
        var contents: Set<ContentKey> = []
        var sum: Int64 = 0
        for tree in trees {
            for unit in tree.units where !seen[Int(unit)] {
                seen[Int(unit)] = true
                let unit = table.units[Int(unit)]
                guard unit.kind == .file, unit.size > 0 else { continue }
                if !contents.insert(ContentKey(size: unit.size, content: unit.content)).inserted { sum += unit.size }
            }
        }
        return sum
    }

    // What has to be written

    /// The units that an image needs above its lowest layers.
    mutating func needed(_ image: Int, above kept: Int) throws(RewriteError) -> [Int32] {
        let tree = trees[image]
        guard kept > 0 else { return tree.units + tree.bare.map { table.plainFolder(at: $0) } }
        let base = try base(Array(stacks[image].prefix(kept)))
        let known = Set(base.units)
        var found = tree.units.filter { !known.contains($0) }
        let (there, below) = (nodes(tree), nodes(base))
        let described = Set(tree.units)
        for (node, unit) in tree.directories.sorted(by: { $0.key < $1.key }) where !described.contains(unit) {
            if let other = base.directories[node] {
                if other != unit { found.append(unit) }
            } else if below.contains(node) || tree.bare.contains(node) {
                found.append(unit)
            }
        }
        for node in below.sorted() where !there.contains(node) {
            guard tree.directories[table.paths.nodes[Int(node)].parent] != nil else { continue }
            found.append(table.whiteout(of: node))
        }
        return found
    }

    /// Where a tree has anything.
    private func nodes(_ tree: UnitTable.Tree) -> Set<Int32> {
        var found = Set(tree.directories.keys)
        for unit in tree.units { found.formUnion(table.units[Int(unit)].names) }
        return found
    }

    /// The unit of each directory of an image's lowest layers.
    mutating func baseDirectories(_ image: Int, _ kept: Int) throws(RewriteError) -> [Int32: Int32] {
        kept == 0 ? [:] : try base(Array(stacks[image].prefix(kept))).directories
    }
}
