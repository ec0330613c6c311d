package import LayerArchive
import OCISpec

/// Builds an analysis layer by layer, so that a caller needs to hold one layer index at a time.
package struct Analyzer: Sendable {
    private var tree = MergedTree()
    private var identities: [LayerIdentity] = []

    /// An analysis of an image without layers so far.
    package init() {}

    /// Puts a layer on top of those before it.
    package mutating func add(_ identity: LayerIdentity, _ index: LayerIndex) throws(AnalysisError) {
        try tree.apply(index)
        identities.append(identity)
    }

    /// The tree that the layers make.
    package var mergedTree: MergedTree { tree }

    /// The analysis of all layers; `baseLayerCount` is how many belong to the base image, `nil` when that is not known.
    package func finish(_ image: AnalyzedImage, baseLayerCount: Int?) -> ImageAnalysis {
        let visible = tree.visibleNodes()
        var wasteBytes = Array(repeating: Int64(0), count: WasteCause.allCases.count)
        for inode in tree.wasted { wasteBytes[Int(inode.cause.rawValue)] += inode.bytes }
        return ImageAnalysis(
            image: image, totals: totals(baseLayerCount), wasteBytes: wasteBytes, layers: layers(baseLayerCount),
            wastedPaths: tree.wastedPaths(), duplicates: tree.duplicates(among: visible),
            hints: tree.hints(among: visible))
    }

    private func layers(_ baseLayerCount: Int?) -> [AnalyzedLayer] {
        zip(identities, tree.layers).enumerated().map { index, layer in
            AnalyzedLayer(
                index: index, identity: layer.0, figures: layer.1, isBase: baseLayerCount.map { index < $0 })
        }
    }

    private func totals(_ baseLayerCount: Int?) -> AnalysisTotals {
        var totals = AnalysisTotals()
        totals.layerCount = identities.count
        totals.entryCount = tree.layers.reduce(0) { $0 + $1.entryCount }
        totals.compressedBytes = identities.reduce(0) { $0 + $1.compressedBytes }
        totals.tarBytes = identities.reduce(0) { $0 + $1.tarBytes }
        totals.contentBytes = tree.layers.reduce(0) { $0 + $1.contentBytes }
        totals.visibleBytes = tree.visibleBytes
        totals.user = baseLayerCount.map { count in
            tree.layers.dropFirst(count).reduce(into: UserTotals(contentBytes: 0, wastedBytes: 0)) { sum, layer in
                sum.contentBytes += layer.contentBytes
                sum.wastedBytes += layer.hiddenBytes
            }
        }
        return totals
    }
}
