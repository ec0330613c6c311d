import OCISpec
import StorageIO

/// One look at Docker's data-root.
struct DockerLook {
    static let driver = "overlay2"
    static let images = "image/\(driver)"
    static let records = "\(images)/layerdb/sha256"
    static let mounts = "\(images)/layerdb/mounts"

    let store: StoreFolder
    var inventory = EngineInventory(engine: .docker, driver: driver)
    /// The short name of each folder.
    var shortNames = ShortNames()
    /// Who reaches a folder of the driver that is no layer's.
    var otherFolders: [PathPart: (holders: EngineHolders, owner: PlaceOwner)] = [:]
    /// The folders of layers that Docker has begun to remove.
    var leavingFolders: Set<PathPart> = []
    /// Chain IDs by the chain below and the diff ID.
    private var chains: [[Digest]: Digest] = [:]

    private let keepsImagesInContainerd: Bool

    init(_ store: StoreFolder, keepsImagesInContainerd: Bool) {
        self.store = store
        self.keepsImagesInContainerd = keepsImagesInContainerd
        if keepsImagesInContainerd { inventory.driver = "overlayfs" }
    }

    /// Reads names, then containers and build records, then layers and folders.
    mutating func run() throws(EngineStoreError) -> EngineInventory {
        claimKnown()
        let names = try Self.imageNames(store)
        try readImages(names)
        try readContainers()
        let build = try BuildKitRecords(store, &inventory)
        try readLayers()
        hold(build)
        try claimLayers()
        try claimFolders()
        try inventory.takeVolumes(of: store)
        try noteUses(build)
        if keepsImagesInContainerd { try takeContainerd() }
        if !inventory.isWhole { inventory.forgetLeaks() }
        return inventory
    }

    /// What lies where in every data-root.
    private mutating func claimKnown() {
        inventory.places.claim("", .engineOwn, below: .unexplained)
        for name in [
            "swarm", "plugins", "network", "trust", "runtimes", "containerd", "builder", "engine-id", "rootless", "rootfs",
        ] {
            inventory.places.claim(name, .engineOwn)
        }
        inventory.places.claim("tmp", .engineOwn, below: .temporary)
        inventory.places.claim("buildkit", .buildCache, .buildDatabases)
        inventory.places.claim("volumes", .volumes)
        inventory.places.claim("containers", .containerLayers)
        inventory.places.claim("image", .imageMetadata)
        inventory.places.claim("\(Self.images)/layerdb/tmp", .imageMetadata, below: .temporary)
        inventory.places.claim(Self.mounts, .containerLayers)
        inventory.places.claim(Self.driver, .engineOwn, below: .unexplained)
        inventory.places.claim("\(Self.driver)/backingFsBlockDev", .engineOwn)
        inventory.places.claim("\(Self.driver)/.backingFsBlockDev", .engineOwn)
        inventory.places.claim("\(Self.driver)/l", .engineOwn, below: .unexplained)
    }

    /// Takes in the containerd below the root; one elsewhere has a root of its own.
    private mutating func takeContainerd() throws(EngineStoreError) {
        let own = Set(inventory.containers.map(\.id.text))
        guard let found = try DockerContainerdStore.nestedInventory(store, own) else {
            inventory.imagesAreElsewhere = true
            return
        }
        for place in inventory.containers.indices {
            let (own, below) = DockerContainerdStore.layers(ofContainer: inventory.containers[place].id, in: found)
            (inventory.containers[place].ownLayers, inventory.containers[place].layer) = (own, below)
        }
        inventory.take(found, at: DockerContainerdStore.nested)
    }

    // MARK: Images

    static func imageNames(_ store: StoreFolder) throws(EngineStoreError) -> [Digest: [String]] {
        guard let folder = try store.folder(Self.images) else { return [:] }
        let path = "\(Self.images)/repositories.json"
        let found = try StoreFolder.document(DockerNames.self, "repositories.json", in: folder, path: path)
        var names: [Digest: [String]] = [:]
        for (_, references) in found?.Repositories ?? [:] {
            for (name, id) in references {
                guard let id = digest(id) else { continue }
                names[id, default: []].append(name.text)
            }
        }
        return names
    }

    private mutating func readImages(_ names: [Digest: [String]]) throws(EngineStoreError) {
        let path = "\(Self.images)/imagedb/content/sha256"
        guard let folder = try store.folder(path) else { return }
        let parents = try Self.parents(in: store)
        let listed = try store.names(path).compactMap { name in hexDigest(name.text).map { (name: name, id: $0) } }
        let documents = listed.mapTogether { item -> Result<DockerImageDocument?, EngineStoreError> in
            do throws(EngineStoreError) {
                let place = "\(path)/\(item.name)"
                return .success(try StoreFolder.document(DockerImageDocument.self, item.name.text, in: folder, path: place))
            } catch {
                return .failure(error)
            }
        }
        for ((name, id), document) in zip(listed, documents) {
            let place = "\(path)/\(name)"
            do throws(EngineStoreError) {
                guard let found = try document.get() else { continue }
                let diffs = (found.rootfs?.diff_ids ?? []).map { digest($0) }
                guard !diffs.contains(nil) else {
                    inventory.note(place, .badValue("rootfs.diff_ids"))
                    continue
                }
                var image = EngineImage(
                    id: id, names: (names[id] ?? []).sorted(), layers: chainIDs(diffs.compactMap(\.self)).map(\.hex),
                    configPath: place, created: found.created.flatMap(Timestamp.init(parsing:)),
                    labels: found.config?.Labels ?? [:])
                image.parent = parents[id]
                inventory.images.append(image)
                inventory.places.claim(place, .imageMetadata, .image(id.hex))
                inventory.places.claim("\(Self.images)/imagedb/metadata/sha256/\(name)", .imageMetadata, .image(id.hex))
            } catch {
                inventory.note(place, failure: error)
            }
        }
    }

    /// What images were built on, as the classic builder notes it.
    static func parents(in store: StoreFolder) throws(EngineStoreError) -> [Digest: Digest] {
        let path = "\(images)/imagedb/metadata/sha256"
        guard let folder = try store.folder(path) else { return [:] }
        var parents: [Digest: Digest] = [:]
        for name in try store.names(path) {
            guard let id = hexDigest(name.text) else { continue }
            parents[id] = digest(try Self.word("parent", StoreFolder.folder(name.text, in: folder)))
        }
        return parents
    }

    /// What names a stack of layers: the digest of the chain below and the next diff ID; of the base its own diff ID.
    ///
    /// Source: the image-spec, config.md, "Layer ChainID".
    static func chainID(_ below: Digest?, _ diff: Digest) -> Digest {
        below.map { Digest(hashing: Array("\($0) \(diff)".utf8)) } ?? diff
    }

    /// The names of a stack and of all below it, each computed once.
    private mutating func chainIDs(_ diffs: [Digest]) -> [Digest] {
        var ids: [Digest] = []
        for diff in diffs {
            guard let below = ids.last else {
                ids.append(diff)
                continue
            }
            let key = [below, diff]
            let id = chains[key] ?? Self.chainID(below, diff)
            chains[key] = id
            ids.append(id)
        }
        return ids
    }

    // MARK: Containers

    private mutating func readContainers() throws(EngineStoreError) {
        for name in try store.names("containers") {
            guard let folder = try store.folder("containers/\(name)") else { continue }
            let path = "containers/\(name)/config.v2.json"
            do throws(EngineStoreError) {
                let mount = try store.folder("\(Self.mounts)/\(name)")
                guard let found = try StoreFolder.document(DockerContainerDocument.self, "config.v2.json", in: folder, path: path)
                else { continue }
                let parent = try word("parent", mount)
                let isGoing = [found.State?.Dead, found.State?.RemovalInProgress].contains(true)
                // Its own layer is some folder of the driver then, and nobody knows which.
                if mount == nil, !isGoing, !keepsImagesInContainerd {
                    inventory.note("containers/\(name)", .missing("\(Self.mounts)/\(name)"))
                }
                inventory.containers.append(
                    EngineContainer(
                        id: name,
                        name: (found.Name ?? "").first == "/" ? String((found.Name ?? "").dropFirst()) : found.Name ?? "",
                        namespace: keepsImagesInContainerd ? EngineStore.dockerNamespace : nil,
                        image: digest(found.Image), layer: digest(parent)?.hex, ownLayers: [],
                        isRunning: [found.State?.Running, found.State?.Paused, found.State?.Restarting].contains(true),
                        volumes: Set((found.MountPoints ?? [:]).values.compactMap(\.Name)),
                        lastUseSeconds: [found.State?.StartedAt, found.State?.FinishedAt].compactMap { Timestamp.seconds($0) }
                            .max(), created: Timestamp.seconds(found.Created).map { Timestamp(seconds: $0) },
                        labels: found.Config?.Labels ?? [:]))
                try claimFolders(ofMount: name.text, mount, of: name)
                if parent != nil, digest(parent) == nil { inventory.note("\(Self.mounts)/\(name)/parent", .badValue("parent")) }
            } catch {
                inventory.note(path, failure: error)
            }
            try claimContainer(name)
        }
        let places = Dictionary(inventory.containers.enumerated().map { ($1.id, $0) }) { first, _ in first }
        let known = Set(places.keys)
        for name in try store.names(Self.mounts) {
            let path = "\(Self.mounts)/\(name)"
            if known.contains(name) {
                inventory.places.claim(path, .containerLayers, .container(name.text))
            } else if let mount = try store.folder(path), hexDigest(name.text) == nil {
                // Not a container's own: nothing that is not understood is called a leak.
                let owner = Self.container(ofMount: name.text, among: known)
                inventory.places.claim(path, .containerLayers, .container((owner ?? name).text))
                try claimFolders(ofMount: name.text, mount, of: owner ?? name)
                if let place = owner.flatMap({ places[$0] }), let layer = digest(try word("parent", mount))?.hex {
                    inventory.containers[place].mountedLayers.append(layer)
                }
            } else if let mount = try store.folder(path), let changed = try changed(mount) {
                inventory.leak(path, .mountOfNobody, changed: changed)
            }
        }
    }

    /// The container whose mount this is beside its own, such as that of an image: its name begins with the container's ID, as it is or in
    /// hexadecimal digits.
    private static func container(ofMount name: String, among known: Set<PathPart>) -> PathPart? {
        let decoded = stride(from: 0, to: name.utf8.count - 1, by: 2).compactMap { place -> UInt8? in
            let start = name.utf8.index(name.utf8.startIndex, offsetBy: place)
            return UInt8(name[start..<name.utf8.index(start, offsetBy: 2)], radix: 16)
        }
        return [name.utf8.prefix(64).map(\.self), Array(decoded.prefix(64))].lazy.compactMap {
            PathPart(String(decoding: $0, as: UTF8.self))
        }.first { known.contains($0) }
    }

    /// Gives the folders that a mount's record names to its container.
    private mutating func claimFolders(ofMount name: String, _ mount: Directory?, of container: PathPart) throws(EngineStoreError)
    {
        for file in ["mount-id", "init-id"] {
            guard let text = try word(file, mount) else { continue }
            guard let part = PathPart(text) else {
                inventory.note("\(Self.mounts)/\(name)/\(file)", .badValue(file))
                continue
            }
            otherFolders[part] = (.container, .container(container.text))
        }
    }

    private mutating func claimContainer(_ name: PathPart) throws(EngineStoreError) {
        let path = "containers/\(name)"
        inventory.places.claim(path, .containerLayers, .container(name.text))
        for file in try store.names(path) where file.text.hasPrefix("\(name)-json.log") || file.text == "local-logs" {
            inventory.places.claim("\(path)/\(file)", .containerLogs, .container(name.text))
        }
    }

    func word(_ name: String, _ folder: Directory?) throws(EngineStoreError) -> String? { try Self.word(name, folder) }

    private static func word(_ name: String, _ folder: Directory?) throws(EngineStoreError) -> String? {
        guard let folder else { return nil }
        do throws(StorageError) { return try StoreFolder.word(name, in: folder) } catch { throw .storage(error) }
    }

    /// When a folder changed last; nil for one that is gone.
    func changed(_ folder: Directory) throws(EngineStoreError) -> Int64? {
        do throws(StorageError) { return try folder.status().lastChangeSeconds } catch {
            if error.isAbsent { return nil }
            throw .storage(error)
        }
    }
}

extension EngineInventory {
    /// Takes back what was called a leak: what was not read may name it, so that nothing explains it is all that can be said.
    mutating func forgetLeaks() {
        for leak in leaks { places.claim(leak.path, .unexplained) }
        leaks = []
    }

    /// Marks a layer and all under it as reached.
    mutating func hold(_ layer: String?, by holder: EngineHolders) {
        var next = layer
        while let key = next, let known = layers[key], !known.holders.contains(holder) {
            layers[key]?.holders.insert(holder)
            next = known.parent
        }
    }
}
