package import EngineStores
package import LayerArchive
package import OCISpec
import StorageIO
import SystemPackage

/// An image that was found in an engine's store, to be looked at in place or brought in.
///
/// Nothing is locked or written there, and the engine may run.
package struct EngineSource: Sendable {
    /// How it was asked for.
    package let reference: EngineReference
    /// Its names are those of the engine which a store can keep, the one that was asked for first.
    let image: SourceImage
    let container: any MemberContainer
    /// The layers with tar-splits; nil for containerd's, which are blobs.
    let layers: EngineLayers?
    /// The platform asked for, of whose image alone anything is read; nil where all are meant.
    let platform: Platform?

    private static let tries = 5

    /// Finds the image in the store at `root`; a name for containerd without a namespace is looked for in `namespace`, else in all.
    ///
    /// An image that goes or is replaced during the look is looked for again, some times.
    package static func find(
        _ reference: EngineReference, root: String, namespace: String?, platform: Platform?, limits: ScanLimits
    ) throws(TransferError) -> EngineSource {
        do throws(EngineSourceFault) {
            guard reference.isClosed else { throw .openBracket }
            if let driver = reference.driver, driver != "overlay" {
                throw .store(.unknownDriver(reference.engine, path: root, driver: driver), root: root)
            }
            var left = tries
            while true {
                left -= 1
                do throws(EngineSourceFault) {
                    return try EngineSource(reference, root, namespace, platform, limits)
                } catch {
                    guard case .image(let problem, _) = error, problem.isChange, left > 0 else { throw error }
                }
            }
        } catch {
            throw .engine(reference, error)
        }
    }

    private init(
        _ reference: EngineReference, _ root: String, _ namespace: String?, _ platform: Platform?, _ limits: ScanLimits
    ) throws(EngineSourceFault) {
        let images = try Self.images(reference.engine, root)
        let available = { images.listed.map(\.title).sorted() }
        guard !reference.image.isEmpty else { throw .noName(root: root, available: available()) }
        let found = images.find(reference.image, namespace: namespace)
        guard let listed = found.first else { throw .noSuchImage(root: root, available: available()) }
        guard found.count == 1 else { throw .several(found.map { "\($0.title) (\($0.id.short))" }) }
        guard reference.engine != .containerd else {
            try self.init(listed, of: images, reference, platform, limits.documents)
            return
        }
        let stack: StackedImage
        var known: [String: StackedLayer] = [:]
        do throws(EngineImageError) { stack = try images.image(listed, &known) } catch { throw .image(error, root: root) }
        let layers = EngineLayers(stack.layers, images, path: reference.text, limits: limits)
        let image = try Self.image(stack, names: Self.names(listed, asked: reference.image), root)
        self.init(reference: reference, image: image, container: layers, layers: layers, platform: platform)
    }

    private init(
        reference: EngineReference, image: SourceImage, container: any MemberContainer, layers: EngineLayers?,
        platform: Platform?
    ) {
        self.reference = reference
        self.image = image
        self.container = container
        self.layers = layers
        self.platform = platform
    }

    /// An image of containerd's.
    init(
        _ listed: EngineListedImage, of images: EngineImages, _ reference: EngineReference, _ platform: Platform?,
        _ documents: DocumentLimits
    ) throws(EngineSourceFault) {
        let (image, container) = try Self.layoutImage(listed, images, reference, platform, documents)
        self.init(reference: reference, image: image, container: container, layers: nil, platform: platform)
    }

    /// The images of a root.
    package static func images(_ engine: EngineKind, _ path: String) throws(EngineSourceFault) -> EngineImages {
        let root: Directory
        do throws(StorageError) { root = try Directory.open(FilePath(path)) } catch { throw .store(.storage(error), root: path) }
        do throws(EngineStoreError) { return try EngineImages(engine, in: root) } catch { throw .store(error, root: path) }
    }

    /// What a store can call an image: its names with a tag, the one that was asked for before the others.
    static func names(_ listed: EngineListedImage, asked: String?) -> [Reference] {
        let names = listed.names.compactMap { Reference(ifValid: $0) }.filter { $0.tag != nil && $0.digest == nil }
        guard let asked = asked.flatMap({ Reference(ifValid: $0) })?.withDefaultTag else { return names }
        return names.filter { $0 == asked } + names.filter { $0 != asked }
    }

    /// An image of layers that lie unpacked, its config as it is.
    static func image(_ stack: StackedImage, names: [Reference], _ root: String) throws(EngineSourceFault) -> SourceImage {
        let config: ImageConfig
        do throws(DocumentError) { config = try decodeDocument(ImageConfig.self, from: stack.config, limits: .stored) } catch {
            throw .image(.badConfig(path: stack.id.hex, error), root: root)
        }
        let document = SourceDocument(
            descriptor: Descriptor(mediaType: MediaType.config, digest: stack.id, size: Int64(stack.config.count)),
            bytes: stack.config)
        let layers = stack.layers.map {
            SourceLayer(diffID: $0.diffID, descriptor: nil, member: EngineLayers.member($0.diffID, bytes: 0))
        }
        return SourceImage(
            names: names, labels: [], top: nil,
            images: [SourcePlatformImage(manifest: nil, config: document, decodedConfig: config, layers: layers)],
            documents: [], blobs: [])
    }

    // MARK: containerd

    /// An image whose blobs lie as in an image layout.
    private static func layoutImage(
        _ listed: EngineListedImage, _ images: EngineImages, _ reference: EngineReference, _ platform: Platform?,
        _ documents: DocumentLimits
    ) throws(EngineSourceFault) -> (SourceImage, any MemberContainer) {
        do throws(TransferError) {
            let container = try FolderContainer(blobsAt: images.contentPath, named: reference.text, documents: documents)
            let path = "blobs/sha256/\(listed.id.hex)"
            guard let top = try container.find(path) else { throw .engine(reference, .discarded(listed.id)) }
            let entry = Descriptor(mediaType: listed.mediaType ?? "", digest: listed.id, size: top.size)
            var image = try LayoutReader(container: container, wanted: platform).image(entry)
            image.names = names(listed, asked: nil)
            if image.names.isEmpty { image.labels = listed.names }
            return (image, container)
        } catch {
            throw fault(error)
        }
    }

    /// What is wrong with an image of containerd; its engine has told already that it is an image.
    private static func fault(_ error: TransferError) -> EngineSourceFault {
        switch error {
        case .engine(_, let fault): fault
        case .missingMember(_, let member): BlobPath.digest(member).map { .discarded($0) } ?? .blobs(error)
        default: .blobs(error)
        }
    }

    /// The same error in the engine's words, where it is about the engine's own files.
    package func explained(_ error: TransferError) -> TransferError {
        switch error {
        case .badLayer(_, let layer, let problem):
            guard layers != nil, let digest = EngineLayers.digest(layer) else { return error }
            return .engine(reference, .layer(digest, .unreadable(problem)))
        case .diffIDMismatch(_, _, let expected, let actual) where layers != nil:
            return .engine(reference, .layer(expected, .changed(actual: actual)))
        case .incompletePlatform(_, _, _, .missingMember(_, let member)), .missingMember(_, let member):
            guard let digest = BlobPath.digest(member) else { return error }
            return .engine(reference, .discarded(digest))
        default: return error
        }
    }
}
