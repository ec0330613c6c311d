package import ImageTransfer
package import LayerAnalysis
package import LayerArchive

/// An image ready to be looked at from all sides.
package struct ExploredImage: Sendable {
    /// The image, its layers in the catalog or at hand.
    package let image: ScannedImage
    /// All figures but those of single paths.
    package let analysis: ImageAnalysis
    /// What of it is known.
    package let knowledge: ImageKnowledge
    /// What its layers show together, path by path.
    package let tree: BrowsedTree
    /// The same, for what is asked of layers.
    let merged: MergedTree
}

extension Workspace {
    /// Reads and analyses the image that `text` names.
    package func explored(_ text: String, _ progress: OperationProgress) throws -> ExploredImage {
        let image = try image(text, progress)
        let base = try findBase(of: image, asked: nil, progress)
        let merged = try tree(image)
        return ExploredImage(
            image: image, analysis: try analysis(image, base: base, merged), knowledge: try knowledge(image),
            tree: merged.browsed(), merged: merged)
    }

    /// What one layer of an image stores.
    package func tree(ofLayer number: Int, in explored: ExploredImage) throws(OperationError) -> BrowsedTree {
        let image = explored.image
        guard explored.knowledge.isKnown(layer: number) else { throw .layerNotKnown(number, image: image.label) }
        var below = MergedTree()
        for layer in image.layers[..<number] { try apply(layer, try layerIndex(layer), to: &below, of: image) }
        return explored.merged.browsed(layer: number, try layerIndex(image.layers[number]), over: below)
    }
}
