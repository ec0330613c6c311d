import LayerAnalysis
import LayerArchive
import Testing

/// A tree that is exported and read back as one layer is the same tree.
struct TreeExportTests {
    /// One layer that holds what `export` says, its entries taken out of `layers`.
    private func flattened(_ export: TreeExport, of layers: [LayerIndex]) -> LayerIndex {
        var entries: [LayerEntry] = []
        for (layer, files) in zip(layers, export.layers) {
            for file in files {
                var entry = layer[file.entry]
                entry.path = file.paths[0]
                entries.append(entry)
                for path in file.paths.dropFirst() {
                    entries.append(LayerEntry(path: path, kind: .hardLink, linkTarget: file.paths[0]))
                }
            }
        }
        for directory in export.directories.reversed() {
            var entry = LayerEntry(path: directory.path, kind: .directory, mode: 0o755)
            if let source = directory.source { entry.mode = layers[source.layer].modes[source.entry] }
            entries.append(entry)
        }
        return LayerIndex(entries)
    }

    /// What shows, whatever the numbers of inodes are: each with the first of the names that it shares.
    private func lines(_ tree: MergedTree) -> [String] {
        let entries = tree.visibleEntries().filter { !$0.path.isEmpty }
        let shared = Dictionary(grouping: entries.filter { $0.inode != nil }) { $0.inode }
        return entries.map { entry in
            let names = entry.inode.flatMap { shared[$0]?.map { String(decoding: $0.path, as: UTF8.self) }.sorted() } ?? []
            return
                "\(String(decoding: entry.path, as: UTF8.self)) \(entry.kind) \(entry.size) \(entry.content) \(entry.linkTarget) \(names)"
        }.sorted()
    }

    @Test func aRandomImageFlattensToItsTree() throws {
        var count = 0
        for seed in 0..<3000 {
            let layers = ImageGenerator.image(seed: UInt64(seed)).map { LayerIndex($0) }
            var tree = MergedTree()
            // An image that is no image has no tree.
            do { for layer in layers { try tree.apply(layer) } } catch { continue }
            count += 1
            var flat = MergedTree()
            try flat.apply(flattened(tree.export(), of: layers))
            #expect(lines(flat) == lines(tree), "seed \(seed)")
            #expect(flat.wasted.isEmpty, "seed \(seed)")
        }
        #expect(count > 2000)
    }

    @Test func aDirectoryIsDescribedByTheLayerThatStoredItLast() throws {
        var tree = MergedTree()
        try tree.apply(LayerIndex([TarEntry.directory("a"), TarEntry.directory("a/b"), TarEntry.file("c/x")]))
        try tree.apply(LayerIndex([TarEntry.file("a/b/y"), TarEntry.directory("a")]))
        let sources = Dictionary(
            uniqueKeysWithValues: tree.export().directories.map { (String(decoding: $0.path, as: UTF8.self), $0.source) })
        #expect(sources["a"] == EntrySource(layer: 1, entry: 1))
        #expect(sources["a/b"] == EntrySource(layer: 0, entry: 1))
        #expect(sources["c"] == .some(nil))
        #expect(sources[""] == nil)
    }

    @Test(arguments: [TarEntry.whiteout("a"), TarEntry.opaque(""), TarEntry.file("a")])
    func aDirectoryThatIsMadeAnewForgetsItsEntry(hider: LayerEntry) throws {
        var tree = MergedTree()
        try tree.apply(LayerIndex([TarEntry.directory("a")]))
        try tree.apply(LayerIndex([hider]))
        try tree.apply(LayerIndex([TarEntry.file("a/x")]))
        #expect(tree.export().directories.first { $0.path == Array("a".utf8) }?.source == nil)
    }

    @Test func aDirectoryThatIsMadeAnewInTheLayerThatHidesItForgetsItsEntryToo() throws {
        var tree = MergedTree()
        try tree.apply(LayerIndex([TarEntry.directory("a")]))
        try tree.apply(LayerIndex([TarEntry.whiteout("a"), TarEntry.file("a/x")]))
        #expect(tree.export().directories.map(\.source) == [nil])
    }
}
