import LayerAnalysis
import LayerArchive
import OCISpec
import TestSupport
import Testing

/// The diff of two images, against a comparison of their exported trees path by path.
@Suite struct DiffTests {
    /// One path as a container sees it, metadata and all.
    private struct Thing: Hashable {
        var entry: LayerEntry
        /// The first of the names of its inode.
        var firstName: [UInt8]
        /// A directory that no entry describes has no time of its own.
        var hasTime = true

        func isSameSubstance(as other: Thing) -> Bool {
            entry.kind == other.entry.kind && entry.size == other.entry.size && entry.content == other.entry.content
                && entry.device == other.entry.device && (entry.kind != .symlink || entry.linkTarget == other.entry.linkTarget)
        }
    }

    /// The tree of some layers as a table of its paths.
    private func things(_ layers: [LayerIndex]) throws -> [[UInt8]: Thing] {
        var tree = MergedTree()
        for layer in layers { try tree.apply(layer) }
        let export = tree.export()
        var found: [[UInt8]: Thing] = [:]
        for directory in export.directories {
            var entry = LayerEntry(path: directory.path, kind: .directory, mode: 0o755)
            if let source = directory.source { entry = layers[source.layer][source.entry] }
            entry.path = directory.path
            found[directory.path] = Thing(entry: entry, firstName: directory.path, hasTime: directory.source != nil)
        }
        for (layer, files) in zip(layers, export.layers) {
            for file in files {
                for path in file.paths {
                    var entry = layer[file.entry]
                    entry.path = path
                    found[path] = Thing(entry: entry, firstName: file.paths[0])
                }
            }
        }
        if tree.visibleEntries().contains(where: { $0.path.isEmpty }), found[[]] == nil {
            found[[]] = Thing(entry: LayerEntry(path: [], kind: .directory, mode: 0o755), firstName: [], hasTime: false)
        }
        return found
    }

    private func side(_ layers: [LayerIndex]) throws -> DiffSide {
        let identities = try layers.map { layer in
            let digest = try Digest("sha256:" + hex(LayerIndexCodec.columns(of: layer)))
            return LayerIdentity(
                diffID: digest, digest: digest, mediaType: MediaType.layer, createdBy: nil, compressedBytes: 1, tarBytes: 1)
        }
        let config = ImageConfig(
            platform: Platform(os: "linux", architecture: "amd64"), rootfs: RootFS(diffIDs: identities.map(\.diffID)))
        return DiffSide(image: EngineFigures.unnamed, config: config, layers: identities, indexes: layers)
    }

    /// A stand-in for a digest: equal layers have equal ones (FNV-1a, four times with different seeds).
    private func hex(_ bytes: [UInt8]) -> String {
        (0..<4).map { seed in
            var hash: UInt64 = 0xcbf2_9ce4_8422_2325 &+ UInt64(seed)
            for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
            let text = String(hash, radix: 16)
            return String(repeating: "0", count: 16 - text.count) + text
        }.joined()
    }

    /// Two images that share some layers, or none.
    private func pair(_ seed: UInt64) -> ([LayerIndex], [LayerIndex]) {
        var random = SplitMix64(seed: seed &* 7919 &+ 1)
        func layers(_ seed: UInt64) -> [LayerIndex] {
            ImageGenerator.image(seed: seed).map { entries in
                LayerIndex(
                    entries.map { entry in
                        var entry = entry
                        entry.mtimeSeconds = Int64.random(in: 0...1, using: &random)
                        entry.uid = Int64.random(in: 0...20, using: &random) == 0 ? 1 : 0
                        return entry
                    })
            }
        }
        let a = layers(seed)
        switch Int.random(in: 0..<4, using: &random) {
        case 0: return (a, layers(seed + 1_000_000))
        case 1: return (a, a + layers(seed + 2_000_000).prefix(2))
        case 2: return (a, Array(a.dropLast()) + layers(seed + 3_000_000).prefix(1))
        default:
            var b = a
            b.remove(at: Int.random(in: 0..<b.count, using: &random))
            return (a, b)
        }
    }

    @Test(arguments: 0..<20) func theListedChangesMakeOneTreeOfTheOther(_ block: Int) throws {
        for seed in UInt64(block) * 100..<UInt64(block + 1) * 100 {
            let (first, second) = pair(seed)
            let trees: ([[UInt8]: Thing], [[UInt8]: Thing])
            do { trees = (try things(first), try things(second)) } catch is AnalysisError { continue }
            let diff = try ImageDiff(from: side(first), to: side(second))
            var tree = trees.0
            for path in diff.paths {
                let (before, after) = (trees.0[path.path], trees.1[path.path])
                #expect((before == nil) == (path.change == .added), "seed \(seed) \(path)")
                #expect((after == nil) == (path.change == .removed), "seed \(seed) \(path)")
                if let before, let after {
                    #expect(before.isSameSubstance(as: after) == (path.change == .metadata), "seed \(seed) \(path)")
                }
                tree[path.path] = after
            }
            #expect(Set(diff.paths.map(\.path)).count == diff.paths.count, "seed \(seed)")
            let paths = diff.paths.map(\.path)
            #expect(paths == paths.sorted { $0.lexicographicallyPrecedes($1) }, "seed \(seed)")
            #expect(diff.paths.indices.map { diff.paths[$0].path } == paths, "seed \(seed)")
            let (made, wanted) = (normal(tree, trees.1), normal(trees.1, tree))
            let wrong = Set(made.keys).union(wanted.keys).filter { made[$0] != wanted[$0] }
            #expect(wrong.isEmpty, "seed \(seed)")
            let totals = try #require(diff.totals.paths)
            let sum = totals.addedBytes - totals.removedBytes + totals.modifiedBytesAfter - totals.modifiedBytesBefore
            #expect(diff.totals.visibleDelta == sum, "seed \(seed)")
            #expect(diff.totals.visibleBytesBefore == visibleBytes(trees.0), "seed \(seed)")
            #expect(diff.totals.visibleBytesAfter == visibleBytes(trees.1), "seed \(seed)")
        }
    }

    /// A table without what two trees cannot differ in: the time of a directory that one of them has from nowhere.
    private func normal(_ table: [[UInt8]: Thing], _ other: [[UInt8]: Thing]) -> [[UInt8]: Thing] {
        var table = table
        for (path, thing) in table {
            if !thing.hasTime || other[path]?.hasTime == false {
                table[path]?.entry.mtimeSeconds = 0
                table[path]?.entry.mtimeNanoseconds = 0
                table[path]?.hasTime = false
            }
        }
        return table
    }

    private func visibleBytes(_ table: [[UInt8]: Thing]) -> Int64 {
        table.reduce(0) { $1.value.firstName == $1.key ? $0 + $1.value.entry.size : $0 }
    }

    @Test func anImageDoesNotDifferFromItself() throws {
        for seed in UInt64(0)..<200 {
            let layers = ImageGenerator.image(seed: seed).map { LayerIndex($0) }
            guard (try? things(layers)) != nil else { continue }
            let diff = try ImageDiff(from: side(layers), to: side(layers))
            #expect(diff.isEmpty && diff.packages.isEmpty && diff.history.isEmpty, "seed \(seed)")
            #expect(diff.layers.allSatisfy { $0.change == .same })
        }
    }

    @Test func timesAloneCountOnlyWhenAsked() throws {
        var later = TarEntry.file("x", bytes: 10)
        later.mtimeSeconds = 100
        let (a, b) = ([LayerIndex([TarEntry.file("x", bytes: 10)])], [LayerIndex([later])])
        let diff = try ImageDiff(from: side(a), to: side(b))
        #expect(diff.paths.map(\.fields) == [.time])
        #expect(diff.totals.paths?.timesOnlyCount == 1)
        #expect(try ImageDiff(from: side(a), to: side(b), ignoringTimes: true).paths.isEmpty)
    }

    @Test func aRewrittenLayerIsSeenAsNothingNew() throws {
        let base = [TarEntry.file("etc/os-release", bytes: 1000, content: 99)]
        let files = (0..<10).map { TarEntry.file("opt/f\($0)", bytes: 1_000_000, content: UInt64($0)) }
        let changed = (0..<10).map { TarEntry.file("opt/f\($0)", bytes: 1_000_000, content: UInt64($0), mode: 0o755) }
        let a = [base, files].map { LayerIndex($0) }
        let b = [base, files, changed].map { LayerIndex($0) }
        let diff = try ImageDiff(from: side(a), to: side(b))
        #expect(diff.layers.map(\.change) == [.same, .same, .added])
        #expect(diff.layers[2].contentBytes == 10_000_000)
        #expect(diff.layers[2].knownBytes == 10_000_000)
        #expect(diff.layers[2].hidesBytes == 10_000_000)
        #expect(diff.totals.visibleDelta == 0)
        #expect(diff.totals.wastedDelta == 10_000_000)
        #expect(diff.paths.allSatisfy { $0.change == .metadata && $0.fields == .mode })
        // The image that squashed both into one: its layer is like the files' own.
        let squashed = [base, changed].map { LayerIndex($0) }
        let other = try ImageDiff(from: side(a), to: side(squashed))
        #expect(other.layers.map(\.change) == [.same, .removed, .added])
        #expect(other.layers[1].counterpart == 1 && other.layers[2].counterpart == 1)
        #expect(other.layers[2].knownBytes == 10_000_000)
    }

    @Test func layersAreAlignedByContentNotByPlace() throws {
        let layers = (0..<5).map { number in
            LayerIndex([TarEntry.file("f\(number)", bytes: 10, content: UInt64(number))])
        }
        let inserted = LayerIndex([TarEntry.file("new", bytes: 5, content: 77)])
        let diff = try ImageDiff(from: side(layers), to: side([layers[0], inserted] + layers[1...]))
        #expect(diff.layers.map(\.change) == [.same, .added, .same, .same, .same, .same])
        #expect(diff.layers.map(\.indexAfter) == [0, 1, 2, 3, 4, 5])
        #expect(diff.layers.map(\.indexBefore) == [0, nil, 1, 2, 3, 4])
    }

    @Test func aHardLinkThatMovesItsBytesIsToldAsSuch() throws {
        let linked = [TarEntry.file("a", bytes: 100), TarEntry.link("b", to: "a")]
        let a = [LayerIndex(linked)]
        let b = [LayerIndex(linked), LayerIndex([TarEntry.whiteout("a")])]
        let diff = try ImageDiff(from: side(a), to: side(b))
        #expect(diff.totals.visibleDelta == 0)
        #expect(diff.paths.map(\.change) == [.removed, .metadata])
        #expect(diff.paths.map(\.fields) == [[], .links])
        #expect(diff.paths.map(\.bytesBefore) == [100, 0])
        #expect(diff.paths.map(\.bytesAfter) == [0, 100])
    }

    @Test func configAndHistoryAreCompared() throws {
        func configured(_ change: (inout ContainerConfig) -> Void, steps: [String]) throws -> DiffSide {
            var side = try side([])
            var config = ContainerConfig()
            change(&config)
            side.config.config = config
            side.config.history = steps.map { HistoryEntry(createdBy: $0, emptyLayer: true) }
            return side
        }
        let a = try configured(
            {
                $0.env = ["PATH=/bin", "A=1"]; $0.cmd = ["sh"]; $0.labels = ["v": "1"]
            }, steps: ["FROM x", "ENV A=1"])
        let b = try configured(
            {
                $0.env = ["PATH=/bin", "A=2", "B=x=y"]; $0.cmd = ["sh", "-c \"hi\""]; $0.exposedPorts = ["80/tcp"]
            },
            steps: ["FROM x", "ENV A=2", "CMD"])
        let diff = try ImageDiff(from: a, to: b)
        let lines = diff.config.map { "\($0.field): \($0.before ?? "-") > \($0.after ?? "-")" }
        #expect(
            lines == [
                #"Cmd: ["sh"] > ["sh","-c \"hi\""]"#, "Env.A: 1 > 2", "Env.B: - > x=y", "ExposedPorts.80/tcp: - > exposed",
                "Labels.v: 1 > -",
            ])
        #expect(diff.history.map { ($0.isAdded ? "+" : "-") + $0.createdBy } == ["-ENV A=1", "+ENV A=2", "+CMD"])
        #expect(!diff.isEmpty)
    }
}
