import ImageStorage
package import ImageTransfer
package import LayerAnalysis
package import LayerArchive
import OCISpec

/// What the catalog knows of an image's layers.
extension Workspace {
    /// The entries of all layers, lowest first.
    package func layerIndexes(_ image: ScannedImage) throws(OperationError) -> [LayerIndex] {
        var indexes: [LayerIndex] = []
        for layer in image.layers { indexes.append(try layerIndex(layer)) }
        return indexes
    }

    /// The entries of a layer; none for one that is not known.
    package func layerIndex(_ layer: ScannedLayer) throws(OperationError) -> LayerIndex {
        if layer.isAbsent { return LayerIndex() }
        if let listing = layer.listing { return listing }
        guard let index = store.catalog.layerIndex(layer.diffID) else { throw indexLost(layer) }
        return index
    }

    /// Bytes of content that a layer stores; nil where that is not known.
    package func contentBytes(_ layer: ScannedLayer) -> Int64? {
        if layer.isAbsent { return nil }
        return layer.listing.map(\.contentBytes) ?? store.catalog.layerFacts(layer.diffID)?.contentBytes
    }

    /// Each layer, lowest first, with the instruction that made it and its bytes as stored and as a tar.
    package func identities(_ image: ScannedImage) throws(OperationError) -> [LayerIdentity] {
        var identities: [LayerIdentity] = []
        for (layer, history) in zip(image.layers, image.config.layerHistory) {
            identities.append(
                LayerIdentity(
                    diffID: layer.diffID, digest: layer.descriptor.digest, mediaType: layer.descriptor.mediaType,
                    createdBy: history?.createdBy, compressedBytes: layer.descriptor.size, tarBytes: try tarBytes(layer),
                    isAbsent: layer.isAbsent))
        }
        return identities
    }

    /// What of an image is known.
    package func knowledge(_ image: ScannedImage) throws(OperationError) -> ImageKnowledge {
        ImageKnowledge(try identities(image), hasAmbiguousNames: image.hasAmbiguousNames)
    }

    private func tarBytes(_ layer: ScannedLayer) throws(OperationError) -> Int64? {
        if layer.isAbsent || layer.listing != nil { return layer.tarBytes }
        guard let facts = store.catalog.layerFacts(layer.diffID) else { throw indexLost(layer) }
        return facts.tarBytes
    }

    private func indexLost(_ layer: ScannedLayer) -> OperationError {
        .indexLost(layer.diffID, problem: store.catalog.problems.last?.detail)
    }
}

extension ScannedImage {
    /// How messages and reports call it.
    package var label: String { name ?? imageID.short }

    /// The image as reports carry it.
    package var analyzed: AnalyzedImage {
        AnalyzedImage(
            name: name, manifestDigest: manifestDigest, imageID: imageID, platform: platform.description,
            created: Timestamp.known(config.created, now: Clock.now) == nil ? nil : config.created)
    }
}
