package import ContentStorage
package import ImageStorage
package import OCISpec
import StorageIO

/// Brings a source's images in: every layer verified and indexed, and with a session all of it kept in the store.
///
/// Blobs become visible one by one as each is whole; names only when everything that they reach is on the disk, in one
/// update of `index.json`. After an error the store has no new name, and what was written is collected later as garbage.
package struct Transfer: Sendable {
    let source: OpenedSource
    let store: ImageStore
    let session: IngestSession?
    let options: TransferOptions
    let report: @Sendable (TransferEvent) -> Void
    let ingest: LayerIngest

    /// A transfer from `source` within `session`, which stays the caller's to end;
    /// without one only the layer indexes are kept.
    package init(
        _ source: OpenedSource, into store: ImageStore, session: IngestSession?, _ options: TransferOptions,
        report: @escaping @Sendable (TransferEvent) -> Void
    ) {
        self.source = source
        self.store = store
        self.session = session
        self.options = options
        self.report = report
        ingest = LayerIngest(
            container: source.container, store: store, session: session, limits: options.limits, report: report)
    }

    /// Brings in `images`, which are some of the source's, and returns the platform image chosen of each, in their order.
    ///
    /// Which image that is, `ImageChoice` says. With a session all platforms that the source has whole are kept, artifacts too; of a
    /// source that was opened for one platform that one alone, under the index that lists it.
    /// Blocks the calling thread and works on others.
    package func run(_ images: [SourceImage], at moment: Timestamp) throws(TransferError) -> [ScannedImage] {
        let choices = try choose(images)
        for (image, choice) in zip(images, choices) {
            guard let choice else { continue }
            let name = image.names.first?.familiar ?? image.labels.last
            let blobBytes = choice.layers.map { $0.descriptor?.size }
            report(.chose(ImageOutline(name: name, config: choice.decodedConfig, blobBytes: blobBytes)))
        }
        let isOfOnePlatform = source.platform != nil
        let wanted = session != nil && !isOfOnePlatform ? images.flatMap(\.images) : choices.compactMap(\.self)
        let layers = try ingest.run(wanted.flatMap(\.layers), workerCount: options.workerCount)
        var scanned: [ScannedImage] = []
        var unnamed: [TransferEvent] = []
        var names: [(name: Reference?, descriptor: Descriptor)] = []
        // Kept once each, however many images of a hostile archive share a large document.
        var kept: Set<Digest> = []
        for (image, choice) in zip(images, choices) where image.failure == nil {
            if let session, let part = isOfOnePlatform ? choice.map(image.sparse) : image {
                let top = try keep(part, layers, session, &kept)
                names += image.entries(top)
            }
            guard let choice else { continue }
            var found = try BuiltImage(choice, layers).scanned(name: image.names.first?.familiar ?? image.labels.last)
            found.rereading = LayerRereading(ingest, choice.layers)
            scanned.append(found)
            if session != nil { unnamed += image.labels.map { .unnamed(label: $0, imageID: found.imageID) } }
        }
        if session != nil { try publish(names, at: moment) }
        for event in unnamed { report(event) }
        return scanned
    }

    /// The image to take of each, see `ImageChoice`; damage among what is passed over is an error where everything was asked for.
    private func choose(_ images: [SourceImage]) throws(TransferError) -> [SourcePlatformImage?] {
        let choices = try source.choice.choose(from: images, report: report)
        if session != nil, source.platform == nil { try requireUndamaged(images) }
        for (image, choice) in zip(images, choices) where choice != nil {
            if let event = image.leftOut { report(event) }
        }
        return choices
    }

    /// Refuses to leave out what is there, but not as it was written.
    func requireUndamaged(_ images: [SourceImage]) throws(TransferError) {
        for part in images.flatMap(\.passedOver) {
            if let reason = part.reason, reason.isDamage { throw reason }
        }
    }

    /// Stores everything of `image` but its layers, and returns its entry for `index.json`.
    func keep(
        _ image: SourceImage, _ layers: [SourceLayer: IngestedLayer], _ session: IngestSession, _ kept: inout Set<Digest>
    ) throws(TransferError) -> Descriptor {
        for blob in image.blobs { try BlobCopy(container: source.container, session: session).copy(blob) }
        for document in image.documents { try keep(document, session, &kept) }
        var made: Descriptor?
        for image in image.images {
            let built = try BuiltImage(image, layers)
            try keep(built.config, session, &kept)
            try keep(built.manifest, session, &kept)
            made = built.manifest.descriptor
        }
        guard let top = image.top ?? made else { throw .noImages(path: source.path) }
        return top
    }

    private func keep(
        _ document: SourceDocument, _ session: IngestSession, _ kept: inout Set<Digest>
    ) throws(TransferError) {
        guard kept.insert(document.descriptor.digest).inserted else { return }
        _ = try lift(try session.store(document.bytes), to: TransferError.content)
    }

    /// Makes the images visible, and returns the names that other images had until now.
    @discardableResult
    func publish(
        _ names: [(name: Reference?, descriptor: Descriptor)], at moment: Timestamp
    ) throws(TransferError) -> [MovedName] {
        let moved = try lift(try store.setNames(names, at: moment), to: TransferError.images)
        for name in names { store.catalog.recordImported(name.descriptor.digest, at: moment) }
        return moved
    }
}
