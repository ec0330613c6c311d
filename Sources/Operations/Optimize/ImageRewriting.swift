import ContentStorage
import ImageStorage
import ImageTransfer
import LayerAnalysis
import LayerArchive
import OCISpec
import TextPatterns

/// One platform's image that is written again.
struct ImageRewriting {
    private let workspace: Workspace
    private let record: ImageRecord
    private let image: ScannedImage
    private let request: OptimizeRequest
    private let work: LayerWork
    /// Of the layers, and of what is dropped; without the tables of contents that layers have in them.
    private let indexes: [LayerIndex]
    /// What the layers make, tables and all.
    private let tree: MergedTree
    private let dropped: [[UInt8]]
    private let base: (name: String?, layerCount: Int)
    private let plan: LayerRewriting
    private var digests: [Digest] { image.layers.map(\.descriptor.digest) }

    /// Plans to write an image again; nothing is read but what is known of its layers.
    init(
        _ workspace: Workspace, _ record: ImageRecord, _ image: ScannedImage, _ request: OptimizeRequest, _ stacks: StoredStacks,
        _ work: LayerWork, _ progress: OperationProgress
    ) throws {
        self.workspace = workspace
        self.record = record
        self.image = image
        self.request = request
        self.work = work
        let label = image.label
        guard image.layers.allSatisfy({ !$0.isAbsent }) else { throw OperationError.notOptimizable(label, .unknownLayers) }
        let whole = try workspace.layerIndexes(image)
        var indexes = zip(whole, image.layers).map { index, layer in index.withoutTable(layer.descriptor) }
        tree = try workspace.tree(image, whole)
        base = try Self.base(of: image, record, request.kept, stacks, workspace, progress)
        let seen = try workspace.tree(image, indexes)
        try request.form.checkTablesPlace(in: seen, indexes, of: label)
        dropped = Self.dropped(seen, request.drops)
        if !dropped.isEmpty {
            indexes.append(LayerIndex(dropped.map { LayerEntry(path: $0, kind: .whiteout, mode: 0) }))
        }
        do throws(RewriteError) {
            plan = try LayerRewriting(indexes, above: base.layerCount, isSquashed: request.isSquashed)
        } catch .analysis(let error) {
            throw OperationError.analysis(image: label, error)
        } catch .differs(let path) {
            throw OperationError.notOptimizable(label, .differs(path))
        }
        self.indexes = indexes
    }

    /// Makes the layers and the documents, and says what came of it.
    func run(_ stacks: StoredStacks) throws -> OptimizedImage {
        let layers = try self.layers()
        let made = layers.compactMap(\.made)
        let isUnchanged =
            zip(made, image.layers).allSatisfy { $0.descriptor == $1.descriptor } && made.count == image.layers.count
        let old = OptimizedImage.Blobs(
            layers: image.layers.map(\.descriptor), documents: [record.manifest.config, record.descriptor])
        let (written, new) = isUnchanged ? (unchanged, old) : try write(made)
        return OptimizedImage(
            platform: record.platform,
            // A layer for what is dropped that is not needed was never there.
            layers: layers.enumerated().filter { $0 < image.layers.count || $1.made != nil }.map(\.element.told),
            before: .init(wastedBytes: tree.wastedBytes, layers: old.layers, documents: old.documents),
            after: .init(
                wastedBytes: try wastedBytes(made), layers: new.layers, documents: new.documents),
            base: base, dropped: dropped,
            sharing: stacks.sharing(of: record.manifestDigest, before: old.layers, after: new.layers), image: written,
            isUnchanged: isUnchanged, blobsBefore: old, blobsAfter: new)
    }

    /// The image itself, of which everything stays.
    private var unchanged: WrittenImage {
        var manifest = record.descriptor
        manifest.annotations = nil
        manifest.platform = nil
        return WrittenImage(imageID: image.imageID, descriptor: manifest)
    }

    /// Bytes that no path shows afterwards; a table of contents in a tar is hidden by that of the layer above.
    private func wastedBytes(_ made: [LayerWork.Made]) throws -> Int64 {
        guard made.contains(where: { TableOfContents.isClaimed(.estargz, by: $0.descriptor) }) else {
            return plan.tree.wastedBytes
        }
        var tree = MergedTree()
        for layer in made {
            do throws(AnalysisError) { try tree.apply(layer.index) } catch {
                throw OperationError.analysis(image: image.label, error)
            }
        }
        return tree.wastedBytes
    }

    /// The image of these layers: its configuration as it was but for layers, history and late times, and its annotations.
    private func write(_ layers: [LayerWork.Made]) throws -> (WrittenImage, OptimizedImage.Blobs) {
        let config = try RewrittenConfig(
            image.configBytes ?? [], plan, squashed: request.isSquashed, drops: !dropped.isEmpty,
            latestSeconds: request.form.latestSeconds
        ).bytes(diffIDs: layers.map(\.diffID))
        let descriptors = layers.map(\.descriptor.layerInLayout)
        let documents = try ImageDocuments(
            config: config, layers: descriptors, annotations: image.annotations.isEmpty ? nil : image.annotations)
        if let session = work.session { try documents.store(session) }
        return (documents.image, .init(layers: descriptors, documents: documents.descriptors))
    }

    // MARK: Layers

    /// What became of a layer.
    private struct Layer {
        var told: OptimizedImage.Layer
        /// Nil for one that goes.
        var made: LayerWork.Made?
    }

    private func layers() throws -> [Layer] {
        let waste = tree.wasteByLayer(image.layers.count)
        let history = image.config.layerHistory
        return try plan.layers.enumerated().map { number, change in
            let group = self.group(number, change)
            let made = try make(number, change)
            let before = group.reduce(0) { $0 + image.layers[$1].descriptor.size }
            return Layer(
                told: .init(
                    change: told(change, number, made), createdBy: group.count == 1 ? history[group.lowerBound]?.createdBy : nil,
                    beforeBytes: before, afterBytes: made?.descriptor.size ?? 0, entryCount: made?.index.count ?? 0,
                    waste: MergedTree.together(group.map { waste[$0] })), made: made)
        }
    }

    /// Which layers of the image become the one of that number: none for the one that takes away what is dropped.
    private func group(_ number: Int, _ change: RewrittenLayer) -> Range<Int> {
        let count = image.layers.count
        if request.isSquashed, number == plan.layers.count - 1, change != .kept { return min(number, count)..<count }
        return number < count ? number..<number + 1 : count..<count
    }

    private func make(_ number: Int, _ change: RewrittenLayer) throws -> LayerWork.Made? {
        let old = number < image.layers.count ? image.layers[number] : nil
        let mediaType = (old ?? image.layers.last)?.descriptor.mediaType ?? ""
        switch change {
        case .dropped: return nil
        case .written(let entries): return try work.write(entries, indexes, digests, like: mediaType)
        case .kept:
            guard let old else {
                // The layer that takes away what is dropped is none of the image's, and has to be written.
                return try work.write(RewrittenEntry.all(of: indexes[number], layer: number), indexes, digests, like: mediaType)
            }
            if number < base.layerCount, !request.repacksKept {
                return LayerWork.Made(descriptor: old.descriptor, diffID: old.diffID, index: indexes[number])
            }
            return try work.refresh(old, number, indexes, digests)
        }
    }

    private func told(_ change: RewrittenLayer, _ number: Int, _ made: LayerWork.Made?) -> OptimizedImage.Change {
        guard let made else { return .dropped }
        guard change == .kept, number < image.layers.count else { return .written }
        let old = image.layers[number]
        if made.descriptor.digest == old.descriptor.digest { return .kept }
        return made.diffID == old.diffID ? .recompressed : .written
    }

    // MARK: What stays, and what goes

    private static func base(
        of image: ScannedImage, _ record: ImageRecord, _ kept: OptimizeRequest.Kept, _ stacks: StoredStacks,
        _ workspace: Workspace,
        _ progress: OperationProgress
    ) throws -> (name: String?, layerCount: Int) {
        switch kept {
        case .lowest(let count):
            guard count <= image.layers.count else {
                throw OperationError.notOptimizable(image.label, .fewerLayers(image.layers.count))
            }
            return (nil, count)
        case .base, .shared:
            let found = try workspace.findBase(of: image, asked: nil, among: stacks.bases, progress)
            let count = found?.layerCount ?? 0
            let shared = kept == .shared ? stacks.sharedCount(record.layers, of: record.manifestDigest) : 0
            return shared > count ? (nil, shared) : (found?.name, count)
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

    /// Bytes that each of so many layers stores and no path shows, by cause.
    fileprivate func wasteByLayer(_ count: Int) -> [[CauseBytes]] {
        var found = Array(repeating: [CauseBytes](), count: count)
        for inode in wasted where inode.storedBy < count {
            found[inode.storedBy].append(CauseBytes(cause: inode.cause, bytes: inode.bytes))
        }
        return found
    }

    /// The same causes as one, those without bytes left out.
    fileprivate static func together(_ parts: [[CauseBytes]]) -> [CauseBytes] {
        var sums = Array(repeating: Int64(0), count: WasteCause.allCases.count)
        for part in parts.joined() { sums[Int(part.cause.rawValue)] += part.bytes }
        return WasteCause.allCases.compactMap { cause in
            sums[Int(cause.rawValue)] == 0 ? nil : CauseBytes(cause: cause, bytes: sums[Int(cause.rawValue)])
        }
    }
}
