package import EngineStores
package import ImageTransfer
package import LayerAnalysis
import LayerArchive
import OCISpec

/// The waste of every image of an engine, and what the images share.
package struct EngineWaste: Sendable {
    /// One image.
    package struct Image: Sendable {
        /// As the engine lists it.
        package let listed: EngineListedImage
        /// Its figures; the lists of paths are empty.
        package let analysis: ImageAnalysis
    }

    /// Whose images they are.
    package let engine: EngineKind
    /// Where they lie.
    package let root: String
    /// The driver of its layers.
    package var driver: String {
        switch engine {
        case .docker: "overlay2"
        case .podman: "overlay"
        case .containerd, .buildkit: "overlayfs"
        case .registry: "filesystem"
        }
    }
    /// The most wasteful first; those of which it is not known last.
    package let images: [Image]
    /// Over all images.
    package let sharing: LayerSharing
    /// Images or layers that cannot be read, and why.
    package let problems: [(title: String, error: any Error)]
}

extension Workspace {
    /// The waste of every image of an engine: each layer is read once, several at a time.
    ///
    /// Docker's and podman's layers are told by their tar-splits. Those of containerd are read, unless the catalog knows them.
    package func waste(of choice: EngineChoice, _ progress: OperationProgress) throws -> EngineWaste {
        let root = try choice.root ?? engineRoots().root(of: choice.kind)
        let bases = try storedImages()
        let stacks: LayerStacks
        let named: [(listed: EngineListedImage, image: AnalyzedImage)]
        let unreadable: [(title: String, error: any Error)]
        switch choice.kind {
        case .docker, .podman: (stacks, named, unreadable) = try splitStacks(choice.kind, root)
        case .containerd: (stacks, named, unreadable) = try blobStacks(root, progress)
        case .buildkit, .registry: throw EngineError.noImages(choice.kind)
        }
        let (results, failures) = try stacks.results(workers: options.workerCount)
        let images = zip(named, results).map { named, result in
            let base = BaseImage.longestPrefix(of: result.layers.map(\.diffID), among: bases)
            return EngineWaste.Image(
                listed: named.listed,
                analysis: ImageAnalysis(named.image, result.layers, result.findings, baseLayerCount: base?.layerCount))
        }
        return EngineWaste(
            engine: choice.kind, root: root, images: images.sorted(by: EngineWaste.isBefore),
            sharing: LayerSharing(of: images.map(\.analysis)),
            problems: unreadable + failures.map { ("layer \($0.short)", $1) })
    }

    private typealias Named = (listed: EngineListedImage, image: AnalyzedImage)

    /// The images of a root with tar-splits.
    private func splitStacks(
        _ engine: EngineKind, _ root: String
    ) throws -> (LayerStacks, [Named], [(title: String, error: any Error)]) {
        let store: EngineRoot
        do throws(EngineSourceFault) { store = try EngineRoot(engine, at: root, limits: options.limits) } catch {
            throw EngineRootError(engine: engine, root: root, fault: error)
        }
        let unreadable = store.unreadable.map { title, fault in
            (title, EngineRootError(engine: engine, root: root, fault: fault) as any Error)
        }
        let named = store.images.map { image -> Named in
            (
                image.listed,
                AnalyzedImage(
                    name: image.name, manifestDigest: nil, imageID: image.listed.id, platform: image.config.platform.description,
                    created: image.config.created)
            )
        }
        let layers = store.images.map { image in
            zip(image.config.rootfs.diffIDs, image.config.layerHistory).map { diffID, history in
                LayerIdentity(
                    diffID: diffID, digest: diffID, mediaType: MediaType.layer, createdBy: history?.createdBy,
                    compressedBytes: 0, tarBytes: nil)
            }
        }
        let stacks = LayerStacks(layers) { diffID in
            let index = try store.index(diffID)
            return LayerStacks.Layer(index: index.entries, tarBytes: index.tarBytes, storedBytes: index.tarBytes)
        }
        return (stacks, named, unreadable)
    }

    /// The images of containerd, their layers in the catalog by now.
    private func blobStacks(
        _ root: String, _ progress: OperationProgress
    ) throws -> (LayerStacks, [Named], [(title: String, error: any Error)]) {
        let store: ContainerdRoot
        do throws(EngineSourceFault) { store = try ContainerdRoot(at: root) } catch {
            throw EngineRootError(engine: .containerd, root: root, fault: error)
        }
        var unreadable = store.unreadable.map { title, fault in
            (title: title, error: EngineRootError(engine: .containerd, root: root, fault: fault) as any Error)
        }
        var scanned: [Digest: ScannedLayer] = [:]
        var named: [Named] = []
        var layers: [[LayerIdentity]] = []
        for (listed, source) in store.images {
            do {
                guard let image = try bring(source, isImporting: false, progress).first else { continue }
                for layer in image.layers { scanned[layer.diffID] = layer }
                named.append((listed, image.analyzed))
                layers.append(try identities(image))
            } catch let error as TransferError {
                unreadable.append((listed.title, error))
            }
        }
        let known = scanned
        let stacks = LayerStacks(layers) { diffID in
            guard let layer = known[diffID] else { return nil }
            return LayerStacks.Layer(index: try self.layerIndex(layer), tarBytes: nil, storedBytes: nil)
        }
        return (stacks, named, unreadable)
    }
}

extension EngineWaste {
    fileprivate static func isBefore(_ left: Image, _ right: Image) -> Bool {
        func order(_ image: Image) -> (Int64, Int64, String, String) {
            let totals = image.analysis.totals
            return (-(totals.wastedBytes ?? -1), -(totals.contentBytes ?? -1), image.listed.title, image.listed.id.hex)
        }
        return order(left) < order(right)
    }
}

/// Why an engine's root, or an image in it, cannot be read.
package struct EngineRootError: Error {
    /// Whose root.
    package let engine: EngineKind
    /// Where it is, or should be.
    package let root: String
    /// What is wrong.
    package let fault: EngineSourceFault
}
