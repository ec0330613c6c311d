import LayerArchive

/// What the directories of images are, and what the layers that stay make of them.
struct FolderNaming {
    /// By node the unit of each directory, for each image.
    let directories: [[Int32: Int32]]
    /// The same of the layers that stay.
    let bases: [[Int32: Int32]]
    /// For each image the directories that no entry describes.
    let implied: [Set<Int32>]

    init(_ reading: inout AcrossReading, _ images: [Int], _ kept: [Int]) throws(RewriteError) {
        var bases: [[Int32: Int32]] = []
        for image in images { bases.append(try reading.baseDirectories(image, kept[image])) }
        self.bases = bases
        directories = images.map { reading.trees[$0].directories }
        implied = images.map { image in
            let described = Set(reading.trees[image].units)
            return Set(reading.trees[image].directories.filter { !described.contains($0.value) }.keys)
        }
    }
}

/// The entries of planned layers.
///
/// Each layer names the folders above what it holds. Where its images have a folder with different metadata, it is named as most of them
/// have it, and those for whom it is then wrong name it once more, in a layer of their own, which is their highest.
struct LayerEntries {
    /// One layer.
    struct Layer {
        var images: ImageSet
        var units: [Int32]
        /// By node, the unit of each directory that it names.
        var folders: [Int32: Int32] = [:]
        var entries: [RewrittenEntry] = []
        var bytes: Int64 = 0
    }

    private(set) var layers: [Layer] = []
    private let folders: FolderNaming
    private let table: UnitTable

    init(_ family: LayerFamily, _ groups: UnitGroups, _ folders: FolderNaming, _ table: UnitTable) {
        self.folders = folders
        self.table = table
        layers = family.layers.map { Layer(images: $0, units: []) }
        for (group, holders) in family.holders.enumerated() {
            for layer in holders { layers[layer].units += groups.units[group] }
        }
        for layer in layers.indices { name(layer) }
        for image in folders.directories.indices { mend(image) }
        layers.removeAll { $0.units.isEmpty && $0.folders.isEmpty }
        for layer in layers.indices { finish(layer) }
    }

    /// Images that have more layers than there is room for.
    func crowded(_ room: [Int]) -> ImageSet {
        ImageSet(room.indices.filter { image in layers.count { $0.images.contains(image) } > room[image] })
    }

    // Folders

    private mutating func name(_ layer: Int) {
        let images = layers[layer].images.members
        var named: [Int32: Int32] = [:]
        for unit in layers[layer].units where table.units[Int(unit)].kind == .directory {
            named[table.units[Int(unit)].names[0]] = unit
        }
        var seen = Set(named.keys)
        func nameAbove(_ node: Int32) {
            var above = table.paths.nodes[Int(node)].parent
            while above >= 0, seen.insert(above).inserted {
                if let unit = choice(above, images) { named[above] = unit }
                above = table.paths.nodes[Int(above)].parent
            }
        }
        for unit in layers[layer].units {
            for node in table.units[Int(unit)].names { nameAbove(node) }
        }
        layers[layer].folders = named
    }

    /// As which a layer names a folder: as most of its images have it; nil where no entry of any describes it.
    private func choice(_ node: Int32, _ images: [Int]) -> Int32? {
        var counts: [(unit: Int32, count: Int)] = []
        var isDescribed = false
        for image in images {
            guard let unit = folders.directories[image][node] else { continue }
            if !folders.implied[image].contains(node) || stands(image, in: node) { isDescribed = true }
            if let place = counts.firstIndex(where: { $0.unit == unit }) {
                counts[place].count += 1
            } else {
                counts.append((unit, 1))
            }
        }
        guard isDescribed else { return nil }
        var best = counts.first
        for option in counts where option.count > best?.count ?? 0 { best = option }
        return best?.unit
    }

    /// Whether the layers that stay have the folder otherwise, or something else there.
    private func stands(_ image: Int, in node: Int32) -> Bool {
        folders.bases[image].isEmpty ? false : folders.bases[image][node] != folders.directories[image][node]
    }

    /// Names folders that would be another image's.
    private mutating func mend(_ image: Int) {
        var last = folders.bases[image]
        for layer in layers where layer.images.contains(image) {
            last.merge(layer.folders) { _, new in new }
        }
        var wrong: [Int32] = []
        for (node, unit) in folders.directories[image] where (last[node] ?? unit) != unit { wrong.append(node) }
        guard !wrong.isEmpty else { return }
        let own = ImageSet([image])
        let place = layers.firstIndex { $0.images == own } ?? layers.count
        if place == layers.count { layers.append(Layer(images: own, units: [])) }
        for node in wrong {
            var node = node
            while node >= 0, layers[place].folders[node] == nil {
                if let unit = folders.directories[image][node], last[node] != nil || !folders.implied[image].contains(node) {
                    layers[place].folders[node] = unit
                }
                node = table.paths.nodes[Int(node)].parent
            }
        }
    }

    // Entries

    private mutating func finish(_ layer: Int) {
        var entries: [RewrittenEntry] = []
        var bytes: Int64 = 1024
        for unit in layers[layer].folders.values {
            let known = table.units[Int(unit)]
            bytes += known.bytes
            entries.append(
                RewrittenEntry(path: table.path(of: known.names[0]), content: known.source.map { .stored($0) } ?? .folder))
        }
        var files: [(source: EntrySource, unit: Int32)] = []
        for unit in layers[layer].units {
            let known = table.units[Int(unit)]
            switch known.kind {
            case .directory: continue
            case .whiteout: entries.append(RewrittenEntry(path: table.path(of: known.names[0]), content: .whiteout))
            default: if let source = known.source { files.append((source, unit)) }
            }
            bytes += known.bytes
        }
        // A folder before what is in it.
        entries.sort { $0.path.lexicographicallyPrecedes($1.path) }
        files.sort { ($0.source.layer, $0.source.entry) < ($1.source.layer, $1.source.entry) }
        for (source, unit) in files {
            let paths = table.units[Int(unit)].names.map { table.path(of: $0) }
            entries.append(RewrittenEntry(path: paths[0], content: .stored(source)))
            for path in paths.dropFirst() {
                entries.append(RewrittenEntry(path: path, content: .link(to: paths[0], like: source)))
            }
        }
        layers[layer].entries = entries
        layers[layer].bytes = bytes
    }
}
