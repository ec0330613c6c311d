// https://github.com/opencontainers/image-spec/blob/v1.1.1/image-layout.md

import ContentStorage
import OCISpec
import StorageIO

/// What the documents of a store claim, followed from `index.json` to the end, and where they are wrong.
///
/// Everything is read anew: nothing that was learned before is believed.
struct DocumentWalk {
    /// What a document says of a layer's blob.
    struct LayerClaim: Hashable {
        let diffID: Digest?
        let mediaType: String
        let claimedBy: String
    }

    private(set) var findings: [CheckFinding] = []
    /// Every blob that something names.
    private(set) var reached: Set<Digest> = []
    private(set) var layers: [Digest: Set<LayerClaim>] = [:]
    /// Descriptors of blobs that must be there and are not.
    private(set) var missing: [Digest: Descriptor] = [:]
    private(set) var entries: [Descriptor] = []
    /// Whether every document on the way could be read.
    private(set) var isComplete = true

    private let content: ContentStore
    private var decoded: Set<Digest> = []
    private var seen: Set<CheckFinding> = []

    private static let indexName = "index.json"
    private static let maxDepth = 8

    init(_ content: ContentStore) { self.content = content }

    /// Follows `index.json` until it stayed the same for the whole of a walk, so that what is missing is missing.
    static func settled(_ content: ContentStore) -> DocumentWalk {
        while true {
            var walk = DocumentWalk(content)
            let before = walk.indexStatus
            walk.run()
            if walk.indexStatus == before { return walk }
        }
    }

    private var indexStatus: FileStatus? {
        do throws(StorageError) { return try content.root.status(Self.indexName) } catch { return nil }
    }

    private mutating func run() {
        do throws(ContentError) {
            entries = try content.readIndex().manifests
        } catch {
            isComplete = false
            switch error {
            case .indexMissing:
                add(CheckFinding(.indexMissing, Self.indexName, expected: .present, actual: .absent))
            case .damaged(_, _, let detail):
                add(CheckFinding(.indexUnreadable, Self.indexName, expected: .text("an image index"), actual: .document(detail)))
            default:
                add(CheckFinding(.indexUnreadable, Self.indexName, expected: .text("an image index"), actual: .failure(error)))
            }
            return
        }
        for entry in entries { visit(entry, from: Self.indexName, isRequired: true, depth: 0) }
    }

    private mutating func add(_ finding: CheckFinding) {
        if seen.insert(finding).inserted { findings.append(finding) }
    }

    /// Looks at one descriptor, and follows it.
    private mutating func visit(_ descriptor: Descriptor, from origin: String, isRequired: Bool, depth: Int) {
        let digest = descriptor.digest
        let isForeign = MediaType.isForeignLayer(descriptor.mediaType)
        guard let status = status(digest) else {
            if !isForeign, isRequired { reportMissing(descriptor, from: origin) }
            if isRequired { reached.insert(digest) }
            return
        }
        reached.insert(digest)
        guard status.kind == .file else {
            isComplete = false
            return
        }
        if status.sizeBytes != descriptor.size { reportSize(descriptor, from: origin, actual: status.sizeBytes) }
        let kind = DocumentKind(descriptor, isEntry: origin == Self.indexName)
        guard kind != .blob, decoded.insert(digest).inserted else { return }
        guard depth <= Self.maxDepth else {
            isComplete = false
            add(
                CheckFinding(
                    .unreadableDocument, path(digest), digest, claimedBy: origin,
                    expected: .text("indexes nested at most \(Self.maxDepth) deep"), actual: .text("deeper")))
            return
        }
        guard let bytes = bytes(descriptor, from: origin) else { return }
        if kind == .unknown, !Self.isDocument(bytes) { return }
        switch decode(ImageDocument.self, descriptor, bytes, from: origin) {
        case .index(let index)?: follow(index, descriptor, from: origin, depth: depth)
        case .manifest(let manifest)?: follow(manifest, descriptor, from: origin, depth: depth)
        case nil: break
        }
    }

    private mutating func follow(_ index: ImageIndex, _ descriptor: Descriptor, from origin: String, depth: Int) {
        compareTypes(descriptor, index.mediaType, from: origin)
        let name = descriptor.digest.description
        // A platform that was never fetched is normal, and so is a subject that is elsewhere.
        for child in index.manifests { visit(child, from: name, isRequired: false, depth: depth + 1) }
        if let subject = index.subject { visit(subject, from: name, isRequired: false, depth: depth + 1) }
    }

    private mutating func follow(_ manifest: ImageManifest, _ descriptor: Descriptor, from origin: String, depth: Int) {
        compareTypes(descriptor, manifest.mediaType, from: origin)
        let name = descriptor.digest.description
        visit(manifest.config, from: name, isRequired: true, depth: depth + 1)
        for layer in manifest.layers { visit(layer, from: name, isRequired: true, depth: depth + 1) }
        if let subject = manifest.subject { visit(subject, from: name, isRequired: false, depth: depth + 1) }
        let isImage = manifest.isImage
        let diffIDs = isImage ? diffIDs(of: manifest, named: descriptor.digest) : nil
        for (place, layer) in manifest.layers.enumerated() where MediaType.isLayer(layer.mediaType) {
            // An artifact's layers may be called what they like.
            guard isImage else { continue }
            let diffID = diffIDs.flatMap { $0.indices.contains(place) ? $0[place] : nil }
            layers[layer.digest, default: []].insert(
                LayerClaim(diffID: diffID, mediaType: layer.mediaType, claimedBy: name))
        }
    }

    /// The diff IDs that the config gives; nil where it cannot be read or counts other layers than the manifest.
    private mutating func diffIDs(of manifest: ImageManifest, named name: Digest) -> [Digest]? {
        let descriptor = manifest.config
        guard status(descriptor.digest)?.kind == .file,
            let bytes = bytes(descriptor, from: name.description),
            let config = decode(ImageConfig.self, descriptor, bytes, from: name.description)
        else { return nil }
        let count = config.rootfs.diffIDs.count
        if count == manifest.layers.count { return config.rootfs.diffIDs }
        if manifest.layers.allSatisfy({ MediaType.isLayer($0.mediaType) }) {
            add(
                CheckFinding(
                    .layerCountMismatch, path(name), name, claimedBy: descriptor.digest.description,
                    expected: .layers(count), actual: .layers(manifest.layers.count)))
        }
        return nil
    }

    private mutating func reportMissing(_ descriptor: Descriptor, from origin: String) {
        missing[descriptor.digest] = descriptor
        isComplete = false
        add(
            CheckFinding(
                origin == Self.indexName ? .danglingEntry : .missingBlob,
                origin == Self.indexName ? Self.indexName : path(descriptor.digest), descriptor.digest, claimedBy: origin,
                expected: .bytes(descriptor.size), actual: .absent))
    }

    private mutating func reportSize(_ descriptor: Descriptor, from origin: String, actual: Int64) {
        add(
            CheckFinding(
                origin == Self.indexName ? .entrySizeMismatch : .sizeMismatch,
                origin == Self.indexName ? Self.indexName : path(descriptor.digest), descriptor.digest, claimedBy: origin,
                expected: .bytes(descriptor.size), actual: .bytes(actual)))
    }

    private mutating func compareTypes(_ descriptor: Descriptor, _ own: String?, from origin: String) {
        guard let own, !own.isEmpty, own != descriptor.mediaType else { return }
        add(
            CheckFinding(
                .mediaTypeMismatch, path(descriptor.digest), descriptor.digest, claimedBy: origin,
                expected: .text(descriptor.mediaType), actual: .text(own)))
    }

    /// A document's bytes; nil, and the walk not complete, where they cannot be had or are not what the digest names: that is
    /// a finding of the blob.
    private mutating func bytes(_ descriptor: Descriptor, from origin: String) -> [UInt8]? {
        do throws(ContentError) { return try content.readBlob(descriptor.digest) } catch {
            isComplete = false
            if case .blobTooLarge = error {
                add(
                    CheckFinding(
                        .unreadableDocument, path(descriptor.digest), descriptor.digest, claimedBy: origin,
                        expected: .text(descriptor.mediaType), actual: .failure(error)))
            }
            return nil
        }
    }

    private mutating func decode<T: Decodable>(
        _ type: T.Type, _ descriptor: Descriptor, _ bytes: [UInt8], from origin: String
    ) -> T? {
        do throws(DocumentError) { return try decodeDocument(type, from: bytes) } catch {
            isComplete = false
            add(
                CheckFinding(
                    .unreadableDocument, path(descriptor.digest), descriptor.digest, claimedBy: origin,
                    expected: .text(descriptor.mediaType), actual: .document(error)))
            return nil
        }
    }

    /// Whether it is an index or a manifest by its own word; what cannot be read is neither.
    private static func isDocument(_ bytes: [UInt8]) -> Bool {
        do throws(DocumentError) { return try decodeDocument(DocumentShape.self, from: bytes).kind != nil } catch { return false }
    }

    private func status(_ digest: Digest) -> FileStatus? {
        do throws(StorageError) { return try content.blobStatus(digest) } catch { return nil }
    }

    private func path(_ digest: Digest) -> String { BlobPath.path(digest) }
}

/// Which document a descriptor leads to.
private enum DocumentKind {
    /// An index or a manifest: which of the two, it says itself.
    case document
    case blob
    /// An entry of `index.json` of a type that says nothing.
    case unknown

    init(_ descriptor: Descriptor, isEntry: Bool) {
        if MediaType.isIndex(descriptor.mediaType) || MediaType.isManifest(descriptor.mediaType) {
            self = .document
        } else {
            self = isEntry && descriptor.size <= DocumentLimits.default.maxBytes ? .unknown : .blob
        }
    }
}

enum BlobPath {
    static func path(_ digest: Digest) -> String { "blobs/\(digest.algorithm.rawValue)/\(digest.hex)" }
}
