import ImageStorage
package import ImageTransfer
package import LayerAnalysis
import OCISpec

/// What an image shows as far as its layers are known, while the others are still being read.
package struct PartialTree: Sendable {
    /// Layers that are in the tree, of all that the image has.
    package let knownCount: Int
    /// Their paths; what an unknown layer does to them is left out.
    package let tree: BrowsedTree
}

extension Workspace {
    /// The tree of those layers of an image that the catalog knows by now; nil where it knows none.
    ///
    /// Readers that record layers meanwhile are not waited for: the next call has them.
    package func partialTree(of outline: ImageOutline) throws(OperationError) -> PartialTree? {
        var tree = MergedTree()
        var knownCount = 0
        for diffID in outline.config.rootfs.diffIDs {
            guard let index = store.catalog.layerIndex(diffID) else {
                tree.applyUnknown()
                continue
            }
            do { try tree.apply(index) } catch { throw .analysis(image: outline.name ?? "", error) }
            knownCount += 1
        }
        return knownCount == 0 ? nil : PartialTree(knownCount: knownCount, tree: tree.browsed())
    }
}
