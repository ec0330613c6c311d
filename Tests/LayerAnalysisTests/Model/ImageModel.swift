import LayerArchive

/// The figures of an image, found the slow and plain way: every layer's tree is made whole, and looked through whole.
struct ImageModel {
    private var tree: [Names: ModelNode] = [:]
    private var inodes: [ModelInode] = []
    /// Paths of the tree whose things were stored by an entry, rather than made as a missing parent.
    private var everExplicit: Set<Names> = []
    private var figures = ModelFigures()

    /// What comes of an image of `layers`, the lowest first.
    static func outcome(of layers: [[LayerEntry]]) -> ModelOutcome {
        var model = ImageModel()
        for entries in layers {
            do {
                try model.add(entries)
            } catch {
                // That it is refused is the outcome, and the engine's has to be the same.
                return .error
            }
        }
        model.describeTree()
        model.findDuplicates()
        model.sumUp()
        return .figures(model.figures)
    }

    private mutating func add(_ entries: [LayerEntry]) throws(ModelLayer.LinkToNowhere) {
        var layer = ModelLayer(number: figures.layers.count, lower: tree, inodes: inodes)
        for entry in entries { layer.apply(entry) }
        let merged = try layer.merged()

        var line = ModelFigures.Layer()
        line.entryCount = entries.count
        line.contentBytes = entries.filter { $0.kind == .file }.map(\.size).reduce(0, +)
        let stored = layer.explicit.filter { layer.own[$0] != nil }
        line.addedCount = stored.filter { tree[$0] == nil }.count
        line.modifiedCount = stored.filter { tree[$0] != nil }.count
        line.removedCount = tree.keys.filter { everExplicit.contains($0) && merged[$0] == nil }.count
        figures.layers.append(line)

        findWaste(of: layer, merged: merged)
        everExplicit = Set(merged.keys.filter { isExplicit($0, after: layer) })
        tree = merged
        inodes = layer.inodes
    }

    /// Whether what stands at `path` was stored by an entry: of this layer, or of one below and it is still the same thing.
    private func isExplicit(_ path: Names, after layer: ModelLayer) -> Bool {
        if layer.own[path] == nil { return everExplicit.contains(path) }
        if layer.explicit.contains(path) { return true }
        return everExplicit.contains(path) && tree[path] == .directory && !layer.takesAway(path)
    }

    /// Finds the inodes that had a name below or were stored by `layer`, and have none any more.
    private mutating func findWaste(of layer: ModelLayer, merged: [Names: ModelNode]) {
        let namesBefore = Self.namesByInode(tree)
        let namesAfter = Self.namesByInode(merged)
        for (number, inode) in layer.inodes.enumerated() where inode.kind == .file && namesAfter[number] == nil {
            if inode.layer == layer.number {
                waste(inode, by: layer.number, cause: .duplicateEntry)
            } else if let lost = namesBefore[number] {
                let causes = lost.map { layer.cause(ofLosing: $0, of: inode) }
                waste(inode, by: layer.number, cause: causes.min() ?? .duplicateEntry)
            }
        }
    }

    private mutating func waste(_ inode: ModelInode, by hiding: Int, cause: ModelCause) {
        figures.layers[inode.layer].hiddenBytes += inode.size
        figures.layers[hiding].hidesBytes += inode.size
        figures.causes[cause, default: 0] += inode.size
        var line = figures.wastedPaths[ModelPath.bytes(inode.path)] ?? ModelFigures.WastedPath()
        line.bytes += inode.size
        line.copies += 1
        line.causes[cause, default: 0] += inode.size
        line.storingLayers = Set(line.storingLayers + [inode.layer]).sorted()
        line.hidingLayers = Set(line.hidingLayers + [hiding]).sorted()
        figures.wastedPaths[ModelPath.bytes(inode.path)] = line
    }

    private mutating func describeTree() {
        let allNames = Self.namesByInode(tree)
        for (path, node) in tree where !path.isEmpty {
            guard case .inode(let number) = node else {
                figures.tree[ModelPath.bytes(path)] = ModelFigures.TreeItem(kind: .directory)
                continue
            }
            let inode = inodes[number]
            figures.tree[ModelPath.bytes(path)] = ModelFigures.TreeItem(
                kind: inode.kind, size: inode.size, content: inode.content, linkTarget: inode.linkTarget,
                layer: inode.layer,
                firstName: allNames[number, default: []].map(ModelPath.bytes).min(by: ModelPath.isBefore) ?? [])
        }
    }

    private mutating func findDuplicates() {
        struct Content: Hashable {
            var size: Int64
            var hash: ContentHash
        }
        var groups: [Content: [[Names]]] = [:]
        for (number, paths) in Self.namesByInode(tree) where inodes[number].kind == .file && inodes[number].size >= 4096 {
            groups[Content(size: inodes[number].size, hash: inodes[number].content), default: []].append(paths)
        }
        figures.duplicates = groups.filter { $0.value.count > 1 }
            .map { content, copies in
                ModelFigures.Duplicate(
                    bytes: content.size, copies: copies.count,
                    paths: copies.joined().map(ModelPath.bytes).sorted(by: ModelPath.isBefore))
            }
            .sorted { ModelPath.isBefore($0.paths[0], $1.paths[0]) }
    }

    private mutating func sumUp() {
        let visible = Self.namesByInode(tree).keys.map { inodes[$0] }.filter { $0.kind == .file }
        figures.visibleBytes = visible.map(\.size).reduce(0, +)
        figures.wastedBytes = figures.layers.map(\.contentBytes).reduce(0, +) - figures.visibleBytes
        figures.causes = figures.causes.filter { $0.value > 0 }
        figures.wastedPaths = figures.wastedPaths.filter { $0.value.bytes > 0 }
        figures.wastedPaths = figures.wastedPaths.mapValues { line in
            var line = line
            line.causes = line.causes.filter { $0.value > 0 }
            return line
        }
    }

    private static func namesByInode(_ tree: [Names: ModelNode]) -> [Int: [Names]] {
        var result: [Int: [Names]] = [:]
        for (path, node) in tree {
            if case .inode(let number) = node { result[number, default: []].append(path) }
        }
        return result
    }
}
