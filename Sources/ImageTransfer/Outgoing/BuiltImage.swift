import ContentStorage
import OCISpec

/// An image with its documents: those of its source, or made where the source has none.
struct BuiltImage {
    let config: SourceDocument
    let manifest: SourceDocument
    private let decodedConfig: ImageConfig
    private let layers: [ScannedLayer]
    private let annotations: [ExactText: String]

    /// `image` with its layers as `ingested` found them.
    ///
    /// What is made is made the same way every time: sorted keys, no dates.
    init(_ image: SourcePlatformImage, _ ingested: [SourceLayer: IngestedLayer]) throws(TransferError) {
        let found = image.layers.compactMap { ingested[$0] }
        layers = zip(image.layers, found).map { layer, found in
            ScannedLayer(diffID: found.diffID, descriptor: found.descriptor, isAbsent: layer.member == nil)
        }
        var decodedConfig = image.decodedConfig
        if let config = image.config {
            self.config = config
        } else {
            decodedConfig.rootfs = RootFS(diffIDs: found.map(\.diffID))
            config = try Self.document(decodedConfig, MediaType.config)
        }
        self.decodedConfig = decodedConfig
        if let manifest = image.manifest {
            self.manifest = manifest
        } else {
            let made = ImageManifest(
                mediaType: MediaType.manifest, config: config.descriptor, layers: found.map(\.descriptor))
            manifest = try Self.document(made, MediaType.manifest)
        }
        annotations = image.annotations
    }

    /// The image as analysis takes it.
    func scanned(name: String?) -> ScannedImage {
        ScannedImage(
            name: name, manifestDigest: manifest.descriptor.digest, imageID: config.descriptor.digest,
            config: decodedConfig, platform: decodedConfig.platform, annotations: annotations, layers: layers,
            configBytes: config.bytes)
    }

    private static func document(_ value: some Encodable, _ mediaType: String) throws(TransferError) -> SourceDocument {
        do {
            let bytes = try encodeDocument(value)
            let descriptor = Descriptor(mediaType: mediaType, digest: Digest(hashing: bytes), size: Int64(bytes.count))
            return SourceDocument(descriptor: descriptor, bytes: bytes)
        } catch {
            throw .badDocument(path: "", member: mediaType, error)
        }
    }
}
