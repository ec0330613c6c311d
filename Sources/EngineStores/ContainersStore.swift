// https://github.com/containers/storage/tree/v1.43.0, whose files are described in `docs/` and in the comments of `layers.go`

package import StorageIO

/// A folder of containers-storage with the driver overlay, as podman, buildah and CRI-O have it, read from its files.
package enum ContainersStore {
    /// The inventory of the root.
    ///
    /// The documents are replaced by renames, and each change writes 64 new bytes into the lock file beside them. So a look is whole
    /// where these are the same before and after it; the locks themselves are not taken. After some tries the last look counts and says
    /// that it is not settled.
    package static func inventory(of root: Directory) throws(EngineStoreError) -> EngineInventory {
        let store = StoreFolder(root: root)
        try checkDriver(store)
        return try .settled(stamp: { () throws(EngineStoreError) in try stamps(store) }) { _ throws(EngineStoreError) in
            var look = ContainersLook(store)
            return try look.run()
        }
    }

    static func checkDriver(_ store: StoreFolder) throws(EngineStoreError) {
        if try store.folder("overlay-layers") != nil { return }
        let drivers = try store.names("").map(\.text).filter { $0.hasSuffix("-layers") }
        if let driver = drivers.first { throw .unknownDriver(.podman, path: store.root.path, driver: String(driver.dropLast(7))) }
        throw .notAStore(.podman, path: store.root.path, missing: "overlay-layers")
    }

    /// What every change of the store changes.
    private struct Stamp: Equatable {
        let lock: [UInt8]?
        let folder: FileStatus
    }

    private static func stamps(_ store: StoreFolder) throws(EngineStoreError) -> [Stamp?] {
        var stamps: [Stamp?] = []
        for (path, lock) in [
            ("overlay-layers", "layers.lock"), ("overlay-images", "images.lock"), ("overlay-containers", "containers.lock"),
        ] {
            guard let folder = try store.folder(path) else {
                stamps.append(nil)
                continue
            }
            do throws(StorageError) {
                let bytes = try StoreFolder.bytes(lock, in: folder, limit: StoreFolder.wordLimit)
                stamps.append(Stamp(lock: bytes, folder: try folder.status()))
            } catch {
                throw .storage(error)
            }
        }
        return stamps
    }
}
