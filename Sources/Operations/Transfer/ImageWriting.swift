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
        let imageID = try session.store(config)
        let manifest = ImageManifest(
            mediaType: MediaType.manifest,
            config: Descriptor(mediaType: MediaType.config, digest: imageID, size: Int64(config.count)), layers: layers,
            annotations: annotations)
        let bytes = try encodeDocument(manifest)
        let digest = try session.store(bytes)
        return WrittenImage(
            imageID: imageID, descriptor: Descriptor(mediaType: MediaType.manifest, digest: digest, size: Int64(bytes.count)))
    }

    /// Gives an image its names, or none: then it is a dangling one.
    package func publish(_ image: WrittenImage, names: [Reference], at moment: Timestamp) throws {
        store.catalog.recordImported(image.descriptor.digest, at: moment)
        try store.setNames(names.isEmpty ? [(nil, image.descriptor)] : names.map { ($0, image.descriptor) }, at: moment)
    }
}

/// Makes layers: written to the store as they come, indexed, hashed and compressed in one pass.
package struct LayerMaker {
    private let store: ImageStore
    private let session: IngestSession
    private let compression: LayerCompression
    private let limits: ScanLimits

    /// Layers of `session`, stored with this compression.
    package init(store: ImageStore, session: IngestSession, compression: LayerCompression, limits: ScanLimits) {
        self.store = store
        self.session = session
        self.compression = compression
        self.limits = limits
    }

    /// Makes the layer that `body` writes.
    package func make(_ body: @escaping @Sendable (TarWriter) throws -> Void) throws -> MadeLayer {
        let writer = try session.makeWriter()
        defer { writer.discard() }
        let made: AssembledLayer
        do {
            made = try LayerAssembly.assemble(
                into: { bytes in try writer.write(bytes) }, compression: compression, limits: limits, body)
        } catch let error as LayerArchiveError {
            // What the store or the source said is nearer to the matter.
            if case .tapFailed(let cause) = error { throw cause }
            throw error
        }
        try writer.commit(digest: made.digest, size: made.compressedBytes)
        let scan = made.scan
        store.catalog.record(layer: scan)
        store.catalog.recordBlob(
            made.digest, compressedBytes: made.compressedBytes, diffID: scan.diffID, compression: compression.compression)
        let descriptor = Descriptor(mediaType: compression.mediaType, digest: made.digest, size: made.compressedBytes)
        return MadeLayer(layer: BuildLayer(descriptor: descriptor, diffID: scan.diffID), index: scan.index)
    }
}
