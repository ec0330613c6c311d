package import ImageTransfer
package import LayerAnalysis

/// Two images ready to be looked at side by side.
package struct ExploredPair: Sendable {
    /// The image before.
    package let before: ScannedImage
    /// The image after.
    package let after: ScannedImage
    /// All that differs.
    package let diff: ImageDiff
    /// The paths that differ, as a tree.
    package let tree: BrowsedTree
}

extension Workspace {
    /// Reads and compares the images that two texts name.
    package func exploredPair(_ before: String, _ after: String, _ progress: OperationProgress) throws -> ExploredPair {
        let images = try alike([try image(before, progress), try image(after, progress)])
        let diff = try diff(from: images[0], to: images[1], ignoringTimes: false)
        return ExploredPair(before: images[0], after: images[1], diff: diff, tree: diff.paths.browsed())
    }
}
