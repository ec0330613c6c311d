import LayerAnalysis
import LayerArchive
import TestSupport
import Testing

/// Images that are written again to share what they have in common show what they showed, and take no more bytes than before.
@Suite struct AcrossTests {
    /// Images that begin alike, and some that do not.
    private static func images(seed: UInt64) -> [[[LayerEntry]]] {
        var random = SplitMix64(seed: seed)
        let count = Int.random(in: 2...6, using: &random)
        let base = Array(ImageGenerator.image(seed: seed * 31).prefix(2))
        return (0..<count).compactMap { number in
            let own = ImageGenerator.image(seed: seed * 31 + UInt64.random(in: 0...3, using: &random) + UInt64(number))
            let image = Bool.random(using: &random) ? base + own : own
            return ImageModel.outcome(of: image).figures == nil ? nil : image
        }
    }

    /// All that a tree shows, path by path: kind, content, metadata, attributes, and which names are one file's.
    private static func listing(_ indexes: [LayerIndex]) throws -> [[UInt8]: [String]] {
        var tree = MergedTree()
        for index in indexes { try tree.apply(index) }
        let files = TreeFiles(tree, indexes)
        var found: [[UInt8]: [String]] = [:]
        var links: [Int32: [UInt8]] = [:]
        var pending: [[UInt8]] = [[]]
        if let root = files.file(at: []) { found[[]] = ["\(root.metadata)", "\(root.xattrsDigest)"] }
        while let folder = pending.popLast() {
            for file in files.children(of: folder) {
                if file.kind == .directory { pending.append(file.path) }
                if let inode = file.inode, links[inode].map({ file.path.lexicographicallyPrecedes($0) }) ?? true {
                    links[inode] = file.path
                }
            }
        }
        pending = [[]]
        while let folder = pending.popLast() {
            for file in files.children(of: folder) {
                if file.kind == .directory { pending.append(file.path) }
                found[file.path] = [
                    "\(file.kind)", "\(file.metadata)", "\(file.size)", "\(file.content)", "\(file.linkTarget)",
                    "\(file.xattrsDigest)",
                    "\(file.inode.flatMap { links[$0] } ?? [])",
                ]
            }
        }
        return found
    }

    /// The tree of the plain model, whichever layers it comes from.
    private static func model(_ image: [[LayerEntry]]) -> [[UInt8]: ModelFigures.TreeItem]? {
        ImageModel.outcome(of: image).figures?.tree.mapValues { item in
            var item = item
            item.layer = nil
            return item
        }
    }

    /// What is wrong with a plan for images; nil where nothing is.
    private static func fault(_ images: [[[LayerEntry]]], _ request: AcrossRequest) throws -> String? {
        var indexes: [LayerIndex] = []
        var numbers: [[LayerEntry]: Int] = [:]
        let stacks = images.map { image in
            image.map { layer -> Int in
                if let known = numbers[layer] { return known }
                numbers[layer] = indexes.count
                indexes.append(LayerIndex(layer))
                return indexes.count - 1
            }
        }
        let plan = try AcrossRewriting(stacks, indexes, request)
        let isWithin = stacks.allSatisfy { $0.count <= request.maxLayers }
        if isWithin, plan.after[request.goal] > plan.before[request.goal] {
            return "\(plan.after[request.goal]) bytes, not \(plan.before[request.goal])"
        }
        if plan.after.registry < plan.lowerBound, !plan.isUnchanged { return "fewer bytes than there are" }
        let written = plan.layers.map { layer in layer.entries.map { $0.entry(indexes) } }
        for (number, image) in plan.images.enumerated() {
            if !plan.isUnchanged, image.keptCount + image.layers.count > request.maxLayers {
                return "image \(number) has too many layers"
            }
            let result = images[number].prefix(image.keptCount) + image.layers.map { written[$0] }
            let (was, new) = (model(images[number]), model(Array(result)))
            if was != new { return "image \(number):\n\(ImagePrinter.text(Array(result)))" }
            let (old, now) = (try listing(images[number].map { LayerIndex($0) }), try listing(result.map { LayerIndex($0) }))
            for path in Set(old.keys).union(now.keys) where old[path] != now[path] {
                // The root is there whoever names it.
                if path.isEmpty, old[path] == nil || now[path] == nil { continue }
                return "image \(number), \(String(decoding: path, as: UTF8.self)): \(old[path] ?? []) is \(now[path] ?? [])"
            }
        }
        return nil
    }

    private static func request(_ seed: UInt64) -> AcrossRequest {
        var request = AcrossRequest()
        request.goal = seed % 2 == 0 ? .registry : .host
        request.maxLayers = [1, 2, 3, 5, 32][Int(seed / 2 % 5)]
        switch seed % 7 {
        case 0: request.kept = .lowest(0)
        case 1 where request.maxLayers > 1: request.kept = .lowest(1)
        default: request.kept = .shared
        }
        return request
    }

    /// With times and attributes besides, which the generator has not.
    private static func decorated(_ images: [[[LayerEntry]]], _ seed: UInt64) -> [[[LayerEntry]]] {
        images.map { image in
            image.map { layer in
                layer.map { entry in
                    var entry = entry
                    guard entry.kind != .hardLink, entry.kind != .whiteout, entry.kind != .opaque else { return entry }
                    var random = SplitMix64(seed: seed &* 77 &+ UInt64(entry.path.count))
                    entry.mtimeSeconds = Int64.random(in: -1...2, using: &random)
                    entry.uid = Int64.random(in: 0...1, using: &random)
                    if entry.kind == .directory, Bool.random(using: &random) { entry.xattrs = 5 }
                    return entry
                }
            }
        }
    }

    @Test(arguments: 0..<8) func randomImagesShowTheSame(_ block: Int) throws {
        for seed in UInt64(block) * 60..<UInt64(block + 1) * 60 {
            var images = Self.images(seed: seed)
            if seed % 3 == 0 { images = Self.decorated(images, seed) }
            let fault = try Self.fault(images, Self.request(seed))
            guard let fault else { continue }
            Issue.record("seed \(seed): \(fault)\n\(images.map { ImagePrinter.text($0) }.joined(separator: "\n"))")
            return
        }
    }

    private static func plan(_ images: [[[LayerEntry]]], _ request: AcrossRequest = AcrossRequest()) throws -> AcrossRewriting {
        var indexes: [LayerIndex] = []
        let stacks = images.map { image in
            image.map { layer -> Int in
                indexes.append(LayerIndex(layer))
                return indexes.count - 1
            }
        }
        return try AcrossRewriting(stacks, indexes, request)
    }

    /// Two images with the same packages in another order have one layer of both.
    @Test func theSameInAnotherOrderIsOneLayer() throws {
        let packages = (0..<3).map { number in
            [TarEntry.directory("p"), TarEntry.file("p/\(number)", bytes: 100_000, content: UInt64(number))]
        }
        let plan = try Self.plan([packages, packages.reversed()])
        #expect(plan.layers.count == 1 && plan.images.allSatisfy { $0.layers == [0] && $0.keptCount == 0 })
        #expect(plan.before.registry > 600_000 && plan.after.registry < 305_000 && plan.after.registry - plan.lowerBound == 1024)
    }

    /// A folder that two images have with different metadata is each one's own, and what is in it is shared.
    @Test func aFolderOfDifferentMetadataIsNamedAgain() throws {
        var other = TarEntry.directory("d")
        other.mode = 0o700
        let file = TarEntry.file("d/f", bytes: 100_000)
        let images = [[[TarEntry.directory("d"), file]], [[other, file]]]
        let plan = try Self.plan(images)
        #expect(plan.layers.count { $0.images == [0, 1] } == 1)
        #expect(plan.images.map(\.layers.count).max() == 2)
        #expect(try Self.fault(images, AcrossRequest()) == nil)
    }

    /// Linked names are one thing; of images that link them otherwise each has its own.
    @Test func linkedNamesAreOneThing() throws {
        let file = TarEntry.file("a", bytes: 100_000)
        let (link, other) = (TarEntry.link("b", to: "a"), TarEntry.link("c", to: "a"))
        let same = try Self.plan([[[file, link], [TarEntry.file("x")]], [[file], [link]]])
        #expect(same.layers.contains { $0.images == [0, 1] && $0.entries.count == 2 })
        let apart = try Self.plan([[[file, link]], [[file, other]]])
        #expect(apart.isUnchanged && apart.otherNamesBytes == 100_000)
    }

    /// What is the same under another name or with another mode is told, and not shared.
    @Test func otherNamesAreTold() throws {
        let plan = try Self.plan([
            [[TarEntry.file("a", bytes: 5000)]], [[TarEntry.file("b", bytes: 5000)]],
            [[TarEntry.file("a", bytes: 5000, mode: 0o600)]],
        ])
        #expect(plan.isUnchanged && plan.otherNamesBytes == 10_000)
    }

    /// Layers that images share at the bottom stay where nothing is gained without them.
    @Test func sharedLayersStay() throws {
        let base = LayerIndex([TarEntry.file("base", bytes: 1_000_000), TarEntry.file("gone", bytes: 10)])
        let common = TarEntry.file("common", bytes: 500_000)
        let one = LayerIndex([common, TarEntry.file("one", bytes: 3), TarEntry.whiteout("gone")])
        let two = LayerIndex([common, TarEntry.file("two", bytes: 3), TarEntry.whiteout("gone")])
        for goal in AcrossRequest.Goal.allCases {
            var request = AcrossRequest()
            request.goal = goal
            let plan = try AcrossRewriting([[0, 1], [0, 2]], [base, one, two], request)
            #expect(plan.images.allSatisfy { $0.keptCount == 1 }, "\(goal)")
            let whiteouts = plan.layers.filter {
                $0.entries.contains(RewrittenEntry(path: Array("gone".utf8), content: .whiteout))
            }
            #expect(whiteouts.map(\.images) == [[0, 1]])
        }
    }
}
