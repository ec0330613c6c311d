// https://github.com/moby/moby/tree/v26.1.5/daemon/containerd

import OCISpec
import StorageIO

/// Docker's data-root where images are kept by containerd: containers, volumes and settings are below it, images below it only where
/// dockerd starts a containerd of its own.
enum DockerContainerdStore {
    /// Where a containerd that dockerd starts keeps its own.
    static let nested = "containerd/daemon"

    /// Whether Docker keeps its images so here: it has no records of layers, but containers' folder and its own state.
    static func isOne(_ store: StoreFolder) throws(EngineStoreError) -> Bool {
        guard try store.folder("containers") != nil, try store.folder("buildkit") != nil else { return false }
        return try store.names("image").isEmpty
    }

    /// The containerd below the root; nil where there is none.
    static func nestedInventory(_ store: StoreFolder, _ own: Set<String>) throws(EngineStoreError) -> EngineInventory? {
        guard let folder = try store.folder(nested), try store.folder("\(nested)/\(ContainerdStore.metadata)") != nil else {
            return nil
        }
        return try ContainerdStore.inventory(of: folder, ownContainers: own)
    }

    /// The snapshots that go with a container, called by its ID, and the one under them, which is its image's.
    ///
    /// Source: https://github.com/moby/moby/blob/v26.1.5/daemon/containerd/image_snapshot.go
    static func layers(ofContainer id: PathPart, in found: EngineInventory) -> (own: [String], below: String?) {
        let names = [id.text, "\(id.text)-init"]
        // Of any snapshotter, and of Docker's namespace alone.
        let own = found.layers.keys.filter { key in
            let parts = key.split(separator: "/", maxSplits: 2)
            return parts.count == 3 && parts[0] == EngineStore.dockerNamespace && names.contains(String(parts[2]))
        }.sorted()
        let below = own.compactMap { found.layers[$0]?.parent }.first { !own.contains($0) }
        return (own, below)
    }
}

extension EngineInventory {
    /// Takes in what another root holds that lies at `path` of this one.
    mutating func take(_ other: EngineInventory, at path: String) {
        places.graft(other.places, at: path, firstLeak: leaks.count)
        images += other.images.map { $0.moved(below: path) }
        layers.merge(other.layers) { own, _ in own }
        heldBlobs.formUnion(other.heldBlobs)
        heldLayers.formUnion(other.heldLayers)
        leaks += other.leaks.map {
            EngineLeak(path: "\(path)/\($0.path)", reason: $0.reason, changedSeconds: $0.changedSeconds)
        }
        problems += other.problems.map { EngineProblem(path: "\(path)/\($0.path)", reason: $0.reason) }
        isSettled = isSettled && other.isSettled
    }
}

extension EngineImage {
    /// The same image, its documents below another root.
    fileprivate func moved(below path: String) -> EngineImage {
        var image = self
        image.configPath = "\(path)/\(configPath)"
        return image
    }
}
