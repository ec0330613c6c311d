import ContentStorage
import ImageStorage
import OCISpec
import StorageIO

/// Finds out what a name stands for, one document after another.
///
/// Documents that the store has are not fetched.
struct RemoteResolver {
    let reference: Reference
    let source: RemoteRepository
    let store: ImageStore
    /// Protects what the store has while it is counted on; nil when nothing is to be kept.
    let session: IngestSession?

    private var documents: [RemoteDocument] = []
    private var images: [RemotePlatformImage] = []
    private var blobs: [Descriptor] = []
    private var visited: Set<Digest> = []
    /// What was asked for, so that nothing is asked for twice.
    private var fetched: [Digest: RemoteDocument] = [:]
    private var configs: [Digest: [UInt8]] = [:]
    /// What the store has, but not as its digest says.
    private var damaged: Set<Digest> = []

    init(_ reference: Reference, at source: RemoteRepository, _ store: ImageStore, _ session: IngestSession?) {
        self.reference = reference
        self.source = source
        self.store = store
        self.session = session
    }

    private var title: String { reference.familiar }
    private var limits: DocumentLimits { source.documents }

    /// Refuses an index that leads to more manifests than the limit.
    private func checkCount(_ count: Int) throws(DistributionError) {
        guard count <= limits.maxManifests else { throw .tooManyManifests(title, .manifests(limits.maxManifests)) }
    }

    /// Everything but the layers.
    mutating func resolve(_ choice: PlatformChoice) throws(DistributionError) -> RemoteImage {
        let top = try top()
        switch (try decode(top), choice) {
        case (.manifest(let manifest), _):
            try add(manifest, top)
            if case .one(let wanted?) = choice { try requireFit(wanted) }
        case (.index(let index), .all): try addAll(index, top, depth: 0)
        case (.index(let index), _): try addChosen(index, top, for: choice.platform)
        }
        if images.isEmpty { throw .artifact(title, top.descriptor.digest) }
        return RemoteImage(root: top.descriptor, images: images, documents: documents, blobs: blobs, damaged: damaged)
    }

    /// Refuses a manifest that stands alone and is for another platform than the one asked for.
    private func requireFit(_ wanted: Platform) throws(DistributionError) {
        let preference = PlatformPreference(wanted)
        guard let image = images.first, preference.rank(image.platform) == nil else { return }
        throw .noSuchPlatform(title, wanted: wanted, available: [image.platform])
    }

    // MARK: Documents

    /// The document that the name stands for; its head alone is asked for where the store has the rest.
    private mutating func top() throws(DistributionError) -> RemoteDocument {
        if let digest = reference.digest {
            let wanted = Descriptor(mediaType: MediaType.manifest, digest: digest, size: 0)
            try requireKnown(digest)
            if let bytes = try stored(digest, size: nil) {
                return try RemoteDocument(bytes, digest, claimed: "", title: title, limits)
            }
            return try source.document(digest.description, expecting: wanted, title: title)
        }
        let tag = reference.tag ?? Reference.defaultTag
        if let head = head(tag), let known = try storedDocument(head) { return known }
        return try source.document(tag, expecting: nil, title: title)
    }

    /// The document that a head names where the store has it; nil for what is none, as when the head names a config.
    private mutating func storedDocument(_ head: Descriptor) throws(DistributionError) -> RemoteDocument? {
        guard let bytes = try stored(head.digest, size: head.size) else { return nil }
        do throws(DistributionError) {
            return try RemoteDocument(bytes, head.digest, claimed: head.mediaType, title: title, limits)
        } catch {
            // The document is fetched, and what is wrong with it is told then.
            return nil
        }
    }

    /// The answer's head, which only saves work: in whatever way it fails, the GET says more.
    private func head(_ tag: String) -> Descriptor? {
        // The GET that follows fails in the same way, and is told.
        do throws(DistributionError) { return try source.head(tag) } catch { return nil }
    }

    /// A document's bytes where the store has them whole.
    private mutating func stored(_ digest: Digest, size: Int64?) throws(DistributionError) -> [UInt8]? {
        guard digest.algorithm == .sha256 else { return nil }
        let isThere = try lift(to: DistributionError.content) { () throws(ContentError) in
            if let session { return try session.hold(digest, size: size) }
            return try store.content.blobs.size(of: digest) != nil
        }
        guard isThere else { return nil }
        do { return try store.content.blobs.read(digest) } catch {
            // What is damaged or gone meanwhile is fetched again.
            if case .blobCorrupt = error { damaged.insert(digest) }
            return nil
        }
    }

    /// A document that an index lists.
    private mutating func fetch(_ entry: Descriptor) throws(DistributionError) -> RemoteDocument {
        if let known = fetched[entry.digest] { return known.named(entry) }
        try requireKnown(entry.digest)
        if let bytes = try stored(entry.digest, size: entry.size) {
            return try RemoteDocument(bytes, entry.digest, claimed: entry.mediaType, title: title, limits).named(entry)
        }
        do {
            let document = try source.document(entry.digest.description, expecting: entry, title: title).named(entry)
            fetched[entry.digest] = document
            return document
        } catch .noSuchImage {
            throw .absentManifest(title, entry.digest, entry.platform)
        }
    }

    /// Refuses what the store could not keep, before it keeps anything.
    private func requireKnown(_ digest: Digest) throws(DistributionError) {
        guard digest.algorithm == .sha256 else { throw .unsupportedDigest(digest) }
    }

    private func decode(_ document: RemoteDocument) throws(DistributionError) -> ImageDocument {
        try decode(ImageDocument.self, document.bytes, title)
    }

    private func decode<T: Decodable>(_ type: T.Type, _ bytes: [UInt8], _ title: String) throws(DistributionError) -> T {
        do { return try decodeDocument(type, from: bytes, limits: limits) } catch { throw .badDocument(title, error) }
    }

    /// Notes that a document is looked at; false for one that was before.
    private mutating func visit(_ digest: Digest, depth: Int) throws(DistributionError) -> Bool {
        guard visited.insert(digest).inserted else { return false }
        guard depth <= ImageStore.maxDepth else { throw .tooManyManifests(title, .nesting(ImageStore.maxDepth)) }
        try checkCount(visited.count)
        return true
    }

    // MARK: Indexes

    /// Everything that an index leads to, then the index.
    private mutating func addAll(
        _ index: ImageIndex, _ document: RemoteDocument, depth: Int
    ) throws(DistributionError) {
        for entry in index.manifests where try visit(entry.digest, depth: depth + 1) {
            let child = try fetch(entry)
            switch try decode(child) {
            case .manifest(let manifest): try add(manifest, child)
            case .index(let nested): try addAll(nested, child, depth: depth + 1)
            }
        }
        documents.append(document)
    }

    /// A manifest that an index lists, and the nested indexes on the way to it, innermost first.
    private struct Entry {
        var descriptor: Descriptor
        var indexes: [RemoteDocument]
    }

    /// One image of an index, then the indexes that lead to it.
    private mutating func addChosen(
        _ index: ImageIndex, _ document: RemoteDocument, for wanted: Platform?
    ) throws(DistributionError) {
        let entries = try entries(of: index, within: [document], depth: 1)
        if entries.isEmpty, !index.manifests.isEmpty { throw .artifact(title, document.descriptor.digest) }
        let chosen = try choose(entries, for: wanted)
        let child = try fetch(chosen.descriptor)
        try add(try decode(ImageManifest.self, child.bytes, title), child)
        documents += chosen.indexes
    }

    /// The manifests of images that an index lists, those of nested indexes in their place.
    private mutating func entries(
        of index: ImageIndex, within outer: [RemoteDocument], depth: Int
    ) throws(DistributionError) -> [Entry] {
        var entries: [Entry] = []
        for entry in index.manifests where entry.isImageEntry {
            // One manifest may be listed for several platforms.
            guard MediaType.isIndex(entry.mediaType) else {
                entries.append(Entry(descriptor: entry, indexes: outer))
                continue
            }
            guard try visit(entry.digest, depth: depth) else { continue }
            let document = try fetch(entry)
            guard case .index(let nested) = try decode(document) else {
                entries.append(Entry(descriptor: entry, indexes: outer))
                continue
            }
            entries += try self.entries(of: nested, within: [document] + outer, depth: depth + 1)
            try checkCount(entries.count)
        }
        return entries
    }

    /// How many images an index may list without their platforms, each of which has to be looked into.
    private var maxSilentEntries: Int { limits.maxManifests / 100 }

    /// The entry for a platform; those of which the index does not say what they are for are looked into only if no other fits.
    private mutating func choose(_ entries: [Entry], for wanted: Platform?) throws(DistributionError) -> Entry {
        let order = PlatformOrder(entries, for: PlatformPreference(wanted ?? .host)) { $0.descriptor.platform }
        if let best = order.fitting.first { return best }
        if wanted == nil, entries.count == 1 { return entries[0] }
        guard order.silent.count <= maxSilentEntries else { throw .tooManyManifests(title, .manifests(maxSilentEntries)) }
        var candidates = order.others.map { PlatformCandidate($0.entry, listed: $0.platform, own: $0.platform) }
        var failure: DistributionError?
        for entry in order.silent {
            do {
                guard let platform = try ownPlatform(entry.descriptor) else { continue }
                candidates.append(PlatformCandidate(entry, listed: nil, own: platform))
            } catch .badDocument(let title, let error) {
                failure = failure ?? .badDocument(title, error)
            } catch .absentManifest(let title, let digest, let platform) {
                failure = failure ?? .absentManifest(title, digest, platform)
            }
        }
        // What is absent or odd keeps no other image from being chosen; but the only one of several is no choice then.
        if let best = PlatformPreference.choose(candidates, for: failure == nil ? wanted : wanted ?? .host) { return best }
        if let failure { throw failure }
        throw .noSuchPlatform(title, wanted: wanted, available: candidates.map(\.platform))
    }

    /// What an image is for by its config's word; nil for what is no image.
    private mutating func ownPlatform(_ entry: Descriptor) throws(DistributionError) -> Platform? {
        let manifest = try decode(ImageManifest.self, try fetch(entry).bytes, title)
        return manifest.isImage ? try config(manifest).value.platform : nil
    }

    // MARK: Manifests

    private mutating func add(_ manifest: ImageManifest, _ document: RemoteDocument) throws(DistributionError) {
        for blob in [manifest.config] + manifest.layers { try requireKnown(blob.digest) }
        switch manifest.content(listedAs: document.descriptor) {
        case .artifact: blobs += [manifest.config] + manifest.layers
        case .encryptedImage(let layer): throw .encryptedLayer(title, layer)
        case .image: try addImage(manifest, document)
        }
        documents.append(document)
    }

    private mutating func addImage(_ manifest: ImageManifest, _ document: RemoteDocument) throws(DistributionError) {
        let (config, bytes) = try config(manifest)
        documents.append(RemoteDocument(descriptor: manifest.config, bytes: bytes))
        let diffIDs = config.rootfs.diffIDs
        guard diffIDs.count == manifest.layers.count else {
            throw .layerCountMismatch(document.descriptor.digest, config: diffIDs.count, manifest: manifest.layers.count)
        }
        let named = config.platform.isSilent ? document.descriptor.platform : nil
        images.append(
            RemotePlatformImage(
                descriptor: document.descriptor, manifest: manifest, config: config, configBytes: bytes,
                layers: zip(manifest.layers, diffIDs).map { LayerRecord(descriptor: $0, diffID: $1) },
                platform: named ?? config.platform))
    }

    /// An image's config, and its bytes.
    private mutating func config(_ manifest: ImageManifest) throws(DistributionError) -> (value: ImageConfig, bytes: [UInt8]) {
        let digest = manifest.config.digest
        try requireKnown(digest)
        var known = configs[digest]
        if known == nil { known = try stored(digest, size: manifest.config.size) }
        let bytes: [UInt8]
        if let known { bytes = known } else { bytes = try source.blob(manifest.config) }
        configs[digest] = bytes
        return (try decode(ImageConfig.self, bytes, "\(title), config \(digest.short)"), bytes)
    }
}
