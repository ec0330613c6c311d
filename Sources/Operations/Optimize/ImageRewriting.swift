import ContentStorage
import ImageBuild
import ImageStorage
import ImageTransfer
import LayerAnalysis
import LayerArchive
import OCISpec

/// Carries out what was planned of an image's layers, into a session of the store or to nowhere.
struct ImageRewriting {
    let workspace: Workspace
    let image: ScannedImage
    let indexes: [LayerIndex]
    let plan: LayerRewriting
    let request: OptimizeRequest
    let session: IngestSession?

    /// What became of a layer.
    struct Layer {
        let told: OptimizedImage.Layer
        /// Nil for one that goes.
        let descriptor: Descriptor?
        let diffID: Digest
    }

    /// Writes the layers, lowest first.
    func layers() throws -> [Layer] {
        let history = image.config.layerHistory
        return try plan.layers.enumerated().map { number, change in
            let isGroup = request.isSquashed && number == plan.layers.count - 1 && change != .kept
            let old =
                isGroup ? Array(image.layers[min(number, image.layers.count)...]) : image.layers[safe: number].map { [$0] } ?? []
            let before = old.reduce(0) { $0 + $1.descriptor.size }
            let createdBy = isGroup ? nil : (number < history.count ? history[number]?.createdBy : nil)
            func told(_ kind: OptimizedImage.Change, _ after: Int64, _ entryCount: Int) -> OptimizedImage.Layer {
                .init(change: kind, createdBy: createdBy, beforeBytes: before, afterBytes: after, entryCount: entryCount)
            }
            switch change {
            case .kept:
                guard let layer = old.first else {
                    // The layer that takes away what is dropped is none of the image's, and has to be written.
                    let index = indexes[number]
                    let entries = (0..<index.count).map { RewrittenEntry(path: index[$0].path, content: .whiteout) }
                    let (descriptor, diffID) = try write(entries, like: image.layers.last)
                    return Layer(
                        told: told(.written, descriptor.size, entries.count), descriptor: descriptor, diffID: diffID)
                }
                return Layer(
                    told: told(.kept, before, indexes[number].count), descriptor: layer.descriptor, diffID: layer.diffID)
            case .dropped: return Layer(told: told(.dropped, 0, 0), descriptor: nil, diffID: image.imageID)
            case .written(let entries):
                let (descriptor, diffID) = try write(entries, like: old.last ?? image.layers.last)
                return Layer(told: told(.written, descriptor.size, entries.count), descriptor: descriptor, diffID: diffID)
            }
        }
    }

    private func write(_ entries: [RewrittenEntry], like layer: ScannedLayer?) throws -> (Descriptor, Digest) {
        let compression = request.compression ?? LayerCompression(mediaType: layer?.descriptor.mediaType ?? "")
        let limits = workspace.options.limits
        let copy = try LayerCopy(entries, indexes, image.layers.map(\.descriptor.digest), workspace.store.content, limits: limits)
        if let session {
            let maker = LayerMaker(store: workspace.store, session: session, compression: compression, limits: limits)
            let made = try maker.make { try copy.write(to: $0) }
            return (made.layer.descriptor, made.layer.diffID)
        }
        let made = try LayerAssembly.assemble(into: { _ in }, compression: compression, limits: limits) { try copy.write(to: $0) }
        return (
            Descriptor(mediaType: compression.mediaType, digest: made.digest, size: made.compressedBytes), made.scan.diffID
        )
    }

    /// The image itself, of which everything stays.
    func unchanged() -> WrittenImage {
        let manifest = image.root ?? Descriptor(mediaType: MediaType.manifest, digest: image.manifestDigest, size: 0)
        return WrittenImage(imageID: image.imageID, descriptor: manifest)
    }

    /// Writes the image of these layers: its configuration as it was but for layers and history, and its annotations.
    func write(_ layers: [LayerRecord], drops: Bool, _ session: IngestSession) throws -> WrittenImage {
        let config = try RewrittenConfig(image.configBytes ?? [], plan, squashed: request.isSquashed, drops: drops)
            .bytes(diffIDs: layers.map(\.diffID))
        return try workspace.write(
            config: config, layers: layers.map(\.descriptor.inLayout),
            annotations: image.annotations.isEmpty ? nil : image.annotations, session)
    }
}

extension LayerCompression {
    /// How a layer of this type is stored.
    fileprivate init(mediaType: String) {
        switch mediaType {
        case _ where mediaType.hasSuffix("zstd"): self = .zstd
        case _ where mediaType.hasSuffix("gzip"): self = .gzip
        default: self = .none
        }
    }
}

extension Array {
    fileprivate subscript(safe place: Int) -> Element? { indices.contains(place) ? self[place] : nil }
}
