package import LayerArchive

/// Which layers several images have when what they have in common is stored once: planned from their indexes alone.
///
/// Things with equal paths, contents and metadata are one. Those that the same images have make a group, and groups become layers: see
/// `RegistryPlanner` and `HostPlanner`. The tree of each new image is made and compared with the old one before anything is returned. Where the
/// new layers would have no fewer bytes, the images stay as they are.
///
/// Cost: n log n in entries, and what the planner takes for the groups.
package struct AcrossRewriting: Sendable {
    /// A layer that is written.
    package struct Layer: Sendable {
        /// The images that have it.
        package let images: [Int]
        /// What it holds: directories first, then files in the order of the layers that they come from.
        package let entries: [RewrittenEntry]
        /// About as many bytes as its tar has.
        package let bytes: Int64
    }

    /// One image as it will be.
    package struct Image: Hashable, Sendable {
        /// How many of its lowest layers stay.
        package var keptCount: Int
        /// What comes above those, by its place in `layers`, lowest first.
        package var layers: [Int]
    }

    /// Whether the images stay as they are, since no layers have fewer bytes.
    package private(set) var isUnchanged = false
    /// What is written.
    package private(set) var layers: [Layer] = []
    /// As many as were given.
    package private(set) var images: [Image]
    /// Bytes of tars, by the measure that the plan is made with.
    package let before: AcrossBytes
    /// The same afterwards.
    package private(set) var after: AcrossBytes
    /// Bytes of everything that differs, each once: nothing has less that holds all of it.
    package let lowerBound: Int64
    /// Bytes of files that have the content of another file of the images, but another path or other metadata: layers cannot share those.
    package let otherNamesBytes: Int64
    /// Entries that are taken for one because their hashes are equal; see `EqualContents`.
    package private(set) var equals = EqualContents()

    /// Plans the layers of images that have these layers, by their numbers in `indexes`, lowest first.
    package init(_ stacks: [[Int]], _ indexes: [LayerIndex], _ request: AcrossRequest) throws(RewriteError) {
        var reading = try AcrossReading(stacks, indexes)
        let sizes = indexes.map(\.plannedBytes)
        before = AcrossBytes(stacks) {
            sizes[$0]
        } unpacked: {
            sizes[$0]
        }
        after = before
        images = stacks.map { Image(keptCount: $0.count, layers: []) }
        lowerBound = reading.distinctBytes
        otherNamesBytes = reading.otherNamesBytes
        isUnchanged = true
        var best: AcrossAssembly?
        let isWithinBound = stacks.allSatisfy { $0.count <= request.maxLayers }
        for kept in Self.candidates(stacks, request) {
            guard let found = try AcrossAssembly(&reading, kept, sizes, request) else { continue }
            let bytes = found.bytes[request.goal]
            if isWithinBound, bytes >= before[request.goal] { continue }
            // Layers that stay are shared with images elsewhere too, which is worth a hundredth.
            if let known = best?.bytes[request.goal], bytes >= known - known / 100 { continue }
            best = found
        }
        guard let best else { return }
        try best.check(reading)
        isUnchanged = false
        layers = best.layers
        images = best.images
        after = best.bytes
        equals = EqualContents(reading)
    }

    /// How many layers of each image may be kept: the more, the earlier.
    private static func candidates(_ stacks: [[Int]], _ request: AcrossRequest) -> [[Int]] {
        if case .lowest(let count) = request.kept { return [stacks.map { min(count, $0.count) }] }
        let shared = stacks.indices.map { image in
            stacks.indices.filter { $0 != image }.map { common(stacks[image], stacks[$0]) }.max() ?? 0
        }
        let all = stacks.reduce(stacks.first?.count ?? 0) { min($0, common(stacks[0], $1)) }
        var found: [[Int]] = []
        for kept in [shared, shared.map { min($0, all) }, stacks.map { _ in 0 }] where !found.contains(kept) {
            found.append(kept)
        }
        return found
    }

    private static func common(_ one: [Int], _ other: [Int]) -> Int { zip(one, other).prefix { $0 == $1 }.count }
}

/// Entries of different layers whose hashes are equal, so that one is written for all.
///
/// The hashes are fast ones, and somebody can make two files that have the same: who writes the layers compares the bytes first.
package struct EqualContents: Sendable {
    /// Sources of one content, or of the same extended attributes: at least two.
    package private(set) var groups: [[EntrySource]] = []

    init() {}

    init(_ reading: AcrossReading) {
        var sources: [Int32: [EntrySource]] = [:]
        for tree in reading.allTrees {
            for (unit, source) in zip(tree.units, tree.sources) {
                let index = reading.table.indexes[source.layer]
                guard index.sizes[source.entry] > 0 || index.xattrs[source.entry] != 0 else { continue }
                if sources[unit]?.contains(source) != true { sources[unit, default: []].append(source) }
            }
        }
        groups = sources.filter { $0.value.count > 1 }.sorted { $0.key < $1.key }.map(\.value)
    }
}
