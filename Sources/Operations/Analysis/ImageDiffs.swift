package import ImageTransfer
package import LayerAnalysis

/// What differs between trees.
extension Workspace {
    /// What differs between two images.
    package func diff(from a: ScannedImage, to b: ScannedImage, ignoringTimes: Bool) throws(OperationError) -> ImageDiff {
        let (before, after) = (try side(a), try side(b))
        do {
            return try ImageDiff(from: before, to: after, ignoringTimes: ignoringTimes)
        } catch {
            throw .analysis(image: (error.side == .a ? a : b).label, error.error)
        }
    }

    /// What one layer of an image changes: the image up to it, without it and with it.
    package func diff(of layer: Int, in image: ScannedImage, ignoringTimes: Bool) throws(OperationError) -> ImageDiff {
        guard image.layers.indices.contains(layer) else { throw .noSuchLayer(layer, count: image.layers.count) }
        var below = image
        var upTo = image
        below.layers = Array(image.layers[..<layer])
        upTo.layers = Array(image.layers[...layer])
        below.name = "\(image.label) below layer \(layer)"
        upTo.name = "\(image.label) up to layer \(layer)"
        return try diff(from: below, to: upTo, ignoringTimes: ignoringTimes)
    }

    private func side(_ image: ScannedImage) throws(OperationError) -> DiffSide {
        var side = DiffSide(
            image: image.analyzed, config: image.config, configBytes: image.configBytes, layers: try identities(image),
            indexes: try layerIndexes(image),
            hasAmbiguousNames: image.hasAmbiguousNames)
        side.reader = recordReader(of: image)
        return side
    }
}
