// https://github.com/opencontainers/image-spec/blob/v1.1.1/image-layout.md

import ContentStorage
import ImageStorage
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
        // Reading it fails as well, and is told.
        do throws(StorageError) { return try content.root.status(Self.indexName) } catch { return nil }
    }

    private mutating func run() {
        do {
            let index = try content.index.read()
            entries = index.manifests
            report(index.oddEntries, from: Self.indexName, path: Self.indexName)
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
        for entry in entries { visit(entry, DocumentFacts.Kind(entry: entry), from: Self.indexName, isRequired: true, depth: 0) }
        runContainers()
    }

    /// Follows what containers were made from: it is needed for as long as they are there.
    private mutating func runContainers() {
        let ids: [PathPart]
        do { ids = try content.containers.ids() } catch {
            isComplete = false
            add(
                CheckFinding(
                    .unreadable, StoredContainers.folderName, expected: .text("a directory"), actual: .failure(error)))
            return
        }
        for id in ids { look(at: id) }
    }

    /// Looks at one container; one that is gone by now, or was never finished, needs nothing.
    private mutating func look(at id: PathPart) {
        do {
            guard let container = try content.containers.folder(id).record() else { return }
            let path = "\(StoredContainers.folderName)/\(id)/\(ContainerFolder.recordName)"
            merge(Self.walk(of: container, path, content), container, path)
            for damage in try content.containers.damages(id) { add(CheckFinding(.containerIncomplete, damage)) }
        } catch .containerDamaged(let damage) {
            // It may need anything.
            isComplete = false
            add(CheckFinding(.containerRecord, damage))
        } catch {
            guard !error.isOfAbsentContainer else { return }
            isComplete = false
            add(
                CheckFinding(
                    .unreadable, "\(StoredContainers.folderName)/\(id)", expected: .text("a container"),
                    actual: .failure(error)))
        }
    }

    /// What one container alone needs, as if there were no entry: what is missing is its loss, whoever else lacks it.
    private static func walk(of container: ContainerRecord, _ path: String, _ content: ContentStore) -> DocumentWalk {
        var walk = DocumentWalk(content)
        let image = container.image
        walk.visit(image, DocumentFacts.Kind(entry: image), from: path, isRequired: true, depth: 0)
        return walk
    }

    private mutating func merge(_ walk: DocumentWalk, _ container: ContainerRecord, _ path: String) {
        reached.formUnion(walk.reached)
        layers.merge(walk.layers) { $0.union($1) }
        missing.merge(walk.missing) { first, _ in first }
        isComplete = isComplete && walk.isComplete
        for finding in walk.findings where finding.code != .missingBlob && finding.code != .danglingEntry { add(finding) }
        // One that was removed meanwhile lacks nothing.
        let isThere = isThere(path)
        for (digest, descriptor) in walk.missing where isThere {
            add(
                CheckFinding(
                    .containerImage, path, digest,
                    claimedBy: "container \(container.name ?? String(container.id.text.prefix(12)))",
                    expected: .bytes(descriptor.size), actual: .absent))
        }
    }

    private mutating func add(_ finding: CheckFinding) {
        if seen.insert(finding).inserted { findings.append(finding) }
    }

    /// What an index lists and this program cannot use: nobody knows what it leads to.
    private mutating func report(_ entries: [OddEntry], from origin: String, path: String) {
        if !entries.isEmpty { isComplete = false }
        for entry in entries {
            add(
                CheckFinding(
                    .oddEntry, path, claimedBy: origin, expected: .text("a descriptor"),
                    actual: .text(
                        "\(entry.name ?? "an entry") of digest \(entry.digest ?? "none") (\(entry.id)): \(entry.detail)")))
        }
    }

    /// Looks at one descriptor, and follows it if it is a document's, as one of `kind`.
    private mutating func visit(
        _ descriptor: Descriptor, _ kind: DocumentFacts.Kind?, from origin: String, isRequired: Bool, depth: Int
    ) {
        let digest = descriptor.digest
        let isForeign = MediaType.isForeignLayer(descriptor.mediaType)
        let status: FileStatus
        switch look(at: digest, from: origin) {
        case .there(let found): status = found
        case .untold: return
        case .absent:
            if !isForeign, isRequired { reportMissing(descriptor, from: origin) }
            if isRequired { reached.insert(digest) }
            return
        }
        if status.kind == .file, status.sizeBytes != descriptor.size {
            reportSize(descriptor, from: origin, actual: status.sizeBytes)
        }
        visit(descriptor, kind, status, from: origin, depth: depth)
    }

    /// The same of something that a field names which is not known, of which only the digest counts.
    private mutating func visit(_ link: DocumentLink, from origin: String, depth: Int) {
        let status: FileStatus
        switch look(at: link.digest, from: origin) {
        case .there(let found): status = found
        case .untold: return
        case .absent:
            if link.isRequired { reached.insert(link.digest) }
            return
        }
        let descriptor = Descriptor(mediaType: "", digest: link.digest, size: status.sizeBytes)
        visit(descriptor, link.kind, status, from: origin, depth: depth)
    }

    private mutating func visit(
        _ descriptor: Descriptor, _ kind: DocumentFacts.Kind?, _ status: FileStatus, from origin: String, depth: Int
    ) {
        let digest = descriptor.digest
        reached.insert(digest)
        guard status.kind == .file else {
            isComplete = false
            return
        }
        guard let kind, decoded.insert(digest).inserted else { return }
        guard depth <= Self.maxDepth else {
            isComplete = false
            add(
                CheckFinding(
                    .unreadableDocument, path(digest), digest, claimedBy: origin,
                    expected: .text("indexes nested at most \(Self.maxDepth) deep"), actual: .text("deeper")))
            return
        }
        guard let bytes = bytes(descriptor, kind, status, from: origin),
            let facts = facts(descriptor, bytes, kind, from: origin)
        else { return }
        follow(facts, descriptor, bytes, from: origin, depth: depth)
    }

    private mutating func follow(
        _ facts: DocumentFacts, _ descriptor: Descriptor, _ bytes: [UInt8], from origin: String, depth: Int
    ) {
        let name = descriptor.digest.description
        switch facts {
        case .index(let facts):
            guard let index = decode(ImageIndex.self, descriptor, bytes, from: origin) else { return }
            follow(index, descriptor, from: origin, depth: depth)
            for link in facts.others { visit(link, from: name, depth: depth + 1) }
        case .manifest(let facts):
            guard let manifest = decode(ImageManifest.self, descriptor, bytes, from: origin) else { return }
            follow(manifest, descriptor, from: origin, depth: depth)
            for link in facts.others { visit(link, from: name, depth: depth + 1) }
        case .other(let facts):
            for link in facts.links { visit(link, from: name, depth: depth + 1) }
            if let subject = facts.subject {
                visit(DocumentLink(subject, as: .unknown, isRequired: false), from: name, depth: depth + 1)
            }
        case .config, .opaque: break
        }
    }

    private mutating func follow(_ index: ImageIndex, _ descriptor: Descriptor, from origin: String, depth: Int) {
        compareTypes(descriptor, index.mediaType, from: origin)
        let name = descriptor.digest.description
        report(index.oddEntries, from: name, path: path(descriptor.digest))
        // A platform that was never fetched is normal, and so is a subject that is elsewhere.
        for child in index.manifests {
            visit(child, DocumentFacts.Kind(child: child.mediaType), from: name, isRequired: false, depth: depth + 1)
        }
        visit(subject: index.subject, from: name, depth: depth)
    }

    private mutating func follow(_ manifest: ImageManifest, _ descriptor: Descriptor, from origin: String, depth: Int) {
        compareTypes(descriptor, manifest.mediaType, from: origin)
        let name = descriptor.digest.description
        for part in [manifest.config] + manifest.layers {
            visit(part, DocumentFacts.Kind(part: part.mediaType), from: name, isRequired: true, depth: depth + 1)
        }
        visit(subject: manifest.subject, from: name, depth: depth)
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

    private mutating func visit(subject: Descriptor?, from name: String, depth: Int) {
        guard let subject else { return }
        visit(subject, DocumentFacts.Kind(entry: subject), from: name, isRequired: false, depth: depth + 1)
    }

    /// The diff IDs that the config gives; nil where it cannot be read or counts other layers than the manifest.
    private mutating func diffIDs(of manifest: ImageManifest, named name: Digest) -> [Digest]? {
        let descriptor = manifest.config
        guard case .there(let status) = look(at: descriptor.digest, from: name.description), status.kind == .file,
            let bytes = bytes(descriptor, .config, nil, from: name.description),
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
        guard let own, !own.isEmpty, !descriptor.mediaType.isEmpty, own != descriptor.mediaType else { return }
        add(
            CheckFinding(
                .mediaTypeMismatch, path(descriptor.digest), descriptor.digest, claimedBy: origin,
                expected: .text(descriptor.mediaType), actual: .text(own)))
    }

    /// A document's bytes; nil, and the walk not complete, where they cannot be had or are not what the digest names: that is
    /// a finding of the blob.
    ///
    /// Nil as well, but complete, for what is too large to be a document.
    private mutating func bytes(
        _ descriptor: Descriptor, _ kind: DocumentFacts.Kind, _ status: FileStatus?, from origin: String
    ) -> [UInt8]? {
        do {
            guard let status else { return try content.blobs.read(descriptor.digest) }
            return try content.documentBytes(descriptor.digest, as: kind, status)
        } catch {
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
        do { return try decodeDocument(type, from: bytes, limits: .stored) } catch {
            tellUnreadable(descriptor, error, from: origin)
            return nil
        }
    }

    private mutating func tellUnreadable(_ descriptor: Descriptor, _ error: DocumentError, from origin: String) {
        isComplete = false
        add(
            CheckFinding(
                .unreadableDocument, path(descriptor.digest), descriptor.digest, claimedBy: origin,
                expected: .text(descriptor.mediaType.isEmpty ? "a document" : descriptor.mediaType), actual: .document(error)))
    }

    /// What a document says, as one of `kind`.
    private mutating func facts(
        _ descriptor: Descriptor, _ bytes: [UInt8], _ kind: DocumentFacts.Kind, from origin: String
    ) -> DocumentFacts? {
        do { return try DocumentFacts(decoding: bytes, as: kind) } catch {
            tellUnreadable(descriptor, error, from: origin)
            return nil
        }
    }

    private func isThere(_ path: String) -> Bool {
        // What cannot be looked at was not removed.
        do throws(StorageError) { return try content.root.status(path) != nil } catch { return true }
    }

    /// What a look at a blob's name came to.
    private enum BlobLook {
        case there(FileStatus)
        case absent
        /// Nobody can tell, which is a finding.
        case untold
    }

    /// Looks at a blob's name; one of which nobody can tell what it is counts as needed, and is not called missing.
    private mutating func look(at digest: Digest, from origin: String) -> BlobLook {
        do { return try content.blobs.status(of: digest).map(BlobLook.there) ?? .absent } catch {
            isComplete = false
            reached.insert(digest)
            add(
                CheckFinding(
                    .unreadable, path(digest), digest, claimedBy: origin, expected: .present, actual: .failure(.storage(error))))
            return .untold
        }
    }

    private func path(_ digest: Digest) -> String { BlobPath.path(digest) }
}

enum BlobPath {
    static func path(_ digest: Digest) -> String { "blobs/\(digest.algorithm.rawValue)/\(digest.hex)" }
}
