import Distribution
import ImageStorage
import ImageTransfer
import LayerAnalysis
import LayerArchive
import OCISpec

extension Workspace {
    /// Images in registries of which no layer is fetched: sizes by their manifests, files by the tables that layers carry.
    ///
    /// Real indexes and those of tables do not compare, so all the images are told by one kind alone: by the catalog's where it
    /// knows as many layers, else by the tables. Of a layer without either only the compressed size is known.
    func glance(_ names: [String], _ progress: OperationProgress) throws -> [ScannedImage] {
        let looks = try names.map { try RemoteLook($0, self, progress) }
        let isKnown = looks.map(\.isKnown)
        var tables: [Digest: LayerTable] = [:]
        if isKnown.contains(where: { $0.contains(false) }) {
            for look in looks {
                // A blob may be there twice, and only one of its descriptors vouch for its table.
                for layer in look.image.layers.map(\.descriptor) where tables[layer.digest]?.index == nil {
                    let found = try LayerTable.find(layer, look.parts, options.limits)
                    if found.index != nil || tables[layer.digest] == nil { tables[layer.digest] = found }
                }
                leaveOutContradictions(look.image.layers, &tables)
            }
        }
        let listedCount = looks.flatMap(\.image.layers).count { tables[$0.descriptor.digest]?.index != nil }
        let usesCatalog = isKnown.joined().count { $0 } >= listedCount
        let isAmbiguous = !usesCatalog && LossyNames.areAmbiguous(in: Self.indexes(looks, tables))
        if !usesCatalog || listedCount == 0 { warn(looks, tables) }
        return looks.map { look in
            let layers = zip(look.image.layers, look.isKnown).map { layer, isKnown in
                let index = usesCatalog ? nil : tables[layer.descriptor.digest]?.index
                return ScannedLayer(
                    diffID: layer.diffID, descriptor: layer.descriptor, isAbsent: usesCatalog ? !isKnown : index == nil,
                    listing: index)
            }
            tell(look, layers, usesCatalog: usesCatalog, namesImage: looks.count > 1)
            var image = look.image.scanned(look.reference, layers)
            image.hasAmbiguousNames = isAmbiguous
            return image
        }
    }

    /// The diff IDs of an image in a registry.
    func remoteLayerStack(_ name: String, _ progress: OperationProgress) throws -> (name: String, diffIDs: [Digest]) {
        let look = try RemoteLook(name, self, progress)
        return (look.reference.familiar, look.image.layers.map(\.diffID))
    }

    /// The tables' indexes, lowest layer first, each once.
    private static func indexes(_ looks: [RemoteLook], _ tables: [Digest: LayerTable]) -> [LayerIndex] {
        var seen: Set<Digest> = []
        return looks.flatMap(\.image.layers).compactMap { layer in
            seen.insert(layer.descriptor.digest).inserted ? tables[layer.descriptor.digest]?.index : nil
        }
    }

    /// Leaves out tables whose layers cannot be applied to those below.
    ///
    /// Only hard links can keep a layer from that.
    private func leaveOutContradictions(_ layers: [LayerRecord], _ tables: inout [Digest: LayerTable]) {
        guard layers.contains(where: { tables[$0.descriptor.digest]?.index?.kinds.contains(.hardLink) == true }) else { return }
        while let (digest, error) = contradiction(layers, tables) { tables[digest] = .unusable(.contradictory(error)) }
    }

    private func contradiction(_ layers: [LayerRecord], _ tables: [Digest: LayerTable]) -> (Digest, AnalysisError)? {
        var tree = MergedTree()
        for layer in layers {
            guard let index = tables[layer.descriptor.digest]?.index else {
                tree.applyUnknown()
                continue
            }
            do { try tree.apply(index) } catch { return (layer.descriptor.digest, error) }
        }
        return nil
    }

    // MARK: Remarks

    private func warn(_ looks: [RemoteLook], _ tables: [Digest: LayerTable]) {
        var seen: Set<Digest> = []
        for layer in looks.flatMap(\.image.layers) where seen.insert(layer.descriptor.digest).inserted {
            let digest = layer.descriptor.digest
            switch tables[digest] {
            case .unusable(let fault): tell(.unusableTable(layer: digest, fault))
            case .noParts: tell(.tableOutOfReach(layer: digest))
            case .index, .some(.none), nil: break
            }
        }
    }

    private func tell(_ look: RemoteLook, _ layers: [ScannedLayer], usesCatalog: Bool, namesImage: Bool) {
        tell(
            .readRemotely(
                Remark.RemoteKnowledge(
                    image: look.reference.familiar, isOneOfSeveral: namesImage, layerCount: layers.count,
                    knownCount: layers.count { !$0.isAbsent }, isFromCatalog: usesCatalog)))
    }
}

/// An image in a registry as far as its documents tell.
private struct RemoteLook {
    let reference: Reference
    let image: RemotePlatformImage
    let parts: RemoteParts
    /// Of each layer, whether it was read before.
    let isKnown: [Bool]

    init(_ name: String, _ workspace: Workspace, _ progress: OperationProgress) throws {
        reference = try Reference(normalizing: name).withDefaultTag
        let reading = RemoteReading(
            reference, from: try workspace.registries(progress), workspace.store,
            limits: workspace.options.limits,
            report: { _ in })
        (image, parts) = try reading.look(workspace.options.platform)
        isKnown = try reading.isKnown(image)
    }
}

extension RemotePlatformImage {
    /// The image for those who look at it.
    func scanned(_ reference: Reference, _ layers: [ScannedLayer]) -> ScannedImage {
        ScannedImage(
            name: reference.familiar, manifestDigest: descriptor.digest, imageID: manifest.config.digest, config: config,
            platform: platform, annotations: manifest.annotations ?? [:], layers: layers,
            configBytes: configBytes)
    }
}
