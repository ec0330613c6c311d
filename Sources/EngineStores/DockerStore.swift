// https://github.com/moby/moby/tree/v26.1.5/layer, https://github.com/moby/moby/tree/v26.1.5/daemon/graphdriver/overlay2

import OCISpec
package import StorageIO

/// Docker's data-root with the graph driver overlay2, read from its files while dockerd may run.
package enum DockerStore {
    /// The inventory of the root.
    ///
    /// Nothing is locked, written or made; no short name of a layer is read, since reading one counts as a use of it. Names are read first,
    /// then layers, and then it is looked whether anything was written meanwhile: if so, all is read again, and after some tries the
    /// last look counts and says that it is not settled.
    package static func inventory(of root: Directory) throws(EngineStoreError) -> EngineInventory {
        let store = StoreFolder(root: root)
        let isContainerd = try DockerContainerdStore.isOne(store)
        if !isContainerd { try checkDriver(store) }
        return try .settled(stamp: { () throws(EngineStoreError) in try stamps(store) }) { _ throws(EngineStoreError) in
            var look = DockerLook(store, keepsImagesInContainerd: isContainerd)
            return try look.run()
        }
    }

    static func checkDriver(_ store: StoreFolder) throws(EngineStoreError) {
        if try store.folder("image/overlay2/layerdb") != nil { return }
        let drivers = try store.names("image").map(\.text)
        if let driver = drivers.first { throw .unknownDriver(.docker, path: store.root.path, driver: driver) }
        throw .notAStore(.docker, path: store.root.path, missing: "image/overlay2/layerdb")
    }

    /// The folders in which something comes or goes when images, layers or containers do.
    private static let watched = [
        "image/overlay2", "image/overlay2/imagedb/content/sha256", "image/overlay2/layerdb/sha256",
        "image/overlay2/layerdb/mounts",
        "containers", "overlay2", "overlay2/l", "volumes",
    ]

    private static func stamps(_ store: StoreFolder) throws(EngineStoreError) -> [FileStatus?] {
        var stamps: [FileStatus?] = []
        for path in watched {
            let folder = try store.folder(path)
            do throws(StorageError) { stamps.append(try folder?.status()) } catch { throw .storage(error) }
        }
        return stamps
    }
}
