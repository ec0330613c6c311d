import LayerArchive
import OCISpec
import StorageIO

extension EngineSource {
    /// Whether its figures come from tar-splits alone, so that no layer is read.
    package var isReadInPlace: Bool { layers != nil }

    /// The image told in place: of its layers nothing is opened but their tar-splits.
    ///
    /// Its documents and figures are those of the archive that the engine would save. Contents are known by checksums, which are in no catalog
    /// and meet no hashes; files of package managers are read from the unpacked layers when somebody asks for them.
    package func look(_ options: TransferOptions) throws(TransferError) -> ScannedImage {
        guard let layers else { throw .noImages(path: reference.text) }
        let chosen = try image.choose(platform, from: container)
        let indexes = try read(chosen, options.workerCount) { try layers.index($0) }
        var found: [SourceLayer: IngestedLayer] = [:]
        for layer in chosen.layers {
            guard let diffID = layer.diffID, let index = indexes[diffID] else { continue }
            found[layer] = IngestedLayer(
                diffID: diffID, descriptor: Descriptor(mediaType: MediaType.layer, digest: diffID, size: index.tarBytes))
        }
        var scanned = try BuiltImage(chosen, found).scanned(name: image.names.first?.familiar)
        for place in scanned.layers.indices {
            let index = indexes[scanned.layers[place].diffID]
            scanned.layers[place].listing = index?.entriesOfUnpacked
            scanned.layers[place].tarBytes = index?.tarBytes
        }
        let diffIDs = scanned.layers.map(\.diffID)
        scanned.rereading = LayerRereading { layer, entries in
            try indexes[diffIDs[layer]].map { try layers.documents(diffIDs[layer], entries, of: $0.entries) }
        }
        return scanned
    }

    /// The image as a source that is brought in, or whose layers are read in full.
    package func opened(workerCount: Int) throws(TransferError) -> OpenedSource {
        guard let layers, let only = image.images.first else {
            return try OpenedSource(reference.text, [image], container, platform)
        }
        let bytes = try read(only, workerCount) { try layers.tarBytes($0) }
        var sized = image
        sized.images[0].layers = only.layers.map { layer in
            var layer = layer
            layer.member = layer.diffID.map { EngineLayers.member($0, bytes: bytes[$0] ?? 0) }
            return layer
        }
        return try OpenedSource(reference.text, [sized], container, platform)
    }

    /// What `body` reads of each different layer, several at a time.
    private func read<T: Sendable>(
        _ image: SourcePlatformImage, _ workerCount: Int, _ body: @Sendable (Digest) throws -> T
    ) throws(TransferError) -> [Digest: T] {
        let diffIDs = Array(Set(image.layers.compactMap(\.diffID)))
        do {
            let found = try Threads.concurrently(count: diffIDs.count, workers: workerCount) { try body(diffIDs[$0]) }
            return Dictionary(uniqueKeysWithValues: zip(diffIDs, found))
        } catch let error as TransferError {
            throw error
        } catch {
            throw .unexpected(error)
        }
    }
}
