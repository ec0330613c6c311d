package import EngineStores
import Glibc
import OCISpec
import StorageIO
import SystemPackage

/// What a path below an engine's root is there for.
package struct EngineReason: Sendable {
    /// Who needs it.
    package enum Keeper: Hashable, Sendable {
        /// An image, with all its names; the namespace is containerd's.
        case image(id: String, names: [String], namespace: String?)
        /// A container in any state.
        case container(id: String, name: String)
        /// A record of the build cache, and what was built.
        case buildRecord(id: String, description: String)
        /// The build cache, without a record of its own.
        case buildCache
        /// A volume of that name.
        case volume(String)
    }

    /// The engine, and its root.
    package let kind: EngineKind
    /// Its root, symlinks resolved.
    package let root: String
    /// Below the root; empty for the root itself.
    package let path: String
    /// What the bytes are for.
    package let diskClass: DiskClass
    /// Allocated bytes of all that goes with the path; nil where that is not one thing.
    package let diskBytes: Int64?
    /// Why nobody needs it; nil for what is no leak.
    package let leak: EngineLeak?
    /// The registry's upload that it is of, which nobody has ended; nil for anything else.
    package let upload: RegistryContents.Upload?
    /// Everybody that needs it.
    package let keepers: [Keeper]
}

extension EngineReason {
    /// Finds out about a path: below the root that is chosen, else below whichever root it is in.
    package init(
        path text: String, _ choice: EngineChoice?, _ roots: EngineRoots, _ memory: LookMemory
    ) throws(EngineError) {
        let path = try Self.resolved(text)
        let (kind, root) = try Self.root(above: path, choice, roots)
        let look = try EngineLook(EngineChoice(kind, root: root), roots, memory)
        self.init(String(path.dropFirst(look.root.utf8.count + 1)), look)
    }

    /// The path with all symlinks above its last part resolved: that one itself may be a short name, which must not be read.
    private static func resolved(_ text: String) throws(EngineError) -> String {
        let path = FilePath(text)
        let above = path.removingLastComponent().string
        guard let buffer = realpath(above.isEmpty ? (text.utf8.first == UInt8(ascii: "/") ? "/" : ".") : above, nil) else {
            throw .noSuchPath(text)
        }
        defer { free(buffer) }
        guard let last = path.lastComponent else { return String(cString: buffer) }
        var status = stat()
        let whole = FilePath(String(cString: buffer)).appending(last).string
        guard lstat(whole, &status) == 0 else { throw .noSuchPath(text) }
        return whole
    }

    private static func root(
        above path: String, _ choice: EngineChoice?, _ roots: EngineRoots
    ) throws(EngineError) -> (EngineKind, String) {
        if let choice {
            let root = try EngineLook.open(choice.kind, choice.root ?? roots.root(of: choice.kind)).path
            guard isBelow(path, root) else { throw .outsideOfRoots(path: path) }
            return (choice.kind, root)
        }
        for kind in EngineKind.allCases {
            do throws(EngineError) {
                let root = try EngineLook.open(kind, roots.root(of: kind)).path
                if isBelow(path, root) { return (kind, root) }
            } catch {
                // An engine that is not here has no path.
                continue
            }
        }
        if let found = marked(above: path) { return found }
        throw .outsideOfRoots(path: path)
    }

    private static func isBelow(_ path: String, _ root: String) -> Bool { path == root || path.hasPrefix(root + "/") }

    /// The nearest folder above the path that looks like an engine's root.
    private static func marked(above path: String) -> (EngineKind, String)? {
        var here = FilePath(path)
        while !here.isEmpty {
            for (kind, mark) in [
                (EngineKind.docker, "image/overlay2/layerdb"), (.podman, "overlay-layers"),
                (.containerd, "io.containerd.metadata.v1.bolt"), (.buildkit, "runc-overlayfs/containerdmeta.db"),
                (.registry, "docker/registry/v2"),
            ] where access(here.appending(mark).string, F_OK) == 0 {
                return (kind, here.string)
            }
            if !here.removeLastComponent() { return nil }
        }
        return nil
    }

    private init(_ path: String, _ look: EngineLook) {
        let found = look.inventory.places.claim(at: path)
        let claim = found?.claim
        kind = look.kind
        root = look.root
        self.path = path
        diskClass = found.map { $0.isOwn ? $0.claim.own : $0.claim.below } ?? .unexplained
        let owner = claim?.owner ?? .none
        diskBytes = owner == .none || owner == .buildDatabases ? nil : look.disk.bytes(of: owner)
        leak = if case .leak(let place) = owner { look.inventory.leaks[place] } else { nil }
        if case .upload(let path) = owner {
            upload = look.inventory.registry?.uploads.first { $0.path == path }
        } else {
            upload = nil
        }
        keepers = look.inventory.keepers(of: owner)
    }
}

extension EngineInventory {
    /// Everybody that needs what is somebody's.
    fileprivate func keepers(of owner: PlaceOwner) -> [EngineReason.Keeper] {
        switch owner {
        case .none, .leak: return []
        case .upload: return []
        case .registryLink: return images.filter { $0.revisionOwners.contains(owner) }.map(Self.keeper)
        case .buildDatabases: return [.buildCache]
        case .buildFolder(let name):
            let records = buildRecords.filter { $0.folders.contains { $0.text == name } }
            return records.isEmpty ? [.buildCache] : records.map(Self.keeper)
        case .volume(let name):
            return [.volume(name)] + containers.filter { $0.volumes?.contains(name) == true }.map(Self.keeper)
        case .container(let id): return containers.filter { $0.id.text == id }.map(Self.keeper)
        case .image(let hex): return images.filter { $0.id.hex == hex }.map(Self.keeper)
        case .blob(let digest):
            let found = images.filter { $0.blobs.contains(digest) }.map(Self.keeper)
            return found + (heldBlobs.contains(digest) ? [.buildCache] : [])
        case .layer(let key):
            var found = images.filter { $0.layers.contains(key) }.map(Self.keeper)
            found += containers.filter { $0.ownLayers.contains(key) || isBelow($0.layer, key) }.map(Self.keeper)
            let records = buildRecords.filter { $0.layers.contains { isBelow($0, key) } }
            found += records.map(Self.keeper)
            if records.isEmpty, layers[key]?.holders.contains(.buildCache) == true { found.append(.buildCache) }
            return found
        }
    }

    /// Whether the stack that ends with `top` has the layer.
    private func isBelow(_ top: String?, _ layer: String) -> Bool {
        var seen: Set<String> = []
        var next = top
        while let key = next, seen.insert(key).inserted {
            if key == layer { return true }
            next = layers[key]?.parent
        }
        return false
    }

    private static func keeper(_ record: EngineBuildRecord) -> EngineReason.Keeper {
        .buildRecord(id: record.id, description: record.description)
    }

    private static func keeper(_ container: EngineContainer) -> EngineReason.Keeper {
        .container(id: container.id.text, name: container.name)
    }

    private static func keeper(_ image: EngineImage) -> EngineReason.Keeper {
        .image(id: image.id.description, names: image.names, namespace: image.namespace)
    }
}
