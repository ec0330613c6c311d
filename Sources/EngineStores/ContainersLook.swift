import OCISpec
import StorageIO

/// One look at a folder of containers-storage.
struct ContainersLook {
    static let driver = "overlay"

    let store: StoreFolder
    private var inventory = EngineInventory(engine: .podman, driver: driver)
    private var shortNames = ShortNames()

    init(_ store: StoreFolder) { self.store = store }

    /// Reads images, then containers, then layers, so that what a later document lacks has gone, and nothing seems to be held by nobody
    /// that is new.
    mutating func run() throws(EngineStoreError) -> EngineInventory {
        claimKnown()
        let images = try records(ImageRecord.self, ["images.json"], in: "overlay-images")
        let containers = try records(
            ContainerRecord.self, ["containers.json", "volatile-containers.json"], in: "overlay-containers")
        try readLayers()
        try readImages(images)
        try readContainers(containers)
        try claimLayers()
        try claimFolders()
        try claimOthers(Set(images.map(\.id)), in: "overlay-images", .imageOfNobody)
        try claimOthers(Set(containers.map(\.id)), in: "overlay-containers", .containerOfNobody)
        try inventory.takeVolumes(of: store)
        var uses = UseTimes()
        for container in inventory.containers { uses.add(container) }
        let short = try store.folder("overlay/l")
        try uses.apply(to: &inventory, short) { layer in layer.folder.flatMap { shortNames[$0] } }
        if !inventory.isWhole { inventory.forgetLeaks() }
        return inventory
    }

    private mutating func claimKnown() {
        inventory.places.claim("", .engineOwn, below: .unexplained)
        let own = [
            "libpod", "mounts", "networks", "secrets", "cache", "storage.lock", "userns.lock", "defaultNetworkBackend", "db.sql",
            "db.sql-journal", "db.sql-wal", "db.sql-shm", "artifacts", "networks.lock",
        ]
        for name in own { inventory.places.claim(name, .engineOwn) }
        inventory.places.claim("tmp", .engineOwn, below: .temporary)
        inventory.places.claim("volumes", .volumes)
        inventory.places.claim("overlay-layers", .imageMetadata)
        inventory.places.claim("overlay-images", .imageMetadata)
        inventory.places.claim("overlay-containers", .containerLayers)
        inventory.places.claim("overlay", .engineOwn, below: .unexplained)
        inventory.places.claim("overlay/l", .engineOwn, below: .unexplained)
        for name in ["staging", "tempdirs"] { inventory.places.claim("overlay/\(name)", .engineOwn, below: .temporary) }
        for name in [".has-mount-program", "backingFsBlockDev", "metacopy-support", "redirect-support"] {
            inventory.places.claim("overlay/\(name)", .engineOwn)
        }
    }

    /// The records of documents in a folder; of a document that is none, none, and that is noted.
    private mutating func records<T: Decodable>(
        _ type: T.Type, _ names: [String], in path: String
    ) throws(EngineStoreError) -> [T] {
        guard let folder = try store.folder(path) else { return [] }
        var found: [T] = []
        for name in names {
            let place = "\(path)/\(name)"
            do throws(EngineStoreError) {
                found += try StoreFolder.document([T].self, name, in: folder, path: place) ?? []
            } catch {
                inventory.note(place, failure: error)
            }
        }
        return found
    }

    // MARK: Records

    private mutating func readLayers() throws(EngineStoreError) {
        let found = try records(LayerRecord.self, ["layers.json", "volatile-layers.json"], in: "overlay-layers")
        let files = Set(try store.names("overlay-layers").map(\.text))
        for record in found {
            guard let folder = PathPart(record.id), (record.diffSize ?? 0) >= 0 else {
                inventory.note("overlay-layers/layers.json", .badValue("id"))
                continue
            }
            let parent = record.parent == "" ? nil : record.parent
            let split = "\(record.id).tar-split.gz"
            inventory.layers[record.id] = EngineLayer(
                parent: parent, diffID: digest(record.diffDigest), tarBytes: record.diffSize, folder: folder,
                tarSplitPath: files.contains(split) ? "overlay-layers/\(split)" : nil,
                isFinal: record.flags?.incomplete != true)
        }
    }

    private mutating func readImages(_ records: [ImageRecord]) throws(EngineStoreError) {
        for record in records {
            let place = "overlay-images/\(record.id)"
            guard let id = hexDigest(record.id) else {
                inventory.note("overlay-images/images.json", .badValue("id"))
                continue
            }
            let stack = stack(record.layer)
            var labels: [ExactText: String] = [:]
            var isDescribed = false
            var created = record.created.flatMap(Timestamp.init(parsing:))
            let config = "\(place)/\(Self.fileName("sha256:\(record.id)"))"
            do throws(EngineStoreError) {
                if let folder = try store.folder(place),
                    let found = try StoreFolder.document(
                        DockerImageDocument.self, Self.fileName("sha256:\(record.id)"), in: folder, path: config)
                {
                    labels = found.config?.Labels ?? [:]
                    created = found.created.flatMap(Timestamp.init(parsing:)) ?? created
                    isDescribed = true
                }
            } catch {
                // Which layers it has, the record says; only its labels are not known.
                inventory.note(config, failure: error)
            }
            var image = EngineImage(
                id: id, names: (record.names ?? []).sorted(), layers: stack, configPath: config, created: created, labels: labels)
            image.isDescribed = isDescribed
            inventory.images.append(image)
            for layer in record.mappedLayers ?? [] { inventory.hold(layer, by: .image) }
            inventory.hold(record.layer, by: .image)
            inventory.places.claim(place, .imageMetadata, .image(id.hex))
        }
        inventory.images.sort { $0.id.hex < $1.id.hex }
    }

    /// As many layers as a stack may have; overlays of the kernel have some hundred at most.
    private static let maxLayers = 4096

    /// The layers from the base to this one; a chain that leads back to itself, or is longer than any stack, ends there.
    private func stack(_ top: String?) -> [String] {
        var stack: [String] = []
        var seen: Set<String> = []
        var next = top == "" ? nil : top
        while let key = next, stack.count < Self.maxLayers, seen.insert(key).inserted {
            stack.append(key)
            next = inventory.layers[key]?.parent
        }
        return stack.reversed()
    }

    private mutating func readContainers(_ records: [ContainerRecord]) throws(EngineStoreError) {
        let podman = try PodmanRecords(store, &inventory).containers
        for record in records {
            guard let id = PathPart(record.id) else {
                inventory.note("overlay-containers/containers.json", .badValue("id"))
                continue
            }
            let below = record.layer.flatMap { inventory.layers[$0]?.parent }
            inventory.containers.append(
                EngineContainer(
                    id: id, name: record.names?.first ?? record.id, image: record.image.flatMap { hexDigest($0) }, layer: below,
                    ownLayers: [record.layer].compactMap(\.self),
                    isRunning: podman?[record.id]?.isRunning,
                    // What podman has no record of, such as a container of buildah's, has no volumes of podman's.
                    volumes: podman.map { $0[record.id]?.volumes ?? [] },
                    lastUseSeconds: podman?[record.id]?.lastUseSeconds ?? Timestamp.seconds(record.created),
                    mountedImages: podman?[record.id]?.images ?? [],
                    created: Timestamp.seconds(record.created).map { Timestamp(seconds: $0) },
                    labels: podman?[record.id]?.labels ?? [:], needs: podman?[record.id]?.needs ?? [],
                    isOfEngine: podman?[record.id]?.isOfEngine ?? false))
            inventory.hold(record.layer, by: .container)
            let path = "overlay-containers/\(id)"
            inventory.places.claim(path, .containerLayers, .container(id.text))
            for file in try store.names("\(path)/userdata") where file.text.hasPrefix("ctr.log") {
                inventory.places.claim("\(path)/userdata/\(file)", .containerLogs, .container(id.text))
            }
        }
        inventory.containers.sort { $0.id < $1.id }
    }

    // MARK: Places

    private mutating func claimLayers() throws(EngineStoreError) {
        guard let folder = try store.folder("overlay-layers") else { return }
        let suffix = ".tar-split.gz"
        for name in try store.names("overlay-layers") where name.text.hasSuffix(suffix) {
            let key = String(name.text.dropLast(suffix.count))
            let path = "overlay-layers/\(name)"
            if let layer = inventory.layers[key], !layer.holders.isEmpty {
                inventory.places.claim(path, .imageMetadata, .layer(key))
            } else {
                do throws(StorageError) {
                    guard let status = try folder.status(name.text) else { continue }
                    let reason: EngineLeak.Reason = inventory.layers[key] == nil ? .fileOfNobody : .layerOfNobody
                    inventory.leak(path, reason, changed: status.lastChangeSeconds)
                } catch {
                    throw .storage(error)
                }
            }
        }
    }

    private mutating func claimFolders() throws(EngineStoreError) {
        guard let driver = try store.folder(Self.driver) else { return }
        var folders: [(name: PathPart, changed: Int64)] = []
        for name in try store.names(Self.driver) where !["l", "staging", "tempdirs"].contains(name.text) {
            guard let folder = try StoreFolder.folder(name.text, in: driver) else { continue }
            let link: PathPart?
            let changed: Int64
            do throws(StorageError) {
                link = try StoreFolder.word("link", in: folder).flatMap { PathPart($0) }
                changed = try folder.status().lastChangeSeconds
            } catch {
                if error.isAbsent { continue }
                throw .storage(error)
            }
            folders.append((name, changed))
            shortNames.add(link, of: name, isNeeded: inventory.layers[name.text]?.holders.isEmpty == false)
        }
        for (name, changed) in folders {
            let paths = ["\(Self.driver)/\(name)"] + (shortNames[name].map { ["\(Self.driver)/l/\($0)"] } ?? [])
            for path in paths {
                if let layer = inventory.layers[name.text], !layer.holders.isEmpty {
                    // What only a container has may be its own.
                    inventory.places.claim(
                        path, DockerLook.kind(layer.holders), .layer(name.text),
                        final: layer.isFinal && layer.holders.contains(.image) ? .content : .nothing)
                } else {
                    let reason: EngineLeak.Reason = inventory.layers[name.text] == nil ? .folderOfNobody : .layerOfNobody
                    inventory.leak(path, reason, changed: changed)
                }
            }
        }
        guard let short = try store.folder("overlay/l") else { return }
        for name in try store.names("overlay/l") where !shortNames.contains(name) {
            do throws(StorageError) {
                guard let status = try short.status(name.text), status.kind == .symlink else { continue }
                inventory.leak("overlay/l/\(name)", .nameOfNothing, changed: status.lastChangeSeconds)
            } catch {
                throw .storage(error)
            }
        }
    }

    /// Folders beside the documents of images or containers that no record names.
    private mutating func claimOthers(
        _ known: Set<String>, in path: String, _ reason: EngineLeak.Reason
    ) throws(EngineStoreError) {
        for name in try store.names(path) where !known.contains(name.text) {
            guard let folder = try store.folder("\(path)/\(name)") else { continue }
            do throws(StorageError) {
                inventory.leak("\(path)/\(name)", reason, changed: try folder.status().lastChangeSeconds)
            } catch {
                if !error.isAbsent { throw .storage(error) }
            }
        }
    }

    /// The file of an item of an image's big data: its name where that is letters and digits alone, else `=` and its base64.
    static func fileName(_ key: String) -> String {
        let isPlain = key.utf8.allSatisfy { byte in
            (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
        }
        return isPlain ? key : "=" + Base64Name.encode(Array(key.utf8))
    }
}

/// Base64 as it stands in file names of containers-storage.
enum Base64Name {
    private static let letters = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    static func encode(_ bytes: [UInt8]) -> String {
        var text: [UInt8] = []
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let part = bytes[start..<min(start + 3, bytes.count)]
            let word = part.reduce(UInt32(0)) { $0 << 8 | UInt32($1) } << UInt32(8 * (3 - part.count))
            for place in 0..<4 {
                let isThere = place <= part.count
                text.append(isThere ? letters[Int(word >> UInt32(18 - 6 * place)) & 63] : UInt8(ascii: "="))
            }
        }
        return String(decoding: text, as: UTF8.self)
    }
}
