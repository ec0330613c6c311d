// https://github.com/opencontainers/image-spec/blob/v1.1.1/image-layout.md

import ContentStorage
import ImageStorage
import OCISpec

/// Reads the images that a layout's `index.json` lists, in an archive or a folder.
struct LayoutReader {
    let container: any MemberContainer

    private static let attestationType = "vnd.docker.reference.type"
    /// Real indexes are nested once or twice.
    private static let maximumDepth = 8

    /// The images of `index.json`, several entries of one digest taken together.
    func images() throws(TransferError) -> [SourceImage] {
        let member = try container.require("index.json")
        let index = try container.decode(ImageIndex.self, try container.read(member), member: member.name)
        var order: [Digest] = []
        var found: [Digest: SourceImage] = [:]
        for entry in index.manifests {
            if found[entry.digest] == nil {
                order.append(entry.digest)
                found[entry.digest] = try image(entry)
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
        var image = SourceImage(
            names: [], label: nil, top: entry, images: [], documents: [], blobs: [], absentPlatforms: [])
        var visited: Set<Digest> = []
        try add(entry, to: &image, depth: 0, &visited)
        return image
    }

    /// Adds what `entry` leads to, each document once: a few small indexes could otherwise list one another into millions.
    private func add(
        _ entry: Descriptor, to image: inout SourceImage, depth: Int, _ visited: inout Set<Digest>
    ) throws(TransferError) {
        guard visited.insert(entry.digest).inserted else { return }
        guard depth < Self.maximumDepth else { throw .nestedTooDeep(path: container.path) }
        guard let member = try container.find(try Self.path(of: entry.digest)) else {
            // An index may list platforms that nobody fetched, but what index.json itself names has to be there.
            guard depth > 0 else { throw .missingMember(path: container.path, member: try Self.path(of: entry.digest)) }
            if let platform = entry.platform, !Self.isAttestation(entry) { image.absentPlatforms.append(platform) }
            return
        }
        let document = SourceDocument(descriptor: entry, bytes: try verified(entry, member))
        if try isIndex(document, member) {
            let index = try container.decode(ImageIndex.self, document.bytes, member: member.name)
            image.documents.append(document)
            for child in index.manifests { try add(child, to: &image, depth: depth + 1, &visited) }
        } else {
            try addManifest(document, member, to: &image)
        }
    }

    private func addManifest(
        _ document: SourceDocument, _ member: Member, to image: inout SourceImage
    ) throws(TransferError) {
        let manifest = try container.decode(ImageManifest.self, document.bytes, member: member.name)
        if manifest.isArtifact || Self.isAttestation(document.descriptor) {
            image.documents.append(document)
            for blob in [manifest.config] + manifest.layers { try addBlob(blob, to: &image) }
            return
        }
        let configMember = try container.require(try Self.path(of: manifest.config.digest))
        let config = SourceDocument(
            descriptor: manifest.config, bytes: try verified(manifest.config, configMember))
        let decoded = try container.decode(ImageConfig.self, config.bytes, member: configMember.name)
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
                manifest: document, config: config, decodedConfig: decoded,
                annotations: manifest.annotations ?? [:], layers: layers))
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

    private static func isAttestation(_ descriptor: Descriptor) -> Bool {
        descriptor.annotations?[attestationType] != nil
            || (descriptor.platform?.os == "unknown" && descriptor.platform?.architecture == "unknown")
    }

    private static func path(of digest: Digest) throws(TransferError) -> String {
        guard digest.algorithm == .sha256 else { throw .unsupportedDigest(digest) }
        return "blobs/sha256/\(digest.hex)"
    }
}

/// Tells an index from a manifest by its keys.
private struct DocumentShape: Decodable {
    var isIndex: Bool

    private enum Key: CodingKey { case manifests }

    init(from decoder: any Decoder) throws {
        isIndex = try decoder.container(keyedBy: Key.self).contains(.manifests)
    }
}
