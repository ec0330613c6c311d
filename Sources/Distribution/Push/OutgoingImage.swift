import ContentStorage
import ImageStorage
import OCISpec
import StorageIO

/// One blob that a push brings to the registry.
struct OutgoingBlob: Sendable {
    let descriptor: Descriptor
    /// What it decompresses to, for a layer of an image whose config says so.
    let diffID: Digest?
    /// Whether it is a layer that registries do not carry.
    var isForeign: Bool { MediaType.isForeignLayer(descriptor.mediaType) }
    /// What reports call it: docker's word is the diff ID.
    var label: Digest { diffID ?? descriptor.digest }
}

/// A manifest or an index of the store, and what it lists.
struct OutgoingDocument: Sendable {
    let descriptor: Descriptor
    let bytes: [UInt8]
    let children: [OutgoingDocument]
}

/// An image with all that a push sends; the session holds every blob of it.
struct OutgoingImage: Sendable {
    let root: OutgoingDocument
    /// Configs and layers, once each, in the order of the manifests.
    let blobs: [OutgoingBlob]
}

/// Walks the store from a name to the blobs that a push sends.
struct OutgoingWalk {
    private let store: ImageStore
    private let session: IngestSession
    private let title: String
    private var blobs: [OutgoingBlob] = []
    private var seen: Set<Digest> = []
    private var manifestCount = 0

    init(_ store: ImageStore, _ session: IngestSession, title: String) {
        self.store = store
        self.session = session
        self.title = title
    }

    /// Everything that `root` reaches; of an index that is not whole in the store, the one image that is.
    ///
    /// `onlyPlatform` is told when that image goes out in the index's stead.
    mutating func walk(
        _ root: Descriptor, platform: Platform?, onlyPlatform: (Platform) -> Void
    ) throws(DistributionError) -> OutgoingImage {
        var start = root
        if platform != nil {
            start = try lift(try store.load(root, platform: platform), to: DistributionError.images).descriptor
        } else if let index = try index(root), try !isWhole(index, depth: 0) {
            start = try onlyImage(of: root, index)
            if let platform = start.platform { onlyPlatform(platform) }
        }
        let document = try document(start, depth: 0)
        return OutgoingImage(root: document, blobs: blobs)
    }

    private func index(_ descriptor: Descriptor) throws(DistributionError) -> ImageIndex? {
        guard case .index(let index) = try decode(ImageDocument.self, try bytes(descriptor)) else { return nil }
        return index
    }

    /// Whether the store has every document that an index lists, attestations included.
    private func isWhole(_ index: ImageIndex, depth: Int) throws(DistributionError) -> Bool {
        guard depth <= ImageStore.maxDepth else { throw .tooManyManifests(title, .nesting(ImageStore.maxDepth)) }
        for child in index.manifests {
            guard try isPresent(child.digest) else { return false }
            if let nested = try self.index(child), try !isWhole(nested, depth: depth + 1) { return false }
        }
        return true
    }

    private func onlyImage(of root: Descriptor, _ index: ImageIndex) throws(DistributionError) -> Descriptor {
        var present: [Descriptor] = []
        var absent: [String] = []
        for child in index.manifests where child.isImageEntry {
            if try isPresent(child.digest) { present.append(child) } else { absent.append(Self.name(child)) }
        }
        guard let only = present.first, present.count == 1 else {
            throw .absentPlatforms(title, absent: absent, present: present.map(Self.name))
        }
        return only
    }

    private static func name(_ child: Descriptor) -> String { child.platform?.description ?? child.digest.short }

    private func isPresent(_ digest: Digest) throws(DistributionError) -> Bool {
        try lift(try store.content.blobs.size(of: digest), to: DistributionError.content) != nil
    }

    private mutating func document(_ descriptor: Descriptor, depth: Int) throws(DistributionError) -> OutgoingDocument {
        manifestCount += 1
        guard depth <= ImageStore.maxDepth else { throw .tooManyManifests(title, .nesting(ImageStore.maxDepth)) }
        guard manifestCount <= ImageStore.maxManifests else {
            throw .tooManyManifests(title, .manifests(ImageStore.maxManifests))
        }
        let bytes = try bytes(descriptor)
        var children: [OutgoingDocument] = []
        switch try decode(ImageDocument.self, bytes) {
        case .index(let index):
            for child in index.manifests { children.append(try document(child, depth: depth + 1)) }
        case .manifest(let manifest): try add(manifest, descriptor)
        }
        // What registries are told is the document's own word, whatever the store calls it.
        let named = try RemoteDocument(bytes, descriptor.digest, claimed: descriptor.mediaType, title: title, .stored).named(
            descriptor)
        return OutgoingDocument(descriptor: named.descriptor, bytes: bytes, children: children)
    }

    private mutating func add(_ manifest: ImageManifest, _ entry: Descriptor) throws(DistributionError) {
        var diffIDs: [Digest] = []
        if case .image = manifest.content(listedAs: entry), !manifest.layers.isEmpty {
            let config = try decode(ImageConfig.self, try bytes(manifest.config))
            diffIDs = config.rootfs.diffIDs
            guard diffIDs.count == manifest.layers.count else {
                throw .layerCountMismatch(manifest.config.digest, config: diffIDs.count, manifest: manifest.layers.count)
            }
        }
        for (number, layer) in manifest.layers.enumerated() {
            try add(OutgoingBlob(descriptor: layer, diffID: diffIDs.isEmpty ? nil : diffIDs[number]))
        }
        try add(OutgoingBlob(descriptor: manifest.config, diffID: nil))
    }

    /// Takes a blob on; a foreign layer need not be here.
    private mutating func add(_ blob: OutgoingBlob) throws(DistributionError) {
        guard seen.insert(blob.descriptor.digest).inserted else { return }
        let isHeld = try lift(try session.hold(blob.descriptor.digest, size: blob.descriptor.size), to: DistributionError.content)
        guard isHeld || blob.isForeign else { throw try absence(of: blob.descriptor) }
        blobs.append(blob)
    }

    /// Why a blob that the store does not have as it should cannot be sent.
    private func absence(of descriptor: Descriptor) throws(DistributionError) -> DistributionError {
        let size = try lift(try store.content.blobs.size(of: descriptor.digest), to: DistributionError.content)
        guard let size else { return .content(.blobAbsent(descriptor.digest)) }
        return .images(.wrongSize(descriptor.digest, expectedBytes: descriptor.size, actualBytes: size))
    }

    /// A document's bytes, verified and held.
    private func bytes(_ descriptor: Descriptor) throws(DistributionError) -> [UInt8] {
        let bytes = try lift(to: DistributionError.content) { () throws(ContentError) in
            guard try session.hold(descriptor.digest, size: nil) else { throw ContentError.blobAbsent(descriptor.digest) }
            return try store.content.blobs.read(descriptor.digest)
        }
        guard Int64(bytes.count) == descriptor.size else {
            throw .images(
                .wrongSize(descriptor.digest, expectedBytes: descriptor.size, actualBytes: Int64(bytes.count)))
        }
        return bytes
    }

    private func decode<T: Decodable>(_ type: T.Type, _ bytes: [UInt8]) throws(DistributionError) -> T {
        do { return try decodeDocument(type, from: bytes, limits: .stored) } catch { throw .badDocument(title, error) }
    }
}
