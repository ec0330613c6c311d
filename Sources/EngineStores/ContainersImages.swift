import OCISpec
import StorageIO

/// The images of containers-storage, driver overlay.
struct ContainersImages: StackReader {
    let listed: [EngineListedImage]
    private let store: StoreFolder
    private let tops: [Digest: String]
    private let layers: [String: LayerRecord]

    /// Reads the images, then the layers: an image that lacks one has gone meanwhile.
    init(_ store: StoreFolder) throws(EngineStoreError) {
        self.store = store
        try ContainersStore.checkDriver(store)
        var listed: [EngineListedImage] = []
        var tops: [Digest: String] = [:]
        for record in try Self.records(ImageRecord.self, "images.json", in: "overlay-images", store) {
            // What is no ID is no image that a configuration could be found for.
            guard let id = hexDigest(record.id) else { continue }
            listed.append(
                EngineListedImage(
                    id: id, names: (record.names ?? []).sorted(), digests: [digest(record.digest)].compactMap(\.self)))
            tops[id] = record.layer
        }
        var layers: [String: LayerRecord] = [:]
        for name in ["layers.json", "volatile-layers.json"] {
            for record in try Self.records(LayerRecord.self, name, in: "overlay-layers", store) { layers[record.id] = record }
        }
        (self.listed, self.tops, self.layers) = (listed, tops, layers)
    }

    private static func records<T: Decodable>(
        _ type: T.Type, _ name: String, in path: String, _ store: StoreFolder
    ) throws(EngineStoreError) -> [T] {
        guard let folder = try store.folder(path) else { return [] }
        return try StoreFolder.document([T].self, name, in: folder, path: "\(path)/\(name)") ?? []
    }

    func image(_ image: EngineListedImage, _ known: inout [String: StackedLayer]) throws(EngineImageError) -> StackedImage {
        let (config, diffIDs) = try store.config(
            ContainersLook.fileName(image.id.description), in: "overlay-images/\(image.id.hex)", of: image.id)
        let stack = try stack(tops[image.id], limit: diffIDs.count)
        guard stack.count == diffIDs.count else { throw .otherLayers(config: diffIDs.count, engine: stack.count) }
        var layers: [StackedLayer] = []
        for (record, diffID) in zip(stack, diffIDs) {
            if known[record.id] == nil { known[record.id] = try layer(record, diffID) }
            layers += [known[record.id]].compactMap(\.self)
        }
        return StackedImage(id: image.id, names: image.names, config: config, layers: layers)
    }

    /// The records from the base to the top, one more than the limit at most.
    private func stack(_ top: String?, limit: Int) throws(EngineImageError) -> [LayerRecord] {
        var stack: [LayerRecord] = []
        var next = top == "" ? nil : top
        while let key = next, stack.count <= limit {
            guard let record = layers[key] else { break }
            stack.append(record)
            next = record.parent == "" ? nil : record.parent
        }
        return stack.reversed()
    }

    private func layer(_ record: LayerRecord, _ diffID: Digest) throws(EngineImageError) -> StackedLayer {
        guard let id = PathPart(record.id) else { throw .noLayer(diffID) }
        if let own = digest(record.diffDigest), own != diffID { throw .noLayer(diffID) }
        return StackedLayer(
            diffID: diffID, tarSplitFolder: "overlay-layers", tarSplitName: "\(id).tar-split.gz",
            contentPath: "\(ContainersLook.driver)/\(id)/diff")
    }
}
