import ImageStorage
import ImageTransfer
import LayerAnalysis
import LayerArchive
import OCISpec
import Reports
import StorageIO

extension Workspace {
    /// The merged tree of an image whose layer indexes the catalog has.
    func tree(_ image: ScannedImage) throws -> MergedTree {
        var tree = MergedTree()
        for layer in image.layers { try apply(layer, try layerIndex(layer), to: &tree, of: image) }
        return tree
    }

    /// The same, of indexes that the caller has at hand and goes on to use.
    func tree(_ image: ScannedImage, _ indexes: [LayerIndex]) throws -> MergedTree {
        var tree = MergedTree()
        for (layer, index) in zip(image.layers, indexes) { try apply(layer, index, to: &tree, of: image) }
        return tree
    }

    /// Puts a layer on top of the tree.
    func apply(_ layer: ScannedLayer, _ index: LayerIndex, to tree: inout MergedTree, of image: ScannedImage) throws {
        guard !layer.isAbsent else { return tree.applyUnknown() }
        do throws(AnalysisError) { try tree.apply(index) } catch {
            throw CommandError.analysis(image: image.label, error)
        }
    }

    /// What the image's layers tell: from the catalog where an earlier analysis left it.
    private func findings(_ image: ScannedImage) throws -> TreeFindings {
        let diffIDs = image.layers.map(\.diffID)
        let isWhole = !image.layers.contains { $0.isAbsent || $0.listing != nil }
        if isWhole, let bytes = store.catalog.findings(diffIDs) {
            // What cannot be read is found anew.
            do throws(RecordDecodeError) { return try TreeFindingsCodec.decode(bytes) } catch {}
        }
        let findings = try tree(image).findings()
        if isWhole { store.catalog.record(findings: TreeFindingsCodec.encode(findings), of: diffIDs) }
        return findings
    }

    /// The packages of an image.
    func inventory(_ image: ScannedImage) throws -> PackageInventory { try treeWithInventory(image).inventory }

    /// The tree of an image and its packages; the layers' indexes are needed for no longer than that takes.
    func treeWithInventory(_ image: ScannedImage) throws -> (tree: MergedTree, inventory: PackageInventory) {
        let indexes = try layerIndexes(image)
        let tree = try tree(image, indexes)
        return (tree, try inventory(image, tree, indexes))
    }

    /// The same, of a tree and of indexes that the caller has at hand.
    func inventory(_ image: ScannedImage, _ tree: MergedTree, _ indexes: [LayerIndex]) throws -> PackageInventory {
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
                    self.note(ErrorSentence(anyError: error)?.message ?? "\(error)")
                }
            }
            return found
        }
    }

    /// The page of an image.
    func page(_ analysis: ImageAnalysis, _ image: ScannedImage) throws -> [UInt8] {
        let (tree, inventory) = try treeWithInventory(image)
        return try HTMLPage.page(analysis, inventory, tree.storedBytes(), pageTrend(image))
    }

    func identities(_ image: ScannedImage) throws -> [LayerIdentity] {
        try zip(image.layers, image.config.layerHistory).map { layer, history in
            LayerIdentity(
                diffID: layer.diffID, digest: layer.descriptor.digest, mediaType: layer.descriptor.mediaType,
                createdBy: history?.createdBy, compressedBytes: layer.descriptor.size, tarBytes: try tarBytes(layer),
                isAbsent: layer.isAbsent)
        }
    }

    private func indexLost(_ layer: ScannedLayer) -> CommandError {
        .indexLost(layer.diffID, problem: store.catalog.problems.last?.detail)
    }

    /// Bytes of content that a layer stores; nil where that is not known.
    func contentBytes(_ layer: ScannedLayer) -> Int64? {
        layer.isAbsent ? nil : store.catalog.layerFacts(layer.diffID)?.contentBytes
    }

    private func tarBytes(_ layer: ScannedLayer) throws -> Int64? {
        if layer.isAbsent || layer.listing != nil { return nil }
        guard let facts = store.catalog.layerFacts(layer.diffID) else { throw indexLost(layer) }
        return facts.tarBytes
    }

    /// The entries of all layers, lowest first.
    func layerIndexes(_ image: ScannedImage) throws -> [LayerIndex] { try image.layers.map { try layerIndex($0) } }

    /// The entries of a layer; none for one that is not known.
    func layerIndex(_ layer: ScannedLayer) throws -> LayerIndex {
        if layer.isAbsent { return LayerIndex() }
        if let listing = layer.listing { return listing }
        guard let index = store.catalog.layerIndex(layer.diffID) else { throw indexLost(layer) }
        return index
    }

    /// The whole analysis, its user figures against the base that `findBase` finds.
    func analysis(_ image: ScannedImage, base: BaseImage?) throws -> ImageAnalysis {
        let analysis = try ImageAnalysis(
            image.analyzed, identities(image), findings(image), baseLayerCount: base?.layerCount,
            hasAmbiguousNames: image.hasAmbiguousNames)
        if let content = analysis.totals.contentBytes, let visible = analysis.totals.visibleBytes {
            store.catalog.complete(observationsOf: image.manifestDigest, contentBytes: content, visibleBytes: visible)
        }
        return analysis
    }

    /// What of an image is known.
    func knowledge(_ image: ScannedImage) throws -> ImageKnowledge {
        ImageKnowledge(try identities(image), hasAmbiguousNames: image.hasAmbiguousNames)
    }

    /// The image's base: the one asked for, the one its annotation names, or the store's longest proper prefix.
    func findBase(of image: ScannedImage, asked: String?, _ progress: ProgressDisplay) throws -> BaseImage? {
        let diffIDs = image.layers.map(\.diffID)
        if let asked {
            let base = try layerStack(asked, progress)
            let found = BaseImage.longestPrefix(of: diffIDs, among: [base])
            guard let found else { throw CommandError.notABase(asked, image: image.label) }
            return found
        }
        if let text = image.annotations["org.opencontainers.image.base.digest"],
            let base = try storedDiffIDs(of: text),
            let found = BaseImage.longestPrefix(of: diffIDs, among: [(text, base)])
        {
            return found
        }
        return BaseImage.longestPrefix(of: diffIDs, among: try storedImages())
    }

    /// The diff IDs of an image, which are all that is asked of a base: of one in a registry no layer is fetched.
    private func layerStack(_ source: String, _ progress: ProgressDisplay) throws -> (name: String, diffIDs: [Digest]) {
        if case .registry(let name) = SourceSpec(parsing: source) { return try remoteLayerStack(name) }
        let base = try image(source, progress)
        return (base.label, base.layers.map(\.diffID))
    }

    private func storedDiffIDs(of text: String) throws -> [Digest]? {
        do throws(ImageError) { return try store.image(text).layers.map(\.diffID) } catch { return nil }
    }

    /// Every image of the store with its diff IDs; what cannot be read is nobody's base.
    private func storedImages() throws -> [(name: String, diffIDs: [Digest])] {
        var images: [(name: String, diffIDs: [Digest])] = []
        for entry in try store.names() {
            do throws(ImageError) {
                let record = try store.load(entry.descriptor, platform: options.platform)
                images.append((entry.familiar ?? record.imageID.short, record.layers.map(\.diffID)))
            } catch {}
        }
        return images
    }
}

extension ScannedImage {
    /// How messages and reports call it.
    var label: String { name ?? imageID.short }

    /// The image as reports carry it.
    var analyzed: AnalyzedImage {
        AnalyzedImage(
            name: name, manifestDigest: manifestDigest, imageID: imageID, platform: platform.description,
            created: Timestamp.known(config.created, now: Clock.now) == nil ? nil : config.created)
    }
}
