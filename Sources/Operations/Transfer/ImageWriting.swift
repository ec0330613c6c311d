package import ContentStorage
package import ImageBuild
package import ImageStorage
package import LayerArchive
package import OCISpec

/// An image whose documents are in the store.
package struct WrittenImage: Sendable {
    /// The digest of the config.
    package var imageID: Digest
    /// The manifest.
    package var descriptor: Descriptor
}

extension Workspace {
    /// Stores the documents of an image of these layers.
    package func write(_ config: ImageConfig, layers: [Descriptor], _ session: IngestSession) throws -> WrittenImage {
        try write(config: try encodeDocument(config), layers: layers, session)
    }

    /// The same of a config's own bytes, with notes on the image.
    func write(
        config: [UInt8], layers: [Descriptor], annotations: [ExactText: String]? = nil, _ session: IngestSession
    ) throws -> WrittenImage {
        let documents = try ImageDocuments(config: config, layers: layers, annotations: annotations)
        try documents.store(session)
        return documents.image
    }

    /// Gives an image its names, or none: then it is a dangling one.
    package func publish(_ image: WrittenImage, names: [Reference], at moment: Timestamp) throws {
        store.catalog.recordImported(image.descriptor.digest, at: moment)
        try store.setNames(names.isEmpty ? [(nil, image.descriptor)] : names.map { ($0, image.descriptor) }, at: moment)
    }
}

/// The two documents of an image, before anybody stores them.
struct ImageDocuments {
    /// What they are called by.
    let image: WrittenImage
    private let config: [UInt8]
    private let manifest: [UInt8]

    /// Those of an image with a config of these bytes and these layers.
    init(config: [UInt8], layers: [Descriptor], annotations: [ExactText: String]?) throws {
        self.config = config
        let imageID = Digest(hashing: config)
        manifest = try encodeDocument(
            ImageManifest(
                mediaType: MediaType.manifest,
                config: Descriptor(mediaType: MediaType.config, digest: imageID, size: Int64(config.count)), layers: layers,
                annotations: annotations))
        image = WrittenImage(
            imageID: imageID,
            descriptor: Descriptor(
                mediaType: MediaType.manifest, digest: Digest(hashing: manifest), size: Int64(manifest.count)))
    }

    /// Both as blobs.
    var descriptors: [Descriptor] {
        [
            Descriptor(mediaType: MediaType.config, digest: image.imageID, size: Int64(config.count)), image.descriptor,
        ]
    }

    /// Brings them into the store.
    func store(_ session: IngestSession) throws {
        _ = try session.store(config)
        _ = try session.store(manifest)
    }
}

/// Makes layers: written to the store as they come, indexed, hashed and compressed in one pass.
package struct LayerMaker {
    private let store: ImageStore
    private let session: IngestSession
    private let packing: LayerPacking
    private let limits: ScanLimits

    /// Layers of `session`, stored with this compression, quickly.
    package init(store: ImageStore, session: IngestSession, compression: LayerCompression, limits: ScanLimits) {
        self.init(store: store, session: session, packing: LayerPacking(compression), limits: limits)
    }

    /// Layers of `session`, packed this way.
    init(store: ImageStore, session: IngestSession, packing: LayerPacking, limits: ScanLimits) {
        self.store = store
        self.session = session
        self.packing = packing
        self.limits = limits
    }

    /// Makes the layer that `body` writes.
    package func make(_ body: @escaping @Sendable (TarWriter) throws -> Void) throws -> MadeLayer {
        let made = try keep { sink in try LayerAssembly.assemble(into: sink, packing: packing, limits: limits, body) }
        return MadeLayer(
            layer: BuildLayer(descriptor: made.descriptor(packing), diffID: made.scan.diffID), index: made.scan.index)
    }

    /// Keeps the layer that somebody assembles in this packing.
    func keep(_ assemble: (@escaping LayerAssembly.Sink) throws -> AssembledLayer) throws -> AssembledLayer {
        let writer = try session.makeWriter()
        defer { writer.discard() }
        let made: AssembledLayer
        do {
            made = try assemble { bytes in try writer.write(bytes) }
        } catch let error as LayerArchiveError {
            // What the store or the source said is nearer to the matter.
            if case .tapFailed(let cause) = error { throw cause }
            throw error
        }
        try writer.commit(digest: made.digest, size: made.compressedBytes)
        let scan = made.scan
        store.catalog.record(layer: scan)
        store.catalog.recordBlob(
            made.digest, compressedBytes: made.compressedBytes, diffID: scan.diffID, compression: packing.compression.compression)
        return made
    }
}

extension AssembledLayer {
    /// How a manifest names the layer.
    func descriptor(_ packing: LayerPacking) -> Descriptor {
        Descriptor(
            mediaType: packing.compression.mediaType, digest: digest, size: compressedBytes,
            annotations: annotations.isEmpty ? nil : annotations)
    }
}
