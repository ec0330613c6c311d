package import ImageTransfer
package import LayerAnalysis

/// What differs between trees.
extension Workspace {
    /// What differs between two images.
    ///
    /// Where one of them is told in place by an engine's checksums and the other is not, the layers of the first are read, so that contents are
    /// compared by the same means.
    package func diff(from a: ScannedImage, to b: ScannedImage, ignoringTimes: Bool) throws -> ImageDiff {
        let images = try alike([a, b])
        let (before, after) = (try side(images[0]), try side(images[1]))
        do {
            return try ImageDiff(from: before, to: after, ignoringTimes: ignoringTimes)
        } catch {
            throw OperationError.analysis(image: (error.side == .a ? a : b).label, error.error)
        }
    }

    /// The same images, their contents all known by the same means.
    package func alike(_ images: [ScannedImage]) throws -> [ScannedImage] {
        let hasOthers = images.contains { image in image.layers.contains { !$0.isAbsent && !$0.hasChecksums } }
        guard hasOthers else { return images }
        return try images.map { image in
            guard image.layers.contains(where: \.hasChecksums), let read = image.readWhole else { return image }
            return try read()
        }
    }

    /// What one layer of an image changes: the image up to it, without it and with it.
    package func diff(of layer: Int, in image: ScannedImage, ignoringTimes: Bool) throws -> ImageDiff {
        guard image.layers.indices.contains(layer) else { throw OperationError.noSuchLayer(layer, count: image.layers.count) }
        return try diff(of: layer...layer, in: image, ignoringTimes: ignoringTimes)
    }

    /// What several layers of an image change together, as one layer in their place would.
    package func diff(of layers: ClosedRange<Int>, in image: ScannedImage, ignoringTimes: Bool) throws -> ImageDiff {
        var below = image
        var upTo = image
        below.layers = Array(image.layers[..<layers.lowerBound])
        upTo.layers = Array(image.layers[...layers.upperBound])
        let title = layers.count == 1 ? "layer \(layers.lowerBound)" : "layers \(layers.lowerBound) to \(layers.upperBound)"
        below.name = "\(image.label) below \(title)"
        upTo.name = "\(image.label) up to \(title)"
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
