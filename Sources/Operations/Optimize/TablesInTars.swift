import LayerAnalysis
import LayerArchive
import OCISpec

// https://github.com/containerd/stargz-snapshotter/blob/v0.16.3/docs/estargz.md
//
// eStargz has its table of contents in the tar, as a file that is the layer's and not the image's.

extension LayerIndex {
    /// The index without the table of contents that the layer has as its last file, where its descriptor speaks of one.
    func withoutTable(_ layer: Descriptor) -> LayerIndex {
        guard TableOfContents.isClaimed(.estargz, by: layer), count > 0, kinds[count - 1] == .file,
            pathBytes[pathRange(count - 1)].elementsEqual(TableOfContents.memberName.utf8)
        else { return self }
        return prefix(count - 1)
    }
}

extension LayerForm {
    /// Refuses an image that has a file of its own where a table would be; the indexes are those that made the tree, without tables.
    func checkTablesPlace(in tree: MergedTree, _ indexes: [LayerIndex], of image: String) throws(OperationError) {
        guard table == .estargz, TreeFiles(tree, indexes).file(at: Array(TableOfContents.memberName.utf8)) != nil else { return }
        throw .notOptimizable(image, .tableInTheWay)
    }
}
