import ContentStorage
import ImageStorage
import ImageTransfer
import LayerAnalysis
import LayerArchive
package import OCISpec
import TextPatterns

extension Workspace {
    /// Writes an image of the store again without what nobody sees, and gives it a name; without one nothing is kept of it.
    ///
    /// A run without a name finds out the same: layers are written and compressed to nowhere, and the store stays as it is.
    package func optimize(
        _ text: String, as name: Reference?, _ request: OptimizeRequest, at moment: Timestamp, _ progress: OperationProgress
    ) throws -> OptimizedImage {
        let image = try image(text, progress)
        guard image.root != nil else { throw ImageError.noSuchImage(text) }
        guard image.layers.allSatisfy({ !$0.isAbsent }) else { throw OperationError.notOptimizable(text, .unknownLayers) }
        let session = try name.map { _ in try openSession() }
        for layer in image.layers { _ = try session?.hold(layer.descriptor.digest) }
        var indexes = try layerIndexes(image)
        let base = try base(of: image, request.kept, progress)
        let tree = try tree(image, indexes)
        let dropped = Self.dropped(tree, request.drops)
        if !dropped.isEmpty {
            indexes.append(LayerIndex(dropped.map { LayerEntry(path: $0, kind: .whiteout, mode: 0) }))
        }
        let plan: LayerRewriting
        do throws(RewriteError) {
            plan = try LayerRewriting(indexes, above: base.layerCount, isSquashed: request.isSquashed)
        } catch .analysis(let error) {
            throw OperationError.analysis(image: image.label, error)
        } catch .differs(let path) {
            throw OperationError.notOptimizable(text, .differs(path))
        }
        let rewriting = ImageRewriting(
            workspace: self, image: image, indexes: indexes, plan: plan, request: request, session: session)
        let layers = try rewriting.layers()
        var result = OptimizedImage(
            // A layer for what is dropped that is not needed was never there.
            layers: layers.prefix(image.layers.count).map(\.told)
                + layers.dropFirst(image.layers.count).map(\.told).filter { $0.change != .dropped },
            before: .init(
                wastedBytes: tree.wastedBytes, compressedBytes: image.layers.reduce(0) { $0 + $1.descriptor.size },
                layerCount: image.layers.count),
            after: .init(
                wastedBytes: plan.tree.wastedBytes, compressedBytes: layers.reduce(0) { $0 + $1.told.afterBytes },
                layerCount: layers.count { $0.descriptor != nil }),
            base: base, dropped: dropped, image: nil)
        guard let name, let session else { return result }
        let isSame = layers.allSatisfy { $0.told.change == .kept }
        let written =
            try isSame
            ? rewriting.unchanged()
            : rewriting.write(
                layers.compactMap { layer in
                    layer.descriptor.map { LayerRecord(descriptor: $0, diffID: layer.diffID) }
                }, drops: !dropped.isEmpty, session)
        try publish(written, names: [name], at: moment)
        result.image = written
        return result
    }

    private func base(
        of image: ScannedImage, _ kept: OptimizeRequest.Kept, _ progress: OperationProgress
    ) throws -> (name: String?, layerCount: Int) {
        switch kept {
        case .lowest(let count):
            guard count <= image.layers.count else {
                throw OperationError.notOptimizable(image.label, .fewerLayers(image.layers.count))
            }
            return (nil, count)
        case .base:
            let found = try findBase(of: image, asked: nil, progress)
            return (found?.name, found?.layerCount ?? 0)
        }
    }

    /// What shows and is to go: the topmost paths that a pattern fits.
    private static func dropped(_ tree: MergedTree, _ drops: [PathGlob]) -> [[UInt8]] {
        guard !drops.isEmpty else { return [] }
        var found: [[UInt8]] = []
        let paths = tree.visibleEntries().map(\.path).filter { !$0.isEmpty }.sorted { $0.lexicographicallyPrecedes($1) }
        for path in paths {
            if let last = found.last, path.starts(with: last), path.dropFirst(last.count).first == UInt8(ascii: "/") { continue }
            if drops.contains(where: { $0.matches(path) }) { found.append(path) }
        }
        return found
    }
}

extension MergedTree {
    /// Bytes that no path shows.
    fileprivate var wastedBytes: Int64 { wasted.reduce(0) { $0 + $1.bytes } }
}
