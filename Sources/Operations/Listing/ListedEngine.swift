import Distribution
import EngineStores
import ImageTransfer
import OCISpec
import Synchronization

/// The images of an engine's root.
///
/// Those of containerd are listed as a registry's are. Docker with a graph driver, and podman, keep no manifests: an image is its
/// config, and its layers are known by their diff IDs alone.
final class ListedEngine: ListedSource {
    private let images: EngineImages
    private let root: String
    private let blobs: LayoutFolder?
    private let configs = Mutex<[Digest: EngineListedImage]>([:])

    init(_ engine: EngineKind, root: String) throws {
        self.root = root
        images = try EngineSource.images(engine, root)
        blobs = engine == .containerd ? try LayoutFolder(path: images.contentPath, isStore: true) : nil
    }

    func names(_ body: (ListedName) throws -> Void, failed: (ListedName, any Error) throws -> Void) throws {
        for image in images.listed {
            configs.withLock { $0[image.id] = image }
            if image.names.isEmpty { try body(ListedName(repository: image.namespace, digest: image.id)) }
            for text in image.names {
                let reference = Reference(ifValid: text)
                try body(
                    ListedName(
                        repository: reference?.repository ?? text, tag: reference?.tag, digest: image.id))
            }
        }
    }

    func document(_ digest: Digest, of name: ListedName) throws -> ListedDocument {
        let descriptor = Descriptor(mediaType: "", digest: digest, size: 0)
        if let blobs { return ListedDocument(descriptor: descriptor, bytes: try blobs.document(descriptor)) }
        let config = try stack(digest).config
        let diffIDs: [Digest]
        do { diffIDs = try decodeDocument(ImageConfig.self, from: config, limits: .stored).rootfs.diffIDs } catch {
            throw DistributionError.badDocument(name.title, error)
        }
        let manifest = ImageManifest(
            config: Descriptor(mediaType: MediaType.config, digest: digest, size: Int64(config.count)),
            layers: diffIDs.map { Descriptor(mediaType: MediaType.layer, digest: $0, size: 0) })
        return ListedDocument(descriptor: descriptor, bytes: try encodeDocument(manifest))
    }

    func config(_ descriptor: Descriptor, of name: ListedName) throws -> [UInt8] {
        if let blobs { return try blobs.document(descriptor) }
        return try stack(descriptor.digest).config
    }

    private func stack(_ id: Digest) throws -> StackedImage {
        guard let image = configs.withLock({ $0[id] }) else { throw OperationError.noSuchSource(id.description) }
        var known: [String: StackedLayer] = [:]
        return try images.image(image, &known)
    }

    func place(of name: ListedName) -> String? { blobs.map { "oci:\($0.path)" } }
}
