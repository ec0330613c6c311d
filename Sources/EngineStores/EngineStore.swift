import Glibc
package import StorageIO

/// The roots of engines, of whatever kind.
package enum EngineStore {
    /// What a root of that engine holds.
    ///
    /// Where its layers are kept by a driver whose folders are not known here, all of them are one thing, and `isDriverKnown` is false.
    ///
    /// What an engine has just begun to make or to remove looks like a leak for a moment, since what names it is written last. So what
    /// changed only now is looked at again, twice, and counts as temporary unless it was a leak each time.
    package static func inventory(of kind: EngineKind, at root: Directory) throws(EngineStoreError) -> EngineInventory {
        var found = try look(kind, root)
        for _ in 0..<2 where found.leaks.contains(where: { $0.changedSeconds > Int64(time(nil)) - youngSeconds }) {
            let seen = Set(found.leaks.map(\.path))
            usleep(pauseMicroseconds)
            found = try look(kind, root)
            found.keepLeaks { seen.contains($0.path) }
        }
        return found
    }

    /// What a root holds, by one look: leaks may be what the engine has just begun to make or to remove.
    package static func inventoryAtOnce(of kind: EngineKind, at root: Directory) throws(EngineStoreError) -> EngineInventory {
        try lookOnce(kind, root)
    }

    /// How an engine keeps the layers of a root: one look, since nothing is called a leak.
    package static func driver(of kind: EngineKind, at root: Directory) throws(EngineStoreError) -> String {
        try lookOnce(kind, root).driver
    }

    private static let youngSeconds: Int64 = 10
    private static let pauseMicroseconds: UInt32 = 200_000

    private static func look(_ kind: EngineKind, _ root: Directory) throws(EngineStoreError) -> EngineInventory {
        var now = timespec()
        clock_gettime(CLOCK_REALTIME_COARSE, &now)
        var found = try lookOnce(kind, root)
        found.beganAt = Int64(now.tv_sec) * 1_000_000_000 + Int64(now.tv_nsec)
        return found
    }

    private static func lookOnce(_ kind: EngineKind, _ root: Directory) throws(EngineStoreError) -> EngineInventory {
        do throws(EngineStoreError) {
            switch kind {
            case .docker: return try DockerStore.inventory(of: root)
            case .podman: return try ContainersStore.inventory(of: root)
            case .containerd: return try ContainerdStore.inventory(of: root)
            case .buildkit: return try ContainerdStore.inventory(of: root, .buildkit)
            case .registry: return try RegistryStore.inventory(of: root)
            }
        } catch .unknownDriver(_, path: _, let driver) {
            return try OtherDriver.inventory(of: kind, at: root, driver: driver)
        }
    }

    /// Where a containerd that dockerd has started keeps its own, below Docker's root.
    package static var nestedContainerd: String { DockerContainerdStore.nested }

    /// The database of containerd's below its root, which it has locked for as long as it runs.
    package static var containerdDatabase: (folder: String, name: String) {
        (ContainerdLayout.containerd.metadata, ContainerdLayout.containerd.records)
    }

    /// The namespace in which Docker keeps its images in containerd.
    package static var dockerNamespace: String { "moby" }
}

/// Roots whose layers are kept by a driver of which nothing is known but the name.
enum OtherDriver {
    /// The classes of what is known by its place, and one for all layers; no images, since who reaches what is not known.
    static func inventory(
        of kind: EngineKind, at root: Directory, driver: String
    ) throws(EngineStoreError) -> EngineInventory {
        let store = StoreFolder(root: root)
        var inventory = EngineInventory(engine: kind, driver: driver)
        inventory.isDriverKnown = false
        inventory.places.claim("", .engineOwn, below: .unexplained)
        for name in try store.names("") { inventory.places.claim(name.text, .engineOwn) }
        inventory.places.claim(driver, .imageLayers)
        inventory.places.claim("tmp", .engineOwn, below: .temporary)
        inventory.places.claim("volumes", .volumes)
        switch kind {
        case .docker:
            inventory.places.claim("image", .imageMetadata)
            inventory.places.claim("containers", .containerLayers)
            inventory.places.claim("buildkit", .buildCache, .buildDatabases)
        case .podman, .containerd, .buildkit, .registry:
            for name in ["layers", "images"] { inventory.places.claim("\(driver)-\(name)", .imageMetadata) }
            inventory.places.claim("\(driver)-containers", .containerLayers)
        }
        try inventory.takeVolumes(of: store)
        return inventory
    }
}
