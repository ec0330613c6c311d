package import OCISpec
package import StorageIO

/// The images that an engine's root lists at one moment, as sources: each with its configuration and with what its layers are made of.
///
/// Of the root no more is read than images need, so whatever else is damaged there is nothing to them. Nothing is locked or written. An image
/// that is removed meanwhile is told as missing parts, see `isChange`.
package struct EngineImages: Sendable {
    /// Whose root it is.
    package let engine: EngineKind
    /// In no particular order.
    package let listed: [EngineListedImage]
    private let reader: any StackReader
    private let store: StoreFolder

    /// The images of `root`.
    package init(_ engine: EngineKind, in root: Directory) throws(EngineStoreError) {
        self.engine = engine
        store = StoreFolder(root: root)
        switch engine {
        case .docker:
            let images = try DockerImages(store)
            (listed, reader) = (images.listed, images)
        case .podman:
            let images = try ContainersImages(store)
            (listed, reader) = (images.listed, images)
        case .containerd:
            let images = try ContainerdImages(store)
            (listed, reader) = (images.listed, images)
        case .buildkit, .registry: throw .notAStore(engine, path: root.path, missing: "images")
        }
    }

    /// An image's configuration and layers; `known` has the layers of images before it, and gets those of this one.
    ///
    /// containerd's images have none of this: their blobs are an image layout's, below `contentPath`.
    package func image(
        _ image: EngineListedImage, _ known: inout [String: StackedLayer]
    ) throws(EngineImageError) -> StackedImage {
        try reader.image(image, &known)
    }

    /// The tar-split file of a layer; nil where it is gone.
    package func tarSplit(of layer: StackedLayer) throws(EngineStoreError) -> File? {
        guard let folder = try store.folder(layer.tarSplitFolder) else { return nil }
        do throws(StorageError) { return try folder.openFileQuietly(layer.tarSplitName) } catch { throw .storage(error) }
    }

    /// The folder with what a layer unpacked to; nil where it is gone.
    package func content(of layer: StackedLayer) throws(EngineStoreError) -> Directory? { try store.folder(layer.contentPath) }

    /// Where containerd's blobs are: a folder like that of an image layout.
    package var contentPath: String { "\(store.root.path)/\(ContainerdStore.content)" }
}

/// An image that a root lists.
package struct EngineListedImage: Hashable, Sendable {
    /// The digest of its configuration; of containerd's images that of the manifest or index.
    package let id: Digest
    /// containerd's namespace that it is in; nil where there are none.
    package var namespace: String?
    /// As the engine has them, in order; none for a dangling image.
    package let names: [String]
    /// Digests by which a name with a digest means it.
    package var digests: [Digest] = []
    /// The type of what `id` names, by containerd's word.
    package var mediaType: String?

    /// How messages call it: its first name, else the beginning of its ID.
    package var title: String {
        let own = names.first ?? id.short
        return namespace.map { "\($0)/\(own)" } ?? own
    }
}

/// An image whose layers lie unpacked, each beside the tar-split that makes its tar again.
package struct StackedImage: Sendable {
    /// The digest of `config`.
    package let id: Digest
    /// As the engine has them, in order.
    package let names: [String]
    /// The configuration as it was written.
    package let config: [UInt8]
    /// The base first.
    package let layers: [StackedLayer]
}

/// One such layer; paths are below the root.
package struct StackedLayer: Hashable, Sendable {
    /// The digest of its tar, by the word of the image.
    package let diffID: Digest
    /// The folder of the tar-split file.
    package let tarSplitFolder: String
    /// Its name there.
    package let tarSplitName: String
    /// The folder that it is unpacked to.
    package let contentPath: String
}

/// Why an image of a root is no source.
package enum EngineImageError: Error, Hashable, Sendable {
    /// The root cannot be read.
    case store(EngineStoreError)
    /// The configuration is not there; a path below the root.
    case noConfig(path: String)
    /// The configuration is none; a path below the root.
    case badConfig(path: String, DocumentError)
    /// The configuration is not what the image's ID says.
    case otherConfig(path: String, actual: Digest)
    /// The engine has no record, or no folder, of a layer.
    case noLayer(Digest)
    /// The engine has no tar-split of a layer.
    case noTarSplit(Digest)
    /// The engine's layers are not those of the configuration.
    case otherLayers(config: Int, engine: Int)

    /// Whether it may be that the image was removed or replaced during the look, so that another look is worth it.
    package var isChange: Bool {
        switch self {
        case .noConfig, .noLayer, .noTarSplit, .otherLayers: true
        case .store, .badConfig, .otherConfig: false
        }
    }
}

/// Reads an image's configuration and layers.
protocol StackReader: Sendable {
    func image(_ image: EngineListedImage, _ known: inout [String: StackedLayer]) throws(EngineImageError) -> StackedImage
}

extension StoreFolder {
    /// The configuration of an image, which must be what its ID says, and the diff IDs in it.
    func config(
        _ name: String, in folder: String, of id: Digest
    ) throws(EngineImageError) -> (bytes: [UInt8], diffIDs: [Digest]) {
        let path = "\(folder)/\(name)"
        let bytes = try inRoot { () throws(EngineStoreError) in
            guard let folder = try self.folder(folder) else { return [UInt8]?.none }
            do throws(StorageError) {
                return try Self.bytes(name, in: folder, limit: DocumentLimits.stored.maxBytes)
            } catch {
                throw .storage(error)
            }
        }
        guard let bytes else { throw .noConfig(path: path) }
        let actual = Digest(hashing: bytes)
        guard actual == id else { throw .otherConfig(path: path, actual: actual) }
        do throws(DocumentError) {
            return (bytes, try decodeDocument(ImageConfig.self, from: bytes, limits: .stored).rootfs.diffIDs)
        } catch {
            throw .badConfig(path: path, error)
        }
    }
}

/// Runs a step that reads the root.
func inRoot<T>(_ body: () throws(EngineStoreError) -> T) throws(EngineImageError) -> T {
    do throws(EngineStoreError) { return try body() } catch { throw .store(error) }
}
