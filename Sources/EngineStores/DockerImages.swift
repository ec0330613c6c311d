import OCISpec
import StorageIO

/// Docker's images, graph driver overlay2.
struct DockerImages: StackReader {
    let listed: [EngineListedImage]
    private let store: StoreFolder
    private static let configs = "\(DockerLook.images)/imagedb/content/sha256"

    /// Reads the names, then which images there are: one that has a name and no image has gone meanwhile.
    init(_ store: StoreFolder) throws(EngineStoreError) {
        self.store = store
        try DockerStore.checkDriver(store)
        let names = try DockerLook.imageNames(store)
        listed = try store.names(Self.configs).compactMap { name in
            hexDigest(name.text).map { EngineListedImage(id: $0, names: (names[$0] ?? []).sorted()) }
        }
    }

    func image(_ image: EngineListedImage, _ known: inout [String: StackedLayer]) throws(EngineImageError) -> StackedImage {
        let (config, diffIDs) = try store.config(image.id.hex, in: Self.configs, of: image.id)
        var layers: [StackedLayer] = []
        var chain: Digest?
        for diffID in diffIDs {
            let own = DockerLook.chainID(chain, diffID)
            chain = own
            if known[own.hex] == nil { known[own.hex] = try layer(own.hex, diffID) }
            layers += [known[own.hex]].compactMap(\.self)
        }
        return StackedImage(id: image.id, names: image.names, config: config, layers: layers)
    }

    /// The layer of a chain ID, by its record.
    private func layer(_ chain: String, _ diffID: Digest) throws(EngineImageError) -> StackedLayer {
        let path = "\(DockerLook.records)/\(chain)"
        let word = try inRoot { () throws(EngineStoreError) in
            guard let record = try store.folder(path) else { return String?.none }
            do throws(StorageError) { return try StoreFolder.word("cache-id", in: record) } catch { throw .storage(error) }
        }
        guard let word, let folder = PathPart(word) else { throw .noLayer(diffID) }
        return StackedLayer(
            diffID: diffID, tarSplitFolder: path, tarSplitName: "tar-split.json.gz",
            contentPath: "\(DockerLook.driver)/\(folder)/diff")
    }
}
