package import ImageTransfer
package import LayerAnalysis
package import LayerArchive
import PackageDatabases

/// What an image's layers show together.
extension Workspace {
    /// The merged tree of an image whose layer indexes the catalog has.
    package func tree(_ image: ScannedImage) throws(OperationError) -> MergedTree {
        var tree = MergedTree()
        for layer in image.layers { try apply(layer, try layerIndex(layer), to: &tree, of: image) }
        return tree
    }

    /// The same, of indexes that the caller has at hand and goes on to use.
    package func tree(_ image: ScannedImage, _ indexes: [LayerIndex]) throws(OperationError) -> MergedTree {
        var tree = MergedTree()
        for (layer, index) in zip(image.layers, indexes) { try apply(layer, index, to: &tree, of: image) }
        return tree
    }

    /// Puts a layer on top of the tree.
    func apply(
        _ layer: ScannedLayer, _ index: LayerIndex, to tree: inout MergedTree, of image: ScannedImage
    ) throws(OperationError) {
        guard !layer.isAbsent else { return tree.applyUnknown() }
        do { try tree.apply(index) } catch { throw .analysis(image: image.label, error) }
    }

    // MARK: Packages

    /// The packages of an image.
    package func inventory(_ image: ScannedImage) throws(OperationError) -> PackageInventory {
        try treeWithInventory(image).inventory
    }

    /// The tree of an image and its packages; the layers' indexes are needed for no longer than that takes.
    package func treeWithInventory(
        _ image: ScannedImage
    ) throws(OperationError) -> (tree: MergedTree, inventory: PackageInventory) {
        let indexes = try layerIndexes(image)
        let tree = try tree(image, indexes)
        return (tree, inventory(image, tree, indexes))
    }

    /// The same, of a tree and of indexes that the caller has at hand.
    package func inventory(_ image: ScannedImage, _ tree: MergedTree, _ indexes: [LayerIndex]) -> PackageInventory {
        tree.inventory(indexes, reader: recordReader(of: image))
    }

    /// Reads layers of an image again, for records of packages that were not kept; a layer that cannot be read is told.
    func recordReader(of image: ScannedImage) -> RecordReader {
        { wanted in
            var found: [Int: LayerDocuments] = [:]
            for (layer, entries) in wanted {
                do {
                    found[layer] = try image.rereading?.read(layer, entries)
                } catch {
                    self.tell(.unreadableRecord(error))
                }
            }
            return found
        }
    }
}
