import ContentStorage
package import ImageStorage
package import OCISpec

/// One platform's image as a registry has it: its documents, decoded; its layers were not fetched.
package struct RemotePlatformImage: Sendable {
    /// The manifest's descriptor.
    package let descriptor: Descriptor
    package let manifest: ImageManifest
    package let config: ImageConfig
    /// The layers, lowest first.
    package let layers: [LayerRecord]
    /// By the config's word, else by the index's.
    package let platform: Platform
}

/// What a name stands for in a registry, as far as it was asked for.
package struct RemoteImage: Sendable {
    /// The manifest or index that the name stands for.
    package let root: Descriptor
    /// The images of the platforms asked for, in the index's order.
    package let images: [RemotePlatformImage]
    /// All documents, by digest: indexes, manifests, configs.
    ///
    /// Each is whole before what leads to it.
    let documents: [RemoteDocument]
    /// Blobs of attestations and other artifacts that the index lists.
    let blobs: [Descriptor]
}

/// Which images of an index are wanted.
package enum PlatformChoice: Hashable, Sendable {
    /// The one for this platform; for nil this machine's, else the only one there is.
    case one(Platform?)
    /// All, and what else the index lists.
    case all
}

/// Finds out what a name stands for, one document after another.
///
/// Documents that the store has are not fetched.
struct RemoteResolver {
    let reference: Reference
    let source: RemoteRepository
    let store: ImageStore
    /// Protects what the store has while it is counted on; nil when nothing is to be kept.
    let session: IngestSession?

    private var documents: [RemoteDocument] = []
    private var images: [RemotePlatformImage] = []
    private var blobs: [Descriptor] = []
    private var visited: Set<Digest> = []

    init(_ reference: Reference, at source: RemoteRepository, _ store: ImageStore, _ session: IngestSession?) {
        self.reference = reference
        self.source = source
        self.store = store
        self.session = session
    }

    private var title: String { reference.familiar }

    /// Everything but the layers.
    mutating func resolve(_ choice: PlatformChoice) throws(DistributionError) -> RemoteImage {
        let top = try top()
        try add(top, choice, depth: 0)
        if images.isEmpty { throw .artifact(title, top.descriptor.digest) }
        return RemoteImage(root: top.descriptor, images: images, documents: documents, blobs: blobs)
    }

    /// The document that the name stands for; its head alone is asked for where the store has the rest.
    private func top() throws(DistributionError) -> RemoteDocument {
        if let digest = reference.digest {
            let wanted = Descriptor(mediaType: MediaType.manifest, digest: digest, size: 0)
            if let bytes = try stored(digest, size: nil) {
                return RemoteDocument(
                    descriptor: Descriptor(
                        mediaType: try Self.type(bytes, title), digest: digest, size: Int64(bytes.count)), bytes: bytes)
            }
            return try source.document(digest.description, expecting: wanted, title: title)
        }
        let tag = reference.tag ?? Reference.defaultTag
        if let head = head(tag), MediaType.isIndex(head.mediaType) || MediaType.isManifest(head.mediaType) {
            if let bytes = try stored(head.digest, size: head.size) { return RemoteDocument(descriptor: head, bytes: bytes) }
        }
        return try source.document(tag, expecting: nil, title: title)
    }

    /// The answer's head; it only saves work, so that any failure is left to the GET, which says in its body why.
    private func head(_ tag: String) -> Descriptor? {
        do throws(DistributionError) { return try source.head(tag) } catch { return nil }
    }

    private static func type(_ bytes: [UInt8], _ title: String) throws(DistributionError) -> String {
        let shape: DocumentShape = try decode(DocumentShape.self, bytes, title)
        return shape.isIndex ? MediaType.index : MediaType.manifest
    }

    /// A document's bytes where the store has them whole.
    private func stored(_ digest: Digest, size: Int64?) throws(DistributionError) -> [UInt8]? {
        guard digest.algorithm == .sha256 else { return nil }
        let isThere = try inStore { () throws(ContentError) in
            if let session { return try session.hold(digest, size: size) }
            return try store.content.size(of: digest) != nil
        }
        guard isThere else { return nil }
        do throws(ContentError) { return try store.content.readBlob(digest) } catch {
            // What is damaged or gone meanwhile is fetched again.
            return nil
        }
    }

    private mutating func add(
        _ document: RemoteDocument, _ choice: PlatformChoice, depth: Int
    ) throws(DistributionError) {
        guard visited.insert(document.descriptor.digest).inserted else { return }
        guard depth <= ImageStore.maxDepth, visited.count <= ImageStore.maxManifests else { throw .tooManyManifests(title) }
        if MediaType.isIndex(document.descriptor.mediaType) {
            let index: ImageIndex = try Self.decode(ImageIndex.self, document.bytes, title)
            for child in try wanted(index, choice) { try add(try fetch(child), choice, depth: depth + 1) }
        } else {
            try addManifest(document)
        }
        documents.append(document)
    }

    /// The entries of an index to follow.
    private func wanted(_ index: ImageIndex, _ choice: PlatformChoice) throws(DistributionError) -> [Descriptor] {
        guard case .one(let platform) = choice else { return index.manifests }
        let images = index.manifests.filter { entry in
            !entry.isAttestation && (MediaType.isManifest(entry.mediaType) || MediaType.isIndex(entry.mediaType))
        }
        let known = images.filter { $0.platform != nil }
        let fitting = known.filter { $0.platform?.satisfies(platform ?? .host) == true }
        // Of several variants that fit, the plain one.
        if let best = fitting.first(where: { $0.platform?.variant?.isEmpty != false }) ?? fitting.first { return [best] }
        if platform == nil, images.count == 1 { return images }
        // Nested indexes and entries without a platform have to be looked into, which few registries make necessary.
        let silent = images.filter { $0.platform == nil }
        if silent.count == 1 { return silent }
        throw .noSuchPlatform(title, wanted: platform, available: known.compactMap(\.platform))
    }

    private func fetch(_ descriptor: Descriptor) throws(DistributionError) -> RemoteDocument {
        if let bytes = try stored(descriptor.digest, size: descriptor.size) {
            return RemoteDocument(descriptor: descriptor, bytes: bytes)
        }
        let document: RemoteDocument
        do throws(DistributionError) {
            document = try source.document(descriptor.digest.description, expecting: descriptor, title: title)
        } catch .noSuchImage {
            throw .absentManifest(title, descriptor.digest, descriptor.platform)
        }
        guard MediaType.isIndex(descriptor.mediaType) || MediaType.isManifest(descriptor.mediaType) else { return document }
        return RemoteDocument(descriptor: descriptor, bytes: document.bytes)
    }

    private mutating func addManifest(_ document: RemoteDocument) throws(DistributionError) {
        let manifest: ImageManifest = try Self.decode(ImageManifest.self, document.bytes, title)
        let isLayered = manifest.layers.isEmpty || manifest.layers.contains { MediaType.isLayer($0.mediaType) }
        if manifest.isArtifact || document.descriptor.isAttestation || !isLayered {
            blobs += [manifest.config] + manifest.layers
            return
        }
        for blob in [manifest.config] + manifest.layers where blob.digest.algorithm != .sha256 {
            throw .unsupportedDigest(blob.digest)
        }
        let known = try stored(manifest.config.digest, size: manifest.config.size)
        let bytes: [UInt8]
        if let known { bytes = known } else { bytes = try source.blob(manifest.config) }
        let config: ImageConfig = try Self.decode(ImageConfig.self, bytes, "\(title), config \(manifest.config.digest.short)")
        documents.append(RemoteDocument(descriptor: manifest.config, bytes: bytes))
        let diffIDs = config.rootfs.diffIDs
        guard diffIDs.count == manifest.layers.count else {
            throw .layerCountMismatch(document.descriptor.digest, config: diffIDs.count, manifest: manifest.layers.count)
        }
        let named = config.os.isEmpty || config.architecture.isEmpty ? document.descriptor.platform : nil
        images.append(
            RemotePlatformImage(
                descriptor: document.descriptor, manifest: manifest, config: config,
                layers: zip(manifest.layers, diffIDs).map { LayerRecord(descriptor: $0, diffID: $1) },
                platform: named ?? config.platform))
    }

    private static func decode<T: Decodable>(_ type: T.Type, _ bytes: [UInt8], _ title: String) throws(DistributionError) -> T {
        do throws(DocumentError) { return try decodeDocument(type, from: bytes) } catch { throw .badDocument(title, error) }
    }
}
