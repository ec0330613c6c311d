// https://github.com/opencontainers/image-spec/blob/v1.1.1/image-layout.md

import ContentStorage
import ImageStorage
import OCISpec

/// Reads the images that a layout's `index.json` lists, in an archive or a folder.
struct LayoutReader {
    let container: any MemberContainer
    /// Whether what an index lists beside others may be absent in part, or odd: it is then passed over.
    ///
    /// A store has an image whole or not at all, so there it is an error.
    var passesOver = true
    /// The platform asked for, nil where all are meant.
    ///
    /// Nothing of what an index lists for another one is opened.
    var wanted: Platform?

    static let indexName = "index.json"

    /// The images of `index.json`, several entries of one digest taken together.
    func images() throws(TransferError) -> [SourceImage] { try images(of: index()) }

    /// What lists the images.
    func index() throws(TransferError) -> ImageIndex {
        try container.decode(
            ImageIndex.self, try container.read(try container.require(Self.indexName)), member: Self.indexName)
    }

    /// The images that an index lists.
    func images(of index: ImageIndex) -> [SourceImage] {
        var order: [Digest] = []
        var found: [Digest: SourceImage] = [:]
        var seen = Seen()
        for named in ImageStore.names(of: index) {
            let entry = named.descriptor
            if found[entry.digest] == nil {
                order.append(entry.digest)
                found[entry.digest] = readable(entry, &seen)
            }
            switch named.name {
            case .reference(let name): found[entry.digest]?.names.append(name)
            case .bare(let label): found[entry.digest]?.labels.append(label)
            case nil: break
            }
        }
        return order.compactMap { found[$0] }
    }

    /// What one entry leads to; its name is not looked at.
    func image(_ entry: Descriptor) throws(TransferError) -> SourceImage {
        var seen = Seen()
        return try image(entry, &seen)
    }

    /// The same, with what is wrong with it instead where nothing of it can be read.
    private func readable(_ entry: Descriptor, _ seen: inout Seen) -> SourceImage {
        do {
            return try image(entry, &seen)
        } catch {
            var image = SourceImage(names: [], labels: [], top: entry, images: [], documents: [], blobs: [])
            image.failure = error
            image.isOddArtifact = seen.isInArtifact || !entry.isImageEntry
            return image
        }
    }

    private func image(_ entry: Descriptor, _ seen: inout Seen) throws(TransferError) -> SourceImage {
        var image = SourceImage(names: [], labels: [], top: entry, images: [], documents: [], blobs: [])
        if let wanted {
            // An attestation is for no platform.
            if entry.isAttestation { return image }
            let listed = MediaType.isManifest(entry.mediaType) && entry.isImageEntry ? entry.platform : nil
            if let other = PlatformOrder([entry], for: PlatformPreference(wanted), listed: { _ in listed }).others.first {
                image.others = [try Self.other(entry, other.platform)]
                return image
            }
        }
        (seen.documents, seen.images, seen.listings, seen.isInArtifact) = ([], [:], [], false)
        try add(entry, to: &image, depth: 0, &seen)
        return image
    }

    /// What was read, so that nothing is read over and over however often a hostile archive names it.
    struct Seen {
        /// The indexes and manifests of the entry being read: a few small ones could list one another into millions.
        var documents: Set<Digest> = []
        /// The images among them, and for which platforms they are listed.
        var images: [Digest: SourcePlatformImage] = [:]
        var listings: Set<Listing> = []
        /// Whether what is read belongs to an artifact, which is kept whole or not at all.
        var isInArtifact = false
        /// Of all entries; keyed by the whole descriptor, since its size is compared too.
        var configs: [Descriptor: SourceConfig] = [:]
    }

    /// A manifest as an index lists it.
    struct Listing: Hashable {
        let digest: Digest
        let platform: Platform?
    }

    /// Adds what `entry` leads to, each document once, but an image for each platform that it is listed for.
    func add(
        _ entry: Descriptor, to image: inout SourceImage, depth: Int, _ seen: inout Seen
    ) throws(TransferError) {
        let isListedFirst = seen.listings.insert(Listing(digest: entry.digest, platform: entry.platform)).inserted
        guard seen.documents.insert(entry.digest).inserted else {
            if isListedFirst, entry.isImageEntry, var known = seen.images[entry.digest] {
                known.manifest?.descriptor = entry
                image.images.append(known)
            }
            return
        }
        try checkCount(seen, depth: depth)
        // What index.json itself names has to be there.
        guard depth > 0 else { return try read(entry, to: &image, depth: depth, &seen) }
        guard passesOver, !seen.isInArtifact else { return try readIfPresent(entry, to: &image, depth: depth, &seen) }
        let before = (image.images.count, image.documents.count, image.blobs.count, image.passedOver.count)
        do {
            try readIfPresent(entry, to: &image, depth: depth, &seen)
        } catch {
            seen.isInArtifact = false
            guard error.isOfOnePart else { throw error }
            image.images.removeSubrange(before.0...)
            image.documents.removeSubrange(before.1...)
            image.blobs.removeSubrange(before.2...)
            image.passedOver.removeSubrange(before.3...)
            image.passedOver.append(PassedOver(entry: entry, reason: error))
        }
    }

    /// Refuses an index that nests deeper than any image's, or leads to more than the limit.
    func checkCount(_ seen: Seen, depth: Int) throws(TransferError) {
        guard depth <= ImageStore.maxDepth else { throw .tooManyManifests(path: container.path, .nesting(ImageStore.maxDepth)) }
        let limit = container.documents.maxManifests
        guard seen.documents.count <= limit else { throw .tooManyManifests(path: container.path, .manifests(limit)) }
    }

    /// Reads what an index lists, where the source has it at all: it may list platforms that nobody fetched.
    private func readIfPresent(
        _ entry: Descriptor, to image: inout SourceImage, depth: Int, _ seen: inout Seen
    ) throws(TransferError) {
        if try container.find(try Self.path(of: entry.digest), size: entry.size) != nil {
            try read(entry, to: &image, depth: depth, &seen)
        } else {
            image.passedOver.append(PassedOver(entry: entry, reason: nil))
        }
    }

    /// Reads what `entry` leads to.
    private func read(
        _ entry: Descriptor, to image: inout SourceImage, depth: Int, _ seen: inout Seen
    ) throws(TransferError) {
        let member = try container.require(try Self.path(of: entry.digest), size: entry.size)
        if let links = try otherLinks(of: entry, member, isEntry: depth == 0) {
            try addOther(entry, member, links, to: &image, depth: depth, &seen)
            return
        }
        let document = SourceDocument(descriptor: entry, bytes: try verified(entry, member))
        switch try container.decode(ImageDocument.self, document.bytes, member: member.title) {
        case .index(let index):
            image.documents.append(document)
            if let wanted, !seen.isInArtifact {
                try addImage(for: PlatformPreference(wanted), of: index, to: &image, depth: depth, &seen)
                return
            }
            for child in index.manifests { try add(child, to: &image, depth: depth + 1, &seen) }
        case .manifest(let manifest): try add(manifest, document, to: &image, depth: depth, &seen)
        }
    }

    /// What a document names that is neither an index nor a manifest that is known, or nothing for what is no document; nil for an
    /// index or a manifest.
    private func otherLinks(
        of entry: Descriptor, _ member: Member, isEntry: Bool
    ) throws(TransferError) -> [DocumentLink]? {
        if isEntry {
            guard DocumentFacts.Kind(entry: entry) == .unknown else { return nil }
        } else {
            guard let kind = DocumentFacts.Kind(child: entry.mediaType) else { return [] }
            guard kind == .unknown else { return nil }
        }
        if member.size > container.documents.maxBytes { return [] }
        let bytes = try verified(entry, member)
        do {
            guard case .other(let other) = try DocumentFacts(decoding: bytes, as: .unknown) else { return nil }
            return other.links
        } catch {
            throw .badDocument(path: container.path, member: member.title, error)
        }
    }

    /// Adds a document of another type, or a blob, with what it names and the source holds.
    private func addOther(
        _ entry: Descriptor, _ member: Member, _ links: [DocumentLink], to image: inout SourceImage, depth: Int,
        _ seen: inout Seen
    ) throws(TransferError) {
        guard !links.isEmpty else { return try addBlob(entry, to: &image) }
        image.documents.append(SourceDocument(descriptor: entry, bytes: try verified(entry, member)))
        for link in links {
            guard let part = try container.find(try Self.path(of: link.digest)) else { continue }
            let descriptor = Descriptor(mediaType: "application/octet-stream", digest: link.digest, size: part.size)
            if link.kind == nil {
                try addBlob(descriptor, to: &image)
            } else {
                try addParts(of: descriptor, to: &image, depth: depth, &seen)
            }
        }
    }

    /// Adds what is part of something that is no image, and may be an image itself, as one in a bundle: it is none of the source's.
    private func addParts(
        of entry: Descriptor, to image: inout SourceImage, depth: Int, _ seen: inout Seen
    ) throws(TransferError) {
        let own = image.images.count
        try add(entry, to: &image, depth: depth + 1, &seen)
        for part in image.images[own...] {
            image.documents += [part.manifest, part.config].compactMap(\.self)
            for layer in part.layers {
                guard let descriptor = layer.descriptor, let member = layer.member else { continue }
                image.blobs.append(SourceBlob(descriptor: descriptor, member: member))
            }
        }
        image.images.removeSubrange(own...)
    }

    private func add(
        _ manifest: ImageManifest, _ document: SourceDocument, to image: inout SourceImage, depth: Int, _ seen: inout Seen
    ) throws(TransferError) {
        if case .artifact(let type) = manifest.content(listedAs: depth > 0 ? document.descriptor : nil) {
            if depth == 0 { image.artifactType = type }
            if wanted != nil { return }
            let wasInArtifact = seen.isInArtifact
            seen.isInArtifact = true
            image.documents.append(document)
            for part in [manifest.config] + manifest.layers {
                if DocumentFacts.Kind(part: part.mediaType) == nil {
                    try addBlob(part, to: &image)
                } else {
                    _ = try container.require(try Self.path(of: part.digest), size: part.size)
                    try addParts(of: part, to: &image, depth: depth, &seen)
                }
            }
            seen.isInArtifact = wasInArtifact
            return
        }
        let config = try config(manifest.config, &seen)
        let decoded = config.decoded
        let candidate = PlatformCandidate(document, listed: document.descriptor.platform, own: decoded.platform)
        if let wanted, PlatformPreference(wanted).rank(candidate.platform) == nil {
            image.others.append(try Self.other(document.descriptor, candidate.platform))
            return
        }
        guard decoded.rootfs.diffIDs.count == manifest.layers.count else {
            throw .layerCountMismatch(
                path: container.path, config: decoded.rootfs.diffIDs.count, manifest: manifest.layers.count)
        }
        var layers: [SourceLayer] = []
        for (descriptor, diffID) in zip(manifest.layers, decoded.rootfs.diffIDs) {
            layers.append(SourceLayer(diffID: diffID, descriptor: descriptor, member: try layer(descriptor)))
        }
        let found = SourcePlatformImage(
            manifest: document, config: config.document, decodedConfig: decoded,
            annotations: manifest.annotations ?? [:], layers: layers)
        seen.images[document.descriptor.digest] = found
        image.images.append(found)
    }

    private func config(_ descriptor: Descriptor, _ seen: inout Seen) throws(TransferError) -> SourceConfig {
        if let config = seen.configs[descriptor] { return config }
        let member = try container.require(try Self.path(of: descriptor.digest), size: descriptor.size)
        let document = SourceDocument(descriptor: descriptor, bytes: try verified(descriptor, member))
        let decoded = try container.decode(ImageConfig.self, document.bytes, member: member.title)
        let config = SourceConfig(document: document, decoded: decoded)
        seen.configs[descriptor] = config
        return config
    }

    private func addBlob(_ descriptor: Descriptor, to image: inout SourceImage) throws(TransferError) {
        let member = try container.require(try Self.path(of: descriptor.digest), size: descriptor.size)
        // Copied later, when it could no longer be left out.
        if passesOver, member.size <= container.documents.maxBytes { _ = try verified(descriptor, member) }
        try checkSize(descriptor, member)
        image.blobs.append(SourceBlob(descriptor: descriptor, member: member))
    }

    /// Where a layer's bytes are; `nil` for a foreign layer that is kept elsewhere.
    func layer(_ descriptor: Descriptor) throws(TransferError) -> Member? {
        let name = try Self.path(of: descriptor.digest)
        guard let member = try container.find(name, size: descriptor.size) else {
            if MediaType.isForeignLayer(descriptor.mediaType) { return nil }
            throw .missingMember(path: container.path, member: name)
        }
        try checkSize(descriptor, member)
        return member
    }

    private func checkSize(_ descriptor: Descriptor, _ member: Member) throws(TransferError) {
        guard descriptor.size == member.size else {
            throw .sizeMismatch(
                path: container.path, descriptor.digest, expectedBytes: descriptor.size, actualBytes: member.size)
        }
    }

    /// The bytes of a document, which must be what their descriptor says.
    func verified(_ descriptor: Descriptor, _ member: Member) throws(TransferError) -> [UInt8] {
        try checkSize(descriptor, member)
        let bytes = try container.read(member)
        let actual = Digest(hashing: bytes, with: descriptor.digest.algorithm)
        guard actual == descriptor.digest else {
            throw .digestMismatch(path: container.path, expected: descriptor.digest, actual: actual)
        }
        return bytes
    }

    /// What is for another platform than the one asked for.
    static func other(_ entry: Descriptor, _ platform: Platform) throws(TransferError) -> OtherImage {
        OtherImage(platform: platform, digest: entry.digest, member: try path(of: entry.digest))
    }

    static func path(of digest: Digest) throws(TransferError) -> String {
        guard digest.algorithm == .sha256 else { throw .unsupportedDigest(digest) }
        return "blobs/sha256/\(digest.hex)"
    }
}
