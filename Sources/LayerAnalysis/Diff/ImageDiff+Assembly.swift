package import LayerArchive
package import OCISpec

/// One of the two images of a diff.
package struct DiffSide {
    /// Which image it is, for reports.
    package var image: AnalyzedImage
    /// What containers of it would start with.
    package var config: ImageConfig
    /// The config's own bytes; nil for one that only `config` is known of.
    package var configBytes: [UInt8]?
    /// Lowest first; the indexes are looked up by these.
    package var layers: [LayerIdentity]
    /// The layers' entries, lowest first; none for one that is not known.
    package var indexes: [LayerIndex]
    /// Whether it is not known which paths are the same, within the image or in both.
    package var hasAmbiguousNames: Bool
    /// Reads layers again for records of packages that were not kept.
    package var reader: RecordReader = { _ in [:] }

    /// A side from its parts; `layers` and `indexes` are of the same layers.
    package init(
        image: AnalyzedImage, config: ImageConfig, configBytes: [UInt8]? = nil, layers: [LayerIdentity], indexes: [LayerIndex],
        hasAmbiguousNames: Bool = false
    ) {
        self.image = image
        self.config = config
        self.configBytes = configBytes
        self.layers = layers
        self.indexes = indexes
        self.hasAmbiguousNames = hasAmbiguousNames
    }

    /// What of the image is known.
    var knowledge: ImageKnowledge { ImageKnowledge(layers, hasAmbiguousNames: hasAmbiguousNames) }
}

extension ImageDiff {
    /// What differs from `a` to `b`; with `ignoringTimes` modification times do not count.
    package init(from a: DiffSide, to b: DiffSide, ignoringTimes: Bool = false) throws(DiffError) {
        // Layers that both begin with are applied once.
        let classes = LayerClasses(a, b, ignoringTimes: ignoringTimes)
        let shared = classes.sharedCount
        var base = MergedTree()
        try base.apply(a, 0..<shared, of: .a)
        var (before, after) = (base, base)
        try before.apply(a, shared..<a.layers.count, of: .a)
        try after.apply(b, shared..<b.layers.count, of: .b)
        let paths = TreeComparison(
            a: TreeView(before, a.indexes), b: TreeView(after, b.indexes), ignoringTimes: ignoringTimes
        ).changes()
        self.init(a: a, before, b: b, after, classes, paths)
    }

    private init(
        a: DiffSide, _ before: MergedTree, b: DiffSide, _ after: MergedTree, _ classes: LayerClasses, _ paths: PathChanges
    ) {
        let inventories = (before.inventory(a.indexes, reader: a.reader), after.inventory(b.indexes, reader: b.reader))
        self.a = a.image
        self.b = b.image
        self.paths = paths
        layers = LayerAlignment(a, before.layers, b, after.layers, classes).changes()
        packages = PackageComparison.changes(from: inventories.0.packages, to: inventories.1.packages)
        packageProblems = inventories.0.problems + inventories.1.problems
        config = ConfigComparison.changes(from: a, to: b)
        history = ConfigComparison.steps(from: a.config, to: b.config)
        let (first, second) = (a.knowledge, b.knowledge)
        let isWhole = first.isWhole && second.isWhole
        totals = DiffTotals(
            isPartial: !isWhole, unknownLayerCountBefore: first.unknownLayerCount,
            unknownLayerCountAfter: second.unknownLayerCount, paths: isWhole ? PathTotals(paths) : nil,
            visibleBytesBefore: first.isWhole ? before.visibleBytes : nil,
            visibleBytesAfter: second.isWhole ? after.visibleBytes : nil,
            contentBytesBefore: Self.contentBytes(before, first), contentBytesAfter: Self.contentBytes(after, second),
            compressedBytesBefore: a.layers.reduce(0) { $0 + $1.compressedBytes },
            compressedBytesAfter: b.layers.reduce(0) { $0 + $1.compressedBytes })
    }

    private static func contentBytes(_ tree: MergedTree, _ knowledge: ImageKnowledge) -> Int64? {
        knowledge.unknownLayerCount == 0 ? tree.layers.reduce(0) { $0 + $1.contentBytes } : nil
    }
}

/// Why two images cannot be compared: one of them does not come together.
package struct DiffError: Error, Hashable, Sendable {
    /// Which image.
    package enum Side: Hashable, Sendable { case a, b }

    /// The one that does not come together.
    package var side: Side
    /// What is wrong with its layers.
    package var error: AnalysisError
}

extension MergedTree {
    fileprivate mutating func apply(
        _ image: DiffSide, _ range: Range<Int>, of side: DiffError.Side
    ) throws(DiffError) {
        for layer in range {
            guard !image.layers[layer].isAbsent else {
                applyUnknown()
                continue
            }
            do { try apply(image.indexes[layer]) } catch { throw DiffError(side: side, error: error) }
        }
    }
}

extension PathTotals {
    /// The sums of `paths`.
    init(_ paths: PathChanges) {
        for path in paths.withoutPaths {
            switch path.change {
            case .added:
                addedCount += 1
                addedBytes += path.bytesAfter
            case .removed:
                removedCount += 1
                removedBytes += path.bytesBefore
            case .modified: modifiedCount += 1
            case .metadata:
                metadataCount += 1
                if path.fields == .time { timesOnlyCount += 1 }
            }
            guard path.change == .modified || path.change == .metadata else { continue }
            modifiedBytesBefore += path.bytesBefore
            modifiedBytesAfter += path.bytesAfter
        }
    }
}
