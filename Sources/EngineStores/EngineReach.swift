package import OCISpec
import StorageIO

/// Who reaches the layers and blobs of an inventory: what goes when images go.
package struct EngineReach: Sendable {
    private let inventory: EngineInventory
    /// How many images reach a layer.
    private let layerImages: [String: Int]
    /// How many images reach a blob.
    private let blobImages: [Digest: Int]
    /// How many images have a manifest of a registry's.
    private let revisionImages: [PlaceOwner: Int]
    /// Containers by the image that they say they were made of, and those that say none, or one that may have moved, by the layer under
    /// their own.
    private let containersByImage: [EngineImage.Key: [EngineContainer]]
    private let containersByLayer: [String: [EngineContainer]]
    /// The containers in which images are mounted.
    private let mounting: [EngineContainer]
    /// The layers that containers reach.
    private let containerLayers: Set<String>
    /// The layers that the build cache reaches, and of these the ones that leases reach beside its records.
    private let cacheLayers: Set<String>
    private let heldLayers: Set<String>

    /// Finds out once who reaches what.
    package init(_ inventory: EngineInventory) {
        self.inventory = inventory
        var layers: [String: Int] = [:]
        var blobs: [Digest: Int] = [:]
        for image in inventory.images {
            for layer in Set(image.layers) { layers[layer, default: 0] += 1 }
            for blob in image.blobs { blobs[blob, default: 0] += 1 }
        }
        layerImages = layers
        var revisions: [PlaceOwner: Int] = [:]
        for image in inventory.images { for owner in image.revisionOwners { revisions[owner, default: 0] += 1 } }
        revisionImages = revisions
        blobImages = blobs
        let tops = Dictionary(inventory.images.map { ($0.key, $0.layers.last) }) { first, _ in first }
        var byImage: [EngineImage.Key: [EngineContainer]] = [:]
        var byLayer: [String: [EngineContainer]] = [:]
        for container in inventory.containers {
            let image = container.imageKey.flatMap { tops[$0] == nil ? nil : $0 }
            if let image { byImage[image, default: []].append(container) }
            for layer in container.mountedLayers { byLayer[layer, default: []].append(container) }
            guard let layer = container.layer else { continue }
            // Where the image that a name means now is not what it stands on, the name has moved.
            if let image, !inventory.containersNameImages || tops[image] == layer { continue }
            byLayer[layer, default: []].append(container)
        }
        (containersByImage, containersByLayer) = (byImage, byLayer)
        mounting = inventory.containers.filter { !$0.mountedImages.isEmpty }
        containerLayers = Self.closure(inventory.containers.flatMap(\.stands), inventory)
        heldLayers = Self.closure(inventory.heldLayers, inventory)
        cacheLayers = Self.closure(inventory.buildRecords.flatMap(\.layers), inventory).union(heldLayers)
    }

    /// The layers with all those under them.
    private static func closure(_ layers: some Sequence<String>, _ inventory: EngineInventory) -> Set<String> {
        var reached: Set<String> = []
        for layer in layers {
            var next: String? = layer
            while let key = next, reached.insert(key).inserted { next = inventory.layers[key]?.parent }
        }
        return reached
    }

    /// The layers under a container's own.
    package func layers(under container: EngineContainer) -> Set<String> {
        Self.closure(container.stands, inventory)
    }

    /// Whether a lease reaches a layer, whatever records of the build cache do.
    package func isOfLease(layer: String) -> Bool { heldLayers.contains(layer) }

    /// The layers that a record of the build cache reaches.
    package func layers(of record: EngineBuildRecord) -> Set<String> { Self.closure(record.layers, inventory) }

    /// Allocated bytes of one image.
    package struct Figures: Hashable, Sendable {
        /// Of all that it needs: its layers' folders, short names and records, its configuration and metadata.
        package fileprivate(set) var diskBytes: Int64
        /// Of what no other image reaches, whoever else does.
        package fileprivate(set) var uniqueBytes: Int64
        /// What its removal, with all its names, frees.
        package fileprivate(set) var freesBytes: Int64
        /// What its removal would free more if the build cache went first.
        package fileprivate(set) var buildCacheHoldsBytes: Int64 = 0
    }

    /// The figures of an image on the disk that was looked at.
    package func figures(of image: EngineImage, on disk: EngineDisk) -> Figures {
        let own = disk.bytes(of: .image(image.id.hex))
        var figures = Figures(diskBytes: own, uniqueBytes: own, freesBytes: own)
        func add(_ owner: PlaceOwner, isShared: Bool, isHeld: Bool, isOfCache: Bool) {
            let bytes = disk.bytes(of: owner)
            figures.diskBytes += bytes
            guard !isShared else { return }
            figures.uniqueBytes += bytes
            guard !isHeld else { return }
            if isOfCache { figures.buildCacheHoldsBytes += bytes } else { figures.freesBytes += bytes }
        }
        for layer in Set(image.layers) {
            add(
                .layer(layer), isShared: layerImages[layer] != 1, isHeld: containerLayers.contains(layer),
                isOfCache: cacheLayers.contains(layer))
        }
        for blob in image.blobs {
            add(.blob(blob), isShared: blobImages[blob] != 1, isHeld: false, isOfCache: inventory.heldBlobs.contains(blob))
        }
        for owner in image.revisionOwners {
            add(owner, isShared: revisionImages[owner] != 1, isHeld: false, isOfCache: false)
        }
        return figures
    }

    /// What goes when images go with all their names: what no other image, no container and no build record reaches.
    ///
    /// With `ignoringBuildCache`, as if the build cache had gone first.
    package func owners(
        goingWith images: some Sequence<EngineImage>, ignoringBuildCache: Bool = false
    ) -> [PlaceOwner] {
        var layers: [String: Int] = [:]
        var blobs: [Digest: Int] = [:]
        var revisions: [PlaceOwner: Int] = [:]
        var owners: [PlaceOwner] = []
        for image in images {
            owners.append(.image(image.id.hex))
            for layer in Set(image.layers) { layers[layer, default: 0] += 1 }
            for blob in image.blobs { blobs[blob, default: 0] += 1 }
            for owner in image.revisionOwners { revisions[owner, default: 0] += 1 }
        }
        for (owner, count) in revisions where count == revisionImages[owner] { owners.append(owner) }
        for (layer, count) in layers where count == layerImages[layer] && !containerLayers.contains(layer) {
            if ignoringBuildCache || !cacheLayers.contains(layer) { owners.append(.layer(layer)) }
        }
        for (blob, count) in blobs where count == blobImages[blob] {
            if ignoringBuildCache || !inventory.heldBlobs.contains(blob) { owners.append(.blob(blob)) }
        }
        return owners
    }

    /// Allocated bytes that go when images go with all their names.
    package func freedBytes(
        byRemoving images: some Sequence<EngineImage>, on disk: EngineDisk, ignoringBuildCache: Bool = false
    ) -> Int64 {
        owners(goingWith: images, ignoringBuildCache: ignoringBuildCache).reduce(0) { $0 + disk.bytes(of: $1) }
    }

    /// The containers, in whatever state, that were made of an image.
    ///
    /// Those too whose layer is the image's last one, where a container does not say what it was made of, and those in which it is mounted.
    package func containers(of image: EngineImage) -> [EngineContainer] {
        var known = containersByImage[image.key] ?? []
        if let top = image.layers.last { known += (containersByLayer[top] ?? []).filter { !known.contains($0) } }
        return known + mounting.filter { $0.mountedImages.contains { image.isMeant(by: $0) } }
    }
}

extension EngineImage {
    /// The links and tags of its manifests, in a registry.
    package var revisionOwners: [PlaceOwner] { manifests.flatMap { owners(of: $0) } }

    /// The link of one of its manifests, and the tags that mean that.
    package func owners(of manifest: EngineManifest) -> [PlaceOwner] {
        let repository = namespace ?? ""
        return [.registryLink(RegistryStore.key(repository, manifest.digest))]
            + manifest.tags.map { .registryLink(RegistryStore.key(repository, tag: $0)) }
    }
}

extension EngineContainer {
    /// What goes with it alone.
    package var owners: [PlaceOwner] { [.container(id.text)] + ownLayers.map { .layer($0) } }

    /// The layers that it stands on, and those that are mounted in it.
    fileprivate var stands: [String] { [layer].compactMap(\.self) + mountedLayers }
}
