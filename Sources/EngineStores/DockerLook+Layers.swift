import OCISpec
import StorageIO

extension DockerLook {
    /// Reads the record of every layer.
    mutating func readLayers() throws(EngineStoreError) {
        guard let records = try store.folder(Self.records) else { return }
        let names = try store.names(Self.records)
        for (name, record) in zip(names, names.mapTogether { LayerWords.read($0, in: records) }) {
            let path = "\(Self.records)/\(name)"
            if record == nil, name.text.hasSuffix("-removing") { try takeUnfinishedRemoval(name, path, in: records) }
            guard let record else { continue }
            do throws(EngineStoreError) {
                guard let words = try record.get() else { continue }
                guard words.parent == nil || digest(words.parent) != nil else {
                    inventory.note(path, .badValue("parent"))
                    continue
                }
                let folder = words.cacheID.flatMap { PathPart($0) }
                if folder == nil {
                    inventory.note(path, words.cacheID == nil ? .missing("cache-id") : .badValue("cache-id"))
                }
                inventory.layers[name.text] = EngineLayer(
                    parent: digest(words.parent)?.hex, diffID: digest(words.diffID), tarBytes: nil, folder: folder,
                    tarSplitPath: "\(path)/tar-split.json.gz",
                    // Docker writes the record of a layer when its folder is whole.
                    isFinal: true)
            } catch {
                inventory.note(path, failure: error)
            }
        }
        for image in inventory.images { for layer in image.layers { inventory.hold(layer, by: .image) } }
        for container in inventory.containers {
            for layer in [container.layer].compactMap(\.self) + container.mountedLayers { inventory.hold(layer, by: .container) }
        }
    }

    /// Takes in a layer that Docker was removing, perhaps when it was killed: it removes what is left of it when it is stopped the next time.
    ///
    /// A record that does not say any more where the layer is it leaves where it is for ever.
    /// Source: https://github.com/moby/moby/blob/v20.10.24/layer/layer_store.go (`Cleanup`)
    private mutating func takeUnfinishedRemoval(
        _ name: PathPart, _ path: String, in records: Directory
    ) throws(EngineStoreError) {
        guard let record = try StoreFolder.folder(name.text, in: records) else { return }
        if let folder = try word("cache-id", record).flatMap({ PathPart($0) }) {
            inventory.places.claim(path, .temporary)
            inventory.unfinishedRemovalCount += 1
            leavingFolders.insert(folder)
        } else if let changed = try changed(record) {
            inventory.leak(path, .layerOfNobody, changed: changed)
        }
    }

    /// Marks what the build cache reaches.
    mutating func hold(_ build: BuildKitRecords) {
        for record in inventory.buildRecords {
            for layer in record.layers { inventory.hold(layer, by: .buildCache) }
            for folder in record.folders where otherFolders[folder] == nil {
                otherFolders[folder] = (.buildCache, .buildFolder(folder.text))
            }
        }
        // Snapshots that no lease holds any more go at the next collection: they are the build cache's still.
        for folder in build.folders where otherFolders[folder] == nil {
            otherFolders[folder] = (.buildCache, .buildFolder(folder.text))
        }
        for layer in build.layers { inventory.hold(layer, by: .buildCache) }
    }

    /// Gives each layer's record its class.
    mutating func claimLayers() throws(EngineStoreError) {
        for (key, layer) in inventory.layers {
            let path = "\(Self.records)/\(key)"
            if !layer.holders.isEmpty {
                inventory.places.claim(path, .imageMetadata, .layer(key), final: .whole)
            } else if let folder = try store.folder(path), let changed = try changed(folder) {
                inventory.leak(path, .layerOfNobody, changed: changed)
            }
        }
    }

    private func isLayer(_ owner: PlaceOwner) -> Bool {
        guard case .layer(let key) = owner else { return false }
        return inventory.layers[key]?.isFinal == true
    }

    /// Gives each folder of the driver, with its short name, the class of who reaches it.
    mutating func claimFolders() throws(EngineStoreError) {
        var holders = otherFolders
        for (key, layer) in inventory.layers where !layer.holders.isEmpty {
            guard let folder = layer.folder else { continue }
            holders[folder] = (layer.holders.union(holders[folder]?.holders ?? []), .layer(key))
        }
        guard let driver = try store.folder(Self.driver) else { return }
        let names = try store.names(Self.driver).filter { $0.text != "l" }
        var folders: [(name: PathPart, found: FolderWords)] = []
        for (name, found) in zip(names, names.mapTogether { FolderWords.read($0, in: driver) }) {
            guard let found = try found.get() else { continue }
            folders.append((name, found))
            shortNames.add(found.link, of: name, isNeeded: holders[name] != nil || leavingFolders.contains(name))
        }
        for (name, found) in folders {
            let paths = ["\(Self.driver)/\(name)"] + (shortNames[name].map { ["\(Self.driver)/l/\($0)"] } ?? [])
            if let (holders, owner) = holders[name] {
                let final = isLayer(owner) ? PlaceTree.FinalPart.content : .nothing
                for path in paths { inventory.places.claim(path, Self.kind(holders), owner, final: final) }
            } else if leavingFolders.contains(name) {
                for path in paths { inventory.places.claim(path, .temporary) }
            } else {
                for path in paths { inventory.leak(path, .folderOfNobody, changed: found.changed) }
            }
        }
        try claimShortNames()
    }

    private mutating func claimShortNames() throws(EngineStoreError) {
        guard let short = try store.folder("\(Self.driver)/l") else { return }
        for name in try store.names("\(Self.driver)/l") where !shortNames.contains(name) {
            do throws(StorageError) {
                guard let status = try short.status(name.text), status.kind == .symlink else { continue }
                inventory.leak("\(Self.driver)/l/\(name)", .nameOfNothing, changed: status.lastChangeSeconds)
            } catch {
                throw .storage(error)
            }
        }
    }

    static func kind(_ holders: EngineHolders) -> DiskClass {
        if holders.contains(.image) { return .imageLayers }
        return holders.contains(.container) ? .containerLayers : .buildCache
    }

    /// Finds out when each image was used last.
    mutating func noteUses(_ build: BuildKitRecords) throws(EngineStoreError) {
        var uses = UseTimes()
        for container in inventory.containers { uses.add(container) }
        for record in inventory.buildRecords { uses.add(record) }
        let short = try store.folder("\(Self.driver)/l")
        try uses.apply(to: &inventory, short) { layer in layer.folder.flatMap { shortNames[$0] } }
    }
}

/// What the record of one layer says, as it stands there.
private struct LayerWords: Sendable {
    let parent: String?
    let cacheID: String?
    let diffID: String?

    /// Reads one record: nil for what is none, no words for one that is gone.
    static func read(_ name: PathPart, in records: Directory) -> Result<LayerWords?, EngineStoreError>? {
        guard hexDigest(name.text) != nil else { return nil }
        do throws(EngineStoreError) {
            guard let folder = try StoreFolder.folder(name.text, in: records) else { return .success(nil) }
            do throws(StorageError) {
                return .success(
                    LayerWords(
                        parent: try StoreFolder.word("parent", in: folder), cacheID: try StoreFolder.word("cache-id", in: folder),
                        diffID: try StoreFolder.word("diff", in: folder)))
            } catch {
                throw .storage(error)
            }
        } catch {
            return .failure(error)
        }
    }
}

/// What a folder of the driver says of itself.
private struct FolderWords: Sendable {
    /// Its short name.
    let link: PathPart?
    /// When it changed last, in seconds since 1970.
    let changed: Int64

    /// Reads one folder; nil for what is none, or gone.
    static func read(_ name: PathPart, in driver: Directory) -> Result<FolderWords?, EngineStoreError> {
        do throws(EngineStoreError) {
            guard let folder = try StoreFolder.folder(name.text, in: driver) else { return .success(nil) }
            do throws(StorageError) {
                let link = try StoreFolder.word("link", in: folder).flatMap { PathPart($0) }
                return .success(FolderWords(link: link, changed: try folder.status().lastChangeSeconds))
            } catch {
                if error.isAbsent { return .success(nil) }
                throw .storage(error)
            }
        } catch {
            return .failure(error)
        }
    }
}

/// When layers and images were used, by all that tells: the newest counts.
struct UseTimes {
    private var byImage: [Digest: Int64] = [:]
    private var byLayer: [String: Int64] = [:]

    /// What a container tells of its image.
    mutating func add(_ container: EngineContainer) {
        guard let image = container.image, let time = container.lastUseSeconds else { return }
        byImage[image] = max(byImage[image] ?? 0, time)
    }

    /// What a build record tells of the layers that it reaches.
    mutating func add(_ record: EngineBuildRecord) {
        guard let time = record.lastUsedSeconds else { return }
        for layer in record.layers { byLayer[layer] = max(byLayer[layer] ?? 0, time) }
    }

    /// Gives every image its last use.
    ///
    /// The short names are in the folder `short`, and are looked at, never read.
    func apply(
        to inventory: inout EngineInventory, _ short: Directory?, name: (EngineLayer) -> PathPart?
    ) throws(EngineStoreError) {
        do throws(StorageError) {
            let folder = try short?.keepsAccessTimes() == true ? short : nil
            for place in inventory.images.indices {
                let image = inventory.images[place]
                let link = image.layers.last.flatMap { inventory.layers[$0] }.flatMap(name)
                let linkTime = try link.flatMap { link throws(StorageError) in try folder?.accessSeconds(link.text) }
                let times: [(Int64?, EngineImage.Use.Evidence)] = [
                    (linkTime, .link), (byImage[image.id], .container), (image.layers.last.flatMap { byLayer[$0] }, .build),
                ]
                inventory.images[place].lastUse = times.compactMap { time, evidence in
                    time.map { EngineImage.Use(seconds: $0, evidence: evidence) }
                }.max { $0.seconds < $1.seconds }
            }
        } catch {
            throw .storage(error)
        }
    }
}
