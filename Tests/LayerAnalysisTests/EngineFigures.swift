import LayerAnalysis
import LayerArchive
import OCISpec

/// The engine's word on an image, in the model's form.
enum EngineFigures {
    /// What the analyzer says of `image`.
    static func outcome(of image: [[LayerEntry]]) -> ModelOutcome {
        do throws(AnalysisError) {
            return .figures(figures(try tree(of: image)))
        } catch {
            // That it is refused is the outcome, and the model's has to be the same.
            return .error
        }
    }

    /// The analysis itself.
    static func analysis(of image: [[LayerEntry]], baseLayerCount: Int? = nil) throws -> ImageAnalysis {
        analysis(try tree(of: image).findings(), baseLayerCount: baseLayerCount)
    }

    private static func analysis(_ findings: TreeFindings, baseLayerCount: Int? = nil) -> ImageAnalysis {
        let identities = Array(repeating: identity, count: findings.layers.count)
        return ImageAnalysis(unnamed, identities, findings, baseLayerCount: baseLayerCount)
    }

    private static func tree(of image: [[LayerEntry]]) throws(AnalysisError) -> MergedTree {
        var tree = MergedTree()
        for entries in image { try tree.apply(LayerIndex(entries)) }
        return tree
    }

    static let unnamed = AnalyzedImage(name: nil, manifestDigest: nil, imageID: nil, platform: nil, created: nil)

    private static let identity = {
        guard let digest = Digest(bytes: [UInt8](repeating: 0, count: 32)) else { preconditionFailure("32 bytes") }
        return LayerIdentity(
            diffID: digest, digest: digest, mediaType: MediaType.layer, createdBy: nil, compressedBytes: 0, tarBytes: 0)
    }()

    private static func figures(_ tree: MergedTree) -> ModelFigures {
        let analysis = analysis(tree.findings())
        var figures = ModelFigures()
        figures.layers = analysis.layers.map { layer in
            // -1 is no figure, so what should be known and is not is a difference.
            ModelFigures.Layer(
                contentBytes: layer.figures.contentBytes ?? -1, hiddenBytes: layer.figures.hiddenBytes ?? -1,
                hidesBytes: layer.figures.hidesBytes ?? -1, entryCount: layer.figures.entryCount ?? -1,
                addedCount: layer.figures.addedCount ?? -1, modifiedCount: layer.figures.modifiedCount ?? -1,
                removedCount: layer.figures.removedCount ?? -1)
        }
        figures.visibleBytes = analysis.totals.visibleBytes ?? -1
        figures.wastedBytes = analysis.totals.wastedBytes ?? -1
        for case (let cause, let bytes?) in analysis.waste where bytes > 0 { figures.causes[model(cause)] = bytes }
        for path in analysis.wastedPaths {
            figures.wastedPaths[path.path] = ModelFigures.WastedPath(
                bytes: path.wastedBytes, copies: path.copies,
                causes: Dictionary(uniqueKeysWithValues: path.causes.map { (model($0.cause), $0.bytes) }),
                storingLayers: path.layers, hidingLayers: path.hiddenBy)
        }
        figures.duplicates = analysis.duplicates
            .map { ModelFigures.Duplicate(bytes: $0.bytes, copies: $0.copies, paths: $0.paths) }
            .sorted { ($0.paths.first ?? []).lexicographicallyPrecedes($1.paths.first ?? []) }
        figures.tree = items(of: tree)
        return figures
    }

    private static func items(of merged: MergedTree) -> [[UInt8]: ModelFigures.TreeItem] {
        let entries = merged.visibleEntries()
        var firstNames: [Int32: [UInt8]] = [:]
        for entry in entries {
            guard let inode = entry.inode else { continue }
            let first = firstNames[inode] ?? entry.path
            firstNames[inode] = entry.path.lexicographicallyPrecedes(first) ? entry.path : first
        }
        var tree: [[UInt8]: ModelFigures.TreeItem] = [:]
        for entry in entries where !entry.path.isEmpty {
            tree[entry.path] = ModelFigures.TreeItem(
                kind: entry.kind, size: entry.size, content: entry.content, linkTarget: entry.linkTarget,
                layer: entry.layer, firstName: entry.inode.flatMap { firstNames[$0] } ?? [])
        }
        return tree
    }

    private static func model(_ cause: WasteCause) -> ModelCause {
        switch cause {
        case .overwritten: .overwritten
        case .metadataOnly: .metadataOnly
        case .typeChange: .typeChange
        case .deleted: .deleted
        case .opaque: .opaque
        case .duplicateEntry: .duplicateEntry
        }
    }
}
