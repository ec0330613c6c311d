package import ContentStorage
package import ImageStorage
package import OCISpec

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
    /// Artifacts beside images, such as signatures, are kept and returned as nothing; artifacts alone are an error.
    /// So are images without the wanted platform beside some that have it: an index may list each platform as an image of its own.
    /// Blocks the calling thread and works on others.
    package func run(_ images: [SourceImage], at moment: Timestamp) throws(TransferError) -> [ScannedImage] {
        let choices = try choose(images)
        let wanted = session != nil ? images.flatMap(\.images) : choices.compactMap(\.self)
        let layers = try ingest.run(wanted.flatMap(\.layers), workerCount: options.workerCount)
        var scanned: [ScannedImage] = []
        var unnamed: [TransferEvent] = []
        var names: [(name: Reference?, descriptor: Descriptor)] = []
        // Kept once each, however many images of a hostile archive share a large document.
        var kept: Set<Digest> = []
        for (image, choice) in zip(images, choices) {
            if let session {
                let top = try keep(image, layers, session, &kept)
                names += image.entries(top)
            }
            guard let choice else { continue }
            let found = try BuiltImage(choice, layers).scanned(name: image.names.first?.familiar ?? image.label)
            scanned.append(found)
            if session != nil, image.names.isEmpty, let label = image.label {
                unnamed.append(.unnamed(label: label, imageID: found.imageID))
            }
        }
        if session != nil { try publish(names, at: moment) }
        for event in unnamed { report(event) }
        return scanned
    }

    private func choose(_ images: [SourceImage]) throws(TransferError) -> [SourcePlatformImage?] {
        let hasImage = images.contains { !$0.isArtifact }
        let hasWanted = images.contains { $0.fits(options.platform) }
        var choices: [SourcePlatformImage?] = []
        for image in images {
            if hasImage, image.isArtifact {
                choices.append(nil)
            } else if options.platform != nil, hasWanted, !image.fits(options.platform) {
                report(.passedOver(title: image.title, platforms: image.images.map(\.platform)))
                choices.append(nil)
            } else {
                choices.append(try image.choose(options.platform, path: source.path))
            }
        }
        return choices
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
        try inStore { () throws(ContentError) in _ = try session.store(document.bytes) }
    }

    /// Makes the images visible, and returns the names that other images had until now.
    @discardableResult
    func publish(
        _ names: [(name: Reference?, descriptor: Descriptor)], at moment: Timestamp
    ) throws(TransferError) -> [MovedName] {
        let moved: [MovedName]
        do throws(ImageError) {
            moved = try store.setNames(names)
        } catch {
            throw .images(error)
        }
        for name in names { store.catalog.recordImported(name.descriptor.digest, at: moment) }
        return moved
    }
}

extension SourceImage {
    /// Whether it is no image for any platform: an artifact's or an attestation's manifest.
    var isArtifact: Bool { images.isEmpty && absentPlatforms.isEmpty && top != nil }

    /// Whether it has an image for the platform, or for this machine's where none is named.
    func fits(_ wanted: Platform?) -> Bool {
        let preference = PlatformPreference(wanted ?? .host)
        return images.contains { preference.rank($0.platform) != nil }
    }

    /// The image for one platform alone, as an image of its own; what the index lists beside it is left out.
    package func only(_ platform: Platform, path: String) throws(TransferError) -> SourceImage {
        let chosen = try choose(platform, path: path)
        return SourceImage(
            names: names, label: label, top: chosen.manifest?.descriptor, images: [chosen], documents: [], blobs: [],
            absentPlatforms: [])
    }

    /// The image for the wanted platform, else for this machine, else the only one there is; nil for none of these.
    func preferred(_ wanted: Platform?) -> SourcePlatformImage? {
        PlatformPreference.choose(images.map(\.candidate), for: wanted)
    }

    /// The same, where nothing is an error.
    func choose(_ wanted: Platform?, path: String) throws(TransferError) -> SourcePlatformImage {
        if let chosen = preferred(wanted) { return chosen }
        if isArtifact, let top { throw .artifact(path: path, top.digest) }
        throw .noSuchPlatform(path: path, wanted: wanted?.description, available: images.map(\.platform.description))
    }
}
