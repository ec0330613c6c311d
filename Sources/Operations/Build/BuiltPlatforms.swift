import ContentStorage
import ImageBuild
import ImageStorage
import ImageTransfer
import LayerAnalysis
import OCISpec
import Reclamation

/// What becomes of the images that a build has made: one, or one for each of several platforms.
extension Workspace {
    /// Stores the images' documents, gives them their names, writes them where they are wanted.
    func finish(_ states: [StageState], _ order: BuildOrder, _ session: IngestSession) throws -> BuiltImage {
        var images: [(state: StageState, written: WrittenImage)] = []
        for state in states {
            images.append((state, try write(state.config, layers: state.layers.map(\.descriptor), session)))
        }
        let root = images.count == 1 ? images[0].written : try index(of: images, session)
        // Who wants the image elsewhere, and gives it no name here, has no use for one without.
        let isKept = order.isKept || order.destinations.isEmpty || !order.names.isEmpty
        if isKept { try publish(root, names: order.names, at: order.moment) }
        let scanned = images.map { Self.scanned($0.state, $0.written) }
        let names = order.names.map { NamedImage(name: .reference($0), descriptor: root.descriptor) }
        for destination in order.destinations {
            try destination.write(
                scanned, names: names.isEmpty ? [NamedImage(name: nil, descriptor: root.descriptor)] : names, self,
                order.writing(destination))
        }
        let waste = order.wantsWaste && scanned.count == 1 ? try self.waste(scanned[0]) : nil
        if !isKept {
            try letGo([root.descriptor.digest] + images.flatMap { [$0.written.descriptor.digest, $0.written.imageID] }, session)
        }
        var layers: [Descriptor] = []
        for layer in states.flatMap({ $0.layers.map(\.descriptor) }) where !layers.contains(where: { $0.digest == layer.digest })
        {
            layers.append(layer)
        }
        return BuiltImage(
            imageID: root.imageID, root: root.descriptor, config: images.count == 1 ? images[0].written.imageID : nil,
            layers: layers, waste: waste)
    }

    /// Stores an index of images for several platforms; its digest is what the whole is called by.
    private func index(
        of images: [(state: StageState, written: WrittenImage)], _ session: IngestSession
    ) throws -> WrittenImage {
        let manifests = images.map { image in
            var descriptor = image.written.descriptor
            descriptor.platform = image.state.config.platform
            return descriptor
        }
        let bytes = try encodeDocument(ImageIndex(manifests: manifests))
        let digest = try session.store(bytes)
        let descriptor = Descriptor(mediaType: MediaType.index, digest: digest, size: Int64(bytes.count))
        return WrittenImage(imageID: digest, descriptor: descriptor)
    }

    /// Removes an image's documents, unless something else reaches them; the layers are the build cache's.
    private func letGo(_ documents: [Digest], _ session: IngestSession) throws {
        // What a session holds does not go.
        try session.end()
        let options = ReleaseOptions(items: Set(documents.map { .blob($0) }))
        _ = try Release(store, now: Clock.now).run(options) { _ in [] }.orThrow()
    }

    /// What of the image is wasted, and which step stored most of that.
    private func waste(_ image: ScannedImage) throws -> BuiltImage.Waste? {
        let analysis = try self.analysis(image, base: nil)
        guard let wasted = analysis.totals.wastedBytes, let visible = analysis.totals.visibleBytes else { return nil }
        let hidden = analysis.layers.map { (layer: $0, bytes: $0.figures.hiddenBytes ?? 0) }
        let worst = hidden.max { $0.bytes < $1.bytes }
        return BuiltImage.Waste(
            wastedBytes: wasted, visibleBytes: visible,
            worst: worst.flatMap { layer, bytes in bytes > 0 ? (layer.identity.createdBy, bytes) : nil })
    }

    private static func scanned(_ state: StageState, _ written: WrittenImage) -> ScannedImage {
        ScannedImage(
            name: nil, manifestDigest: written.descriptor.digest, imageID: written.imageID, config: state.config,
            platform: state.config.platform, annotations: [:],
            layers: state.layers.map { ScannedLayer(diffID: $0.diffID, descriptor: $0.descriptor, isAbsent: false) })
    }
}
