package import LayerArchive
package import OCISpec

/// One of the two images of a diff.
package struct DiffSide: Sendable {
    package var image: AnalyzedImage
    package var config: ImageConfig
    package var layers: [LayerIdentity]
    /// The layers' entries, lowest first.
    package var indexes: [LayerIndex]

    /// A side from its parts; `layers` and `indexes` are of the same layers.
    package init(image: AnalyzedImage, config: ImageConfig, layers: [LayerIdentity], indexes: [LayerIndex]) {
        self.image = image
        self.config = config
        self.layers = layers
        self.indexes = indexes
    }
}

extension ImageDiff {
    /// What differs from `a` to `b`; with `ignoringTimes` modification times do not count.
    package init(from a: DiffSide, to b: DiffSide, ignoringTimes: Bool = false) throws(DiffError) {
        // Layers that both begin with are applied once.
        let shared = zip(a.layers, b.layers).prefix { $0.diffID == $1.diffID }.count
        var base = MergedTree()
        try base.apply(a.indexes[..<shared], of: .a)
        var (before, after) = (base, base)
        try before.apply(a.indexes[shared...], of: .a)
        try after.apply(b.indexes[shared...], of: .b)
        let paths = TreeComparison(
            a: TreeView(before, a.indexes), b: TreeView(after, b.indexes), ignoringTimes: ignoringTimes
        ).changes()
        self.init(a: a, before, b: b, after, paths)
    }

    private init(a: DiffSide, _ before: MergedTree, b: DiffSide, _ after: MergedTree, _ paths: [PathChange]) {
        let inventories = (before.inventory(a.indexes), after.inventory(b.indexes))
        self.a = a.image
        self.b = b.image
        self.paths = paths
        layers = LayerAlignment(a, before.layers, b, after.layers).changes()
        packages = PackageComparison.changes(from: inventories.0.packages, to: inventories.1.packages)
        packageProblems = inventories.0.problems + inventories.1.problems
        config = ConfigComparison.changes(from: a.config, to: b.config)
        history = ConfigComparison.steps(from: a.config, to: b.config)
        totals = DiffTotals(paths)
        totals.visibleBytesBefore = before.visibleBytes
        totals.visibleBytesAfter = after.visibleBytes
        totals.contentBytesBefore = before.layers.reduce(0) { $0 + $1.contentBytes }
        totals.contentBytesAfter = after.layers.reduce(0) { $0 + $1.contentBytes }
        totals.compressedBytesBefore = a.layers.reduce(0) { $0 + $1.compressedBytes }
        totals.compressedBytesAfter = b.layers.reduce(0) { $0 + $1.compressedBytes }
    }
}

/// Why two images cannot be compared: one of them does not come together.
package struct DiffError: Error, Hashable, Sendable {
    /// Which image.
    package enum Side: Hashable, Sendable { case a, b }

    package var side: Side
    package var error: AnalysisError
}

extension MergedTree {
    fileprivate mutating func apply(_ indexes: ArraySlice<LayerIndex>, of side: DiffError.Side) throws(DiffError) {
        for index in indexes {
            do throws(AnalysisError) { try apply(index) } catch { throw DiffError(side: side, error: error) }
        }
    }
}

extension DiffTotals {
    /// The sums of `paths`.
    init(_ paths: [PathChange]) {
        for path in paths {
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
