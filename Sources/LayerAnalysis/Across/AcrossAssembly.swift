import LayerArchive

/// The layers of images of which so many lowest ones stay.
///
/// Images whose layers stay alike and that need the same are one to the planner.
struct AcrossAssembly {
    private(set) var layers: [AcrossRewriting.Layer] = []
    private(set) var images: [AcrossRewriting.Image] = []
    private(set) var bytes = AcrossBytes()
    /// The first image of each class.
    private(set) var representatives: [Int] = []

    private let classes: [Int]
    private let kept: [Int]

    /// Nil where there is no room for what has to be written.
    init?(_ reading: inout AcrossReading, _ kept: [Int], _ sizes: [Int64], _ request: AcrossRequest) throws(RewriteError) {
        self.kept = kept
        var needed: [[Int32]] = []
        for image in kept.indices { needed.append(try reading.needed(image, above: kept[image])) }
        var known: [ClassKey: Int] = [:]
        var classes: [Int] = []
        for image in kept.indices {
            let key = ClassKey(base: Array(reading.stacks[image].prefix(kept[image])), units: needed[image].sorted())
            if known[key] == nil {
                known[key] = representatives.count
                representatives.append(image)
            }
            classes.append(known[key] ?? 0)
        }
        self.classes = classes
        let room = representatives.map { request.maxLayers - kept[$0] }
        for (number, image) in representatives.enumerated() where room[number] < (needed[image].isEmpty ? 0 : 1) { return nil }

        let groups = UnitGroups(representatives.map { needed[$0] }, reading.table)
        var problem = SharingProblem(groups: groups.groups, room: room, layerBytes: Self.layerBytes)
        let stems = Self.stems(representatives.map { Array(reading.stacks[$0].prefix(kept[$0])) })
        let folders = try FolderNaming(&reading, representatives, kept)
        while true {
            let family = request.goal == .registry ? RegistryPlanner(problem).plan() : HostPlanner(problem, stems: stems).plan()
            let built = LayerEntries(family, groups, folders, reading.table)
            let crowded = built.crowded(room)
            if crowded.isSubset(of: problem.needsOwn) {
                take(built, reading, sizes)
                return
            }
            problem.needsOwn = problem.needsOwn.union(crowded)
        }
    }

    private struct ClassKey: Hashable {
        let base: [Int]
        let units: [Int32]
    }

    /// What a layer costs besides what is in it: folders above that, the end of the tar, its place in manifests, a request for it.
    static let layerBytes: Int64 = 8192

    /// Images with equal layers below.
    private static func stems(_ bases: [[Int]]) -> [ImageSet] {
        var found: [[Int]: ImageSet] = [:]
        var order: [[Int]] = []
        for (number, base) in bases.enumerated() {
            if found[base] == nil { order.append(base) }
            found[base, default: ImageSet()].insert(number)
        }
        return order.compactMap { found[$0] }
    }

    private mutating func take(_ built: LayerEntries, _ reading: AcrossReading, _ sizes: [Int64]) {
        layers = built.layers.map { layer in
            AcrossRewriting.Layer(
                images: classes.indices.filter { layer.images.contains(classes[$0]) }, entries: layer.entries, bytes: layer.bytes)
        }
        images = classes.indices.map { image in
            AcrossRewriting.Image(
                keptCount: kept[image], layers: built.layers.indices.filter { built.layers[$0].images.contains(classes[image]) })
        }
        let count = sizes.count
        let stacks = images.indices.map { image in
            reading.stacks[image].prefix(kept[image]) + images[image].layers.map { $0 + count }
        }
        func size(_ layer: Int) -> Int64 { layer < count ? sizes[layer] : built.layers[layer - count].bytes }
        bytes = AcrossBytes(stacks.map { Array($0) }, bytes: size, unpacked: size)
    }

    /// Makes the new trees and compares them with the old ones.
    func check(_ reading: AcrossReading) throws(RewriteError) {
        let written = layers.map { layer in LayerIndex(layer.entries.map { $0.entry(reading.table.indexes) }) }
        for image in representatives {
            let base = Array(reading.stacks[image].prefix(kept[image]))
            let indexes = base.map { reading.table.indexes[$0] } + images[image].layers.map { written[$0] }
            var tree = MergedTree()
            for index in indexes {
                do throws(AnalysisError) { try tree.apply(index) } catch { throw .analysis(error) }
            }
            let old = reading.stacks[image]
            let equality = TreeEquality(tree, indexes, try reading.tree(old), old.map { reading.table.indexes[$0] })
            if let path = equality.difference { throw .differs(path: path) }
        }
    }
}

/// Units by the images that need them.
struct UnitGroups {
    /// What the planner is told.
    private(set) var groups: [SharingProblem.Group] = []
    /// The units of each group.
    private(set) var units: [[Int32]] = []

    /// Groups of what each image needs.
    init(_ needed: [[Int32]], _ table: UnitTable) {
        struct Step: Hashable {
            let set: Int32
            let image: Int32
        }
        var sets = [ImageSet()]
        var steps: [Step: Int32] = [:]
        var setOf = Array(repeating: Int32(0), count: table.units.count)
        var order: [Int32] = []
        for (image, list) in needed.enumerated() {
            for unit in list {
                let old = setOf[Int(unit)]
                if old == 0 { order.append(unit) }
                let step = Step(set: old, image: Int32(image))
                if let next = steps[step] {
                    setOf[Int(unit)] = next
                    continue
                }
                var set = sets[Int(old)]
                set.insert(image)
                steps[step] = Int32(sets.count)
                setOf[Int(unit)] = Int32(sets.count)
                sets.append(set)
            }
        }
        var places: [ImageSet: Int] = [:]
        for unit in order {
            let set = sets[Int(setOf[Int(unit)])]
            if let place = places[set] {
                groups[place].bytes += table.units[Int(unit)].bytes
                units[place].append(unit)
            } else {
                places[set] = groups.count
                groups.append(SharingProblem.Group(images: set, bytes: table.units[Int(unit)].bytes))
                units.append([unit])
            }
        }
    }
}
