import ImageStorage
import ImageTransfer
import LayerAnalysis
import LayerArchive
import OCISpec
import StorageIO

extension Workspace {
    /// Analyses an image whose layer indexes the catalog has.
    func analyzer(_ image: ScannedImage) throws -> Analyzer {
        var analyzer = Analyzer()
        let history = image.config.layerHistory
        for (number, layer) in image.layers.enumerated() {
            let index = try layerIndex(layer)
            let facts = layer.isAbsent ? nil : store.catalog.layerFacts(layer.diffID)
            let identity = LayerIdentity(
                diffID: layer.diffID, digest: layer.descriptor.digest, mediaType: layer.descriptor.mediaType,
                createdBy: history[number]?.createdBy, compressedBytes: layer.descriptor.size,
                tarBytes: facts?.tarBytes ?? 0, isAbsent: layer.isAbsent)
            do throws(AnalysisError) {
                try analyzer.add(identity, index)
            } catch {
                throw CommandError.analysis(image: image.label, error)
            }
        }
        return analyzer
    }

    /// The entries of a layer; none for a foreign one that nobody holds.
    func layerIndex(_ layer: ScannedLayer) throws -> LayerIndex {
        if layer.isAbsent { return LayerIndex() }
        guard let index = store.catalog.layerIndex(layer.diffID) else { throw CommandError.indexLost(layer.diffID) }
        return index
    }

    /// The whole analysis, its user figures against the base that `findBase` finds.
    func analysis(_ image: ScannedImage, base: BaseImage?) throws -> ImageAnalysis {
        try analyzer(image).finish(image.analyzed, baseLayerCount: base?.layerCount)
    }

    /// The image's base: the one asked for, the one its annotation names, or the store's longest proper prefix.
    func findBase(of image: ScannedImage, asked: String?, _ progress: ProgressDisplay) throws -> BaseImage? {
        let diffIDs = image.layers.map(\.diffID)
        if let asked {
            let base = try self.image(asked, progress)
            let found = BaseImage.longestPrefix(of: diffIDs, among: [(base.label, base.layers.map(\.diffID))])
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
            created: Timestamp.known(config.created) == nil ? nil : config.created)
    }
}
