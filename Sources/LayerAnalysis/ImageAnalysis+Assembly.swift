extension ImageAnalysis {
    /// The analysis of an image whose layers are `identities`, lowest first, with what their tree tells.
    ///
    /// `baseLayerCount` is how many layers belong to the base image, `nil` when that is not known.
    package init(_ image: AnalyzedImage, _ identities: [LayerIdentity], _ findings: TreeFindings, baseLayerCount: Int?) {
        self.image = image
        layers = zip(identities, findings.layers).enumerated().map { index, layer in
            AnalyzedLayer(
                index: index, identity: layer.0, figures: layer.1, isBase: baseLayerCount.map { index < $0 })
        }
        totals = AnalysisTotals(identities, findings, baseLayerCount: baseLayerCount)
        wasteBytes = findings.wasteBytes
        wastedPaths = findings.wastedPaths
        duplicates = findings.duplicates
        hints = findings.hints
    }
}

extension AnalysisTotals {
    fileprivate init(_ identities: [LayerIdentity], _ findings: TreeFindings, baseLayerCount: Int?) {
        layerCount = identities.count
        entryCount = findings.layers.reduce(0) { $0 + $1.entryCount }
        compressedBytes = identities.reduce(0) { $0 + $1.compressedBytes }
        tarBytes = identities.reduce(0) { $0 + ($1.tarBytes ?? 0) }
        contentBytes = findings.layers.reduce(0) { $0 + $1.contentBytes }
        visibleBytes = findings.visibleBytes
        user = baseLayerCount.map { count in
            findings.layers.dropFirst(count).reduce(into: UserTotals(contentBytes: 0, wastedBytes: 0)) { sum, layer in
                sum.contentBytes += layer.contentBytes
                sum.wastedBytes += layer.hiddenBytes
            }
        }
    }
}
