import ImageStorage
package import ImageTransfer
package import LayerAnalysis
import LayerArchive

/// Where an image's bytes are, and which are wasted.
extension Workspace {
    /// The whole analysis, its user figures against the base that `findBase` finds.
    ///
    /// A caller that has the image's tree hands it in.
    package func analysis(
        _ image: ScannedImage, base: BaseImage?, _ tree: MergedTree? = nil
    ) throws(OperationError) -> ImageAnalysis {
        let analysis = try ImageAnalysis(
            image.analyzed, identities(image), findings(image, tree), baseLayerCount: base?.layerCount,
            hasAmbiguousNames: image.hasAmbiguousNames)
        if let content = analysis.totals.contentBytes, let visible = analysis.totals.visibleBytes {
            store.catalog.complete(observationsOf: image.manifestDigest, contentBytes: content, visibleBytes: visible)
        }
        return analysis
    }

    /// What the image's layers tell: from the catalog where an earlier analysis left it.
    private func findings(_ image: ScannedImage, _ known: MergedTree?) throws(OperationError) -> TreeFindings {
        let diffIDs = image.layers.map(\.diffID)
        let isWhole = !image.layers.contains { $0.isAbsent || $0.listing != nil }
        if isWhole, let bytes = store.catalog.findings(diffIDs) {
            do throws(RecordDecodeError) {
                return try TreeFindingsCodec.decode(bytes)
            } catch {
                // What cannot be read is found anew, and takes its place.
            }
        }
        let findings = if let known { known.findings() } else { try tree(image).findings() }
        if isWhole { store.catalog.record(findings: TreeFindingsCodec.encode(findings), of: diffIDs) }
        return findings
    }
}
