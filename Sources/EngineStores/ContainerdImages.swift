import BoltDatabase
import OCISpec
import StorageIO

/// containerd's images of all namespaces, by its database.
struct ContainerdImages: StackReader {
    let listed: [EngineListedImage]

    init(_ store: StoreFolder) throws(EngineStoreError) {
        guard let database = try ContainerdStore.database("meta.db", ContainerdStore.metadata, store) else {
            throw .notAStore(.containerd, path: store.root.path, missing: "\(ContainerdStore.metadata)/meta.db")
        }
        var names: [EngineListedImage: [String]] = [:]
        for (key, space) in database.root.bucket("v1")?.buckets ?? [] {
            for (name, image) in space.bucket("images")?.buckets ?? [] {
                let target = image.bucket("target")
                guard let id = digest(target?.value("digest").map(ContainerdGraph.text)) else { continue }
                let found = EngineListedImage(
                    id: id, namespace: ContainerdGraph.text(key), names: [], digests: [id],
                    mediaType: target?.value("mediatype").map(ContainerdGraph.text))
                names[found, default: []].append(ContainerdGraph.text(name))
            }
        }
        listed = names.map { image, names in
            EngineListedImage(
                id: image.id, namespace: image.namespace, names: names.sorted(), digests: image.digests,
                mediaType: image.mediaType)
        }
    }

    /// containerd has no layers with a tar-split.
    func image(_ image: EngineListedImage, _ known: inout [String: StackedLayer]) throws(EngineImageError) -> StackedImage {
        throw .noConfig(path: "\(ContainerdStore.content)/blobs/sha256/\(image.id.hex)")
    }
}
