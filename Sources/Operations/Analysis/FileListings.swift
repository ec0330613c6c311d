package import ImageTransfer
package import LayerAnalysis
import StorageIO
import TextValues

/// The files of an image, or of one of its layers, below a path.
package struct ImageFiles: Sendable {
    /// Where the listing begins: raw bytes without a leading slash.
    package var root: [UInt8]
    /// nil where there is nothing, as in an image without layers.
    package var entries: FileListing?
    /// What of the image is known; nil for a layer.
    package var knowledge: ImageKnowledge?
}

extension Workspace {
    /// The files of `image`, or what its layer of that number stores, below `path`.
    package func files(
        of image: ScannedImage, under path: String, layer: Int?, _ options: ListingOptions
    ) throws(OperationError) -> ImageFiles {
        let knowledge = try knowledge(image)
        let root = PathWalk.cleaned(path.utf8)
        let entries: FileListing?
        if let layer {
            guard image.layers.indices.contains(layer) else { throw .noSuchLayer(layer, count: image.layers.count) }
            guard knowledge.isKnown(layer: layer) else { throw .layerNotKnown(layer, image: image.label) }
            entries = LayerListing(try layerIndex(image.layers[layer])).entries(under: root, options)
        } else if !image.layers.isEmpty, image.layers.allSatisfy(\.isAbsent) {
            throw .filesNotKnown(image: image.label)
        } else {
            entries = try tree(image).listing(under: root, options)
        }
        // The root is always there, even where nothing is in it.
        let isEmptyRoot = root.isEmpty && !image.layers.contains(where: \.isAbsent)
        guard entries != nil || isEmptyRoot else {
            throw layer == nil ? noPath(path, in: image) : .noSuchPath(path, image: image.label)
        }
        return ImageFiles(root: root, entries: entries, knowledge: layer == nil ? knowledge : nil)
    }

    /// Why nothing shows at a path: because nothing is there, or because that is not known.
    func noPath(_ path: String, in image: ScannedImage) -> OperationError {
        let unknown = image.layers.count(where: \.isAbsent)
        if unknown == 0 { return .noSuchPath(path, image: image.label) }
        return unknown == image.layers.count ? .filesNotKnown(image: image.label) : .pathNotKnown(path, image: image.label)
    }
}
