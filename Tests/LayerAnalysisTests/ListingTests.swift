import LayerAnalysis
import LayerArchive
import TestSupport
import Testing

/// Listings against what the whole tree, or the whole layer, says path by path.
@Suite struct ListingTests {
    private func tree(_ seed: Int) -> (tree: MergedTree, layers: [LayerIndex])? {
        let layers = ImageGenerator.image(seed: UInt64(seed)).map { LayerIndex($0) }
        var tree = MergedTree()
        // An image that is no image has no listing; `theGeneratorMakesImages` counts them.
        do { for layer in layers { try tree.apply(layer) } } catch { return nil }
        return (tree, layers)
    }

    @Test func theGeneratorMakesImages() {
        #expect((0..<500).count { tree($0) != nil } > 300)
    }

    private func parts(_ path: [UInt8]) -> [[UInt8]] { path.split(separator: UInt8(ascii: "/")).map(Array.init) }

    /// By parts: a slash comes before every byte of a name.
    private func isBefore(_ left: [UInt8], _ right: [UInt8]) -> Bool { key(left).lexicographicallyPrecedes(key(right)) }

    private func key(_ path: [UInt8]) -> [UInt8] { path.map { $0 == UInt8(ascii: "/") ? 0 : $0 } }

    private func isWithin(_ path: [UInt8], _ folder: [UInt8]) -> Bool {
        folder.isEmpty || path == folder || (path.starts(with: folder) && path[folder.count] == UInt8(ascii: "/"))
    }

    @Test(arguments: 0..<20) func everythingThatShowsIsListedByName(_ block: Int) {
        for seed in block * 10..<(block + 1) * 10 {
            guard let (tree, _) = tree(seed), let listing = tree.listing() else { continue }
            let shown = tree.visibleEntries().sorted { isBefore($0.path, $1.path) }
            let listed = Array(listing)
            #expect(listed.map(\.path) == shown.map(\.path), "seed \(seed)")
            #expect(listed.map(\.kind) == shown.map(\.kind), "seed \(seed)")
            #expect(listed.map(\.depth) == shown.map { parts($0.path).count }, "seed \(seed)")
            // Each inode counts under the first of its names.
            var seen: Set<Int32> = []
            let own = shown.map { entry in entry.inode.map { seen.insert($0).inserted ? entry.size : 0 } ?? 0 }
            for entry in listed {
                let sum = zip(shown, own).reduce(0) { isWithin($1.0.path, entry.path) ? $0 + $1.1 : $0 }
                #expect(entry.visibleBytes == sum, "seed \(seed), \(entry)")
            }
        }
    }

    @Test(arguments: 0..<10) func aPartOfAListingIsThatPart(_ block: Int) throws {
        for seed in block * 5..<(block + 1) * 5 {
            guard let (tree, _) = tree(seed), let listing = tree.listing() else { continue }
            let all = Array(listing)
            for start in all {
                let below = try #require(tree.listing(under: start.path, ListingOptions(maximumDepth: 1)))
                let wanted = all.filter { isWithin($0.path, start.path) && $0.depth <= start.depth + 1 }
                #expect(below.map(\.path) == wanted.map(\.path), "seed \(seed)")
                #expect(below.map(\.depth) == wanted.map { $0.depth - start.depth }, "seed \(seed)")
            }
            #expect(tree.listing(under: Array("no/such".utf8)) == nil)
        }
    }

    @Test(arguments: 0..<10) func bySizeTheLargestOfADirectoryComesFirst(_ block: Int) {
        for seed in block * 50..<(block + 1) * 50 {
            guard let (tree, _) = tree(seed), let listing = tree.listing(), let bySize = tree.listing([], .size) else { continue }
            #expect(Set(bySize) == Set(listing), "seed \(seed)")
            let groups = Dictionary(grouping: bySize) { parts($0.path).dropLast().map(Array.init) }
            for group in groups.values {
                let wanted = group.sorted {
                    $0.visibleBytes != $1.visibleBytes ? $0.visibleBytes > $1.visibleBytes : isBefore($0.path, $1.path)
                }
                #expect(group.map(\.path) == wanted.map(\.path), "seed \(seed)")
            }
            // What a directory holds stands right behind it.
            var open: [[UInt8]] = []
            for entry in bySize {
                while let last = open.last, !isWithin(entry.path, last) { open.removeLast() }
                #expect(open.count == entry.depth, "seed \(seed), \(entry)")
                open.append(entry.path)
            }
        }
    }

    @Test(arguments: 0..<10) func wasteIsListedWhereItWasStored(_ block: Int) {
        for seed in block * 50..<(block + 1) * 50 {
            guard let (tree, _) = tree(seed) else { continue }
            let waste = tree.storedBytes().filter(\.isWasted)
            let listed = tree.listing([], .name, onlyWasted: true).map(Array.init) ?? []
            for entry in listed {
                let sum = waste.reduce(0) { isWithin($1.path, entry.path) ? $0 + $1.bytes : $0 }
                #expect(entry.wastedBytes == sum && sum > 0, "seed \(seed), \(entry)")
            }
            #expect(Set(waste.map(\.path)).isSubset(of: listed.map(\.path)), "seed \(seed)")
            let paths = tree.storedBytes().map(\.path)
            #expect(paths == paths.sorted { $0.lexicographicallyPrecedes($1) }, "seed \(seed)")
        }
    }

    // MARK: One layer

    /// What a layer's listing holds, from the definition alone: bytes and the last kind by path.
    private func model(_ layer: LayerIndex, under start: [UInt8]) -> [[UInt8]: (kind: EntryKind, bytes: Int64)] {
        var found: [[UInt8]: (kind: EntryKind, bytes: Int64)] = [:]
        for number in 0..<layer.count {
            let entry = layer[number]
            guard isWithin(entry.path, start) else { continue }
            found[entry.path] = (entry.kind, found[entry.path]?.bytes ?? 0)
            guard entry.size > 0 else { continue }
            let names = parts(entry.path)
            for length in parts(start).count...names.count {
                let path = Array(names.prefix(length).joined(separator: [UInt8(ascii: "/")]))
                found[path, default: (.directory, 0)].bytes += entry.size
            }
        }
        return found
    }

    @Test(arguments: 0..<20) func aLayerIsListedAsItStores(_ block: Int) throws {
        for seed in block * 50..<(block + 1) * 50 {
            for layer in ImageGenerator.image(seed: UInt64(seed)).map({ LayerIndex($0) }) {
                for start in [[], Array("a".utf8), Array("a/b".utf8)] as [[UInt8]] {
                    let wanted = model(layer, under: start)
                    let listed = LayerListing(layer).entries(under: start, ListingOptions()).map(Array.init) ?? []
                    let paths = wanted.keys.sorted { $0.lexicographicallyPrecedes($1) }
                    #expect(listed.map(\.path) == paths, "seed \(seed)")
                    for entry in listed {
                        #expect(entry.kind == wanted[entry.path]?.kind, "seed \(seed), \(entry)")
                        #expect(entry.visibleBytes == wanted[entry.path]?.bytes, "seed \(seed), \(entry)")
                    }
                }
            }
        }
    }

    // MARK: Deep paths

    /// Three paths of 2,000 parts imply 6,000 directories: all of them, each with its own path.
    @Test func aChainOfDirectoriesIsSpeltWhole() throws {
        let names = ["a", "b", "c"].map { Array(repeating: $0, count: 2000).joined(separator: "/") }
        var tree = MergedTree()
        try tree.apply(LayerIndex(names.map { TarEntry.file($0) }))
        var count = 0
        for entry in try #require(tree.listing()) where !entry.path.isEmpty {
            let part = (count % 2000) + 1
            #expect(entry.path.count == 2 * part - 1 && entry.depth == part)
            count += 1
        }
        #expect(count == 6000)
    }
}

extension MergedTree {
    fileprivate func listing(
        _ start: [UInt8], _ order: ListingOptions.Order, onlyWasted: Bool = false
    ) -> FileListing? {
        listing(under: start, ListingOptions(order: order, onlyWasted: onlyWasted))
    }
}
