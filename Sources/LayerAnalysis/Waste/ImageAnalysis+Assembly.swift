import LayerArchive

extension ImageAnalysis {
    /// The analysis of an image whose layers are `identities`, lowest first, with what their tree tells.
    ///
    /// `baseLayerCount` is how many layers belong to the base image, `nil` when that is not known. With `hasAmbiguousNames` it is not
    /// known which paths are the same.
    package init(
        _ image: AnalyzedImage, _ identities: [LayerIdentity], _ findings: TreeFindings, baseLayerCount: Int?,
        hasAmbiguousNames: Bool = false
    ) {
        let knowledge = ImageKnowledge(identities, hasAmbiguousNames: hasAmbiguousNames)
        self.image = image
        layers = zip(identities, findings.layers).enumerated().map { index, layer in
            AnalyzedLayer(
                index: index, identity: layer.0, figures: knowledge.figures(layer.1, ofLayer: index),
                isBase: baseLayerCount.map { index < $0 })
        }
        totals = AnalysisTotals(layers, knowledge, visibleBytes: findings.visibleBytes, baseLayerCount: baseLayerCount)
        wasteBytes = knowledge.isWhole ? findings.wasteBytes : nil
        wastedPaths =
            hasAmbiguousNames ? findings.wastedPaths.filter { !LossyNames.isLossy($0.path) } : findings.wastedPaths
        duplicates = findings.duplicates
        hints = findings.hints
    }
}

extension AnalysisTotals {
    fileprivate init(
        _ layers: [AnalyzedLayer], _ knowledge: ImageKnowledge, visibleBytes: Int64, baseLayerCount: Int?
    ) {
        layerCount = layers.count
        unknownLayerCount = knowledge.unknownLayerCount
        isPartial = !knowledge.isWhole
        entryCount = layers.knownSum(\.figures.entryCount)
        compressedBytes = layers.reduce(0) { $0 + $1.identity.compressedBytes }
        tarBytes = layers.knownSum(\.identity.tarBytes)
        contentBytes = layers.knownSum(\.figures.contentBytes)
        self.visibleBytes = knowledge.isWhole ? visibleBytes : nil
        user = baseLayerCount.map { count in
            let own = layers.dropFirst(count)
            return UserTotals(
                contentBytes: own.knownSum(\.figures.contentBytes), wastedBytes: own.knownSum(\.figures.hiddenBytes))
        }
    }
}
