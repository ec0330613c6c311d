// https://github.com/opencontainers/image-spec/blob/v1.1.1/image-layout.md

import ContentStorage
import ImageStorage
import OCISpec

/// Reads the images that a layout's `index.json` lists, in an archive or a folder.
struct LayoutReader {
    let container: any MemberContainer

    /// The images of `index.json`, several entries of one digest taken together.
    func images() throws(TransferError) -> [SourceImage] {
        let member = try container.require("index.json")
        let index = try container.decode(ImageIndex.self, try container.read(member), member: member.name)
        var order: [Digest] = []
        var found: [Digest: SourceImage] = [:]
        var seen = Seen()
        for entry in index.manifests {
            if found[entry.digest] == nil {
                order.append(entry.digest)
                found[entry.digest] = try image(entry, &seen)
            }
            switch entry.entryName {
            case .reference(let name): found[entry.digest]?.names.append(name)
            case .bare(let label): found[entry.digest]?.label = label
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

    private func image(_ entry: Descriptor, _ seen: inout Seen) throws(TransferError) -> SourceImage {
        var image = SourceImage(
            names: [], label: nil, top: entry, images: [], documents: [], blobs: [], absentPlatforms: [])
        seen.documents = []
        try add(entry, to: &image, depth: 0, &seen)
        return image
    }

    /// What was read, so that nothing is read over and over however often a hostile archive names it.
    private struct Seen {
        /// The indexes and manifests of the entry being read: a few small ones could list one another into millions.
        var documents: Set<Digest> = []
        /// Of all entries; keyed by the whole descriptor, since its size is compared too.
        var configs: [Descriptor: SourceConfig] = [:]
    }

    /// Adds what `entry` leads to, each document once.
    private func add(
        _ entry: Descriptor, to image: inout SourceImage, depth: Int, _ seen: inout Seen
    ) throws(TransferError) {
        guard seen.documents.insert(entry.digest).inserted else { return }
        guard depth <= ImageStore.maxDepth, seen.documents.count <= ImageStore.maxManifests else {
            throw .tooManyManifests(path: container.path)
        }
        guard let member = try container.find(try Self.path(of: entry.digest)) else {
            // An index may list platforms that nobody fetched, but what index.json itself names has to be there.
            guard depth > 0 else { throw .missingMember(path: container.path, member: try Self.path(of: entry.digest)) }
            if let platform = entry.platform, !entry.isAttestation { image.absentPlatforms.append(platform) }
            return
        }
        let document = SourceDocument(descriptor: entry, bytes: try verified(entry, member))
        if try isIndex(document, member) {
            let index = try container.decode(ImageIndex.self, document.bytes, member: member.name)
            image.documents.append(document)
            for child in index.manifests { try add(child, to: &image, depth: depth + 1, &seen) }
        } else {
            try addManifest(document, member, to: &image, &seen)
        }
    }

    private func addManifest(
        _ document: SourceDocument, _ member: Member, to image: inout SourceImage, _ seen: inout Seen
    ) throws(TransferError) {
        let manifest = try container.decode(ImageManifest.self, document.bytes, member: member.name)
        if manifest.isArtifact || document.descriptor.isAttestation {
            image.documents.append(document)
            for blob in [manifest.config] + manifest.layers { try addBlob(blob, to: &image) }
            return
        }
        let config = try config(manifest.config, &seen)
        let decoded = config.decoded
        guard decoded.rootfs.diffIDs.count == manifest.layers.count else {
            throw .layerCountMismatch(
                path: container.path, config: decoded.rootfs.diffIDs.count, manifest: manifest.layers.count)
        }
        var layers: [SourceLayer] = []
        for (descriptor, diffID) in zip(manifest.layers, decoded.rootfs.diffIDs) {
            layers.append(SourceLayer(diffID: diffID, descriptor: descriptor, member: try layer(descriptor)))
        }
        image.images.append(
            SourcePlatformImage(
                manifest: document, config: config.document, decodedConfig: decoded,
                annotations: manifest.annotations ?? [:], layers: layers))
    }

    private func config(_ descriptor: Descriptor, _ seen: inout Seen) throws(TransferError) -> SourceConfig {
        if let config = seen.configs[descriptor] { return config }
        let member = try container.require(try Self.path(of: descriptor.digest))
        let document = SourceDocument(descriptor: descriptor, bytes: try verified(descriptor, member))
        let decoded = try container.decode(ImageConfig.self, document.bytes, member: member.name)
        let config = SourceConfig(document: document, decoded: decoded)
        seen.configs[descriptor] = config
        return config
    }

    private func addBlob(_ descriptor: Descriptor, to image: inout SourceImage) throws(TransferError) {
        let member = try container.require(try Self.path(of: descriptor.digest))
        try checkSize(descriptor, member)
        image.blobs.append(SourceBlob(descriptor: descriptor, member: member))
    }

    /// Where a layer's bytes are; `nil` for a foreign layer that is kept elsewhere.
    func layer(_ descriptor: Descriptor) throws(TransferError) -> Member? {
        let name = try Self.path(of: descriptor.digest)
        guard let member = try container.find(name) else {
            if MediaType.isForeignLayer(descriptor.mediaType) || descriptor.urls?.isEmpty == false { return nil }
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
    private func verified(_ descriptor: Descriptor, _ member: Member) throws(TransferError) -> [UInt8] {
        try checkSize(descriptor, member)
        let bytes = try container.read(member)
        let actual = Digest(hashing: bytes, with: descriptor.digest.algorithm)
        guard actual == descriptor.digest else {
            throw .digestMismatch(path: container.path, expected: descriptor.digest, actual: actual)
        }
        return bytes
    }

    /// Media types lie: where the type is neither, the document's own keys tell.
    private func isIndex(_ document: SourceDocument, _ member: Member) throws(TransferError) -> Bool {
        if MediaType.isIndex(document.descriptor.mediaType) { return true }
        if MediaType.isManifest(document.descriptor.mediaType) { return false }
        return try container.decode(DocumentShape.self, document.bytes, member: member.name).isIndex
    }

    private static func path(of digest: Digest) throws(TransferError) -> String {
        guard digest.algorithm == .sha256 else { throw .unsupportedDigest(digest) }
        return "blobs/sha256/\(digest.hex)"
    }
}
