import ImageTransfer
import LayerAnalysis
import OCISpec
import Reports

extension LayerPane {
    /// The layers as far as their documents tell: the bytes are those of their blobs.
    static func rows(_ outline: ImageOutline) -> [Row] {
        let blobs = outline.blobBytes.knownSum { $0 }
        return [Row(id: -1, bytes: blobs, instruction: "all layers")]
            + zip(outline.blobBytes, outline.config.layerHistory).enumerated().map { number, layer in
                Row(id: number, number: number, bytes: layer.0, instruction: AnalysisText.instruction(layer.1?.createdBy))
            }
    }

    /// The layers with what they store and waste.
    static func rows(_ analysis: ImageAnalysis) -> [Row] {
        let all = Row(
            id: -1, bytes: analysis.totals.contentBytes, second: analysis.totals.wastedBytes, instruction: "all layers")
        return [all]
            + analysis.layers.map { layer in
                Row(
                    id: layer.index, number: layer.index, bytes: layer.figures.contentBytes, second: layer.figures.hiddenBytes,
                    instruction: AnalysisText.instruction(layer.identity.createdBy))
            }
    }

    /// The layers of two images: those that only one has are marked.
    static func rows(_ diff: ImageDiff) -> [Row] {
        diff.layers.enumerated().map { place, layer in
            let mark: BrowsedTree.Mark =
                switch layer.change {
                case .same: .none
                case .added: .added
                case .removed: .removed
                }
            return Row(
                id: place, number: layer.indexAfter ?? layer.indexBefore, mark: mark, bytes: layer.contentBytes,
                second: layer.knownBytes, instruction: AnalysisText.instruction(layer.identity.createdBy))
        }
    }
}
