// https://github.com/moby/docker-image-spec/blob/v1.3.1/spec.md#combined-image-json--filesystem-changeset-format

import ContentStorage
import OCISpec

/// Reads the images that an archive's `manifest.json` lists.
struct DockerArchiveReader {
    let container: any MemberContainer

    /// The elements of `manifest.json`, in its order; tags that are no names are left out.
    func images() throws(TransferError) -> [SourceImage] {
        let member = try container.require("manifest.json")
        let items = try container.decode([DockerArchiveItem].self, try container.read(member), member: member.name)
        var images: [SourceImage] = []
        // Read once however many elements name it: a small archive could otherwise ask for terabytes.
        var configs: [Member: SourceConfig] = [:]
        for item in items {
            let member = try container.require(item.config)
            images.append(try image(item, config(member, &configs)))
        }
        return images
    }

    private func config(_ member: Member, _ configs: inout [Member: SourceConfig]) throws(TransferError) -> SourceConfig {
        if let config = configs[member] { return config }
        let bytes = try container.read(member)
        let descriptor = Descriptor(mediaType: MediaType.config, digest: Digest(hashing: bytes), size: Int64(bytes.count))
        let config = SourceConfig(
            document: SourceDocument(descriptor: descriptor, bytes: bytes),
            decoded: try container.decode(ImageConfig.self, bytes, member: member.name))
        configs[member] = config
        return config
    }

    private func image(_ item: DockerArchiveItem, _ source: SourceConfig) throws(TransferError) -> SourceImage {
        let config = source.decoded
        guard config.rootfs.diffIDs.count == item.layers.count else {
            throw .layerCountMismatch(
                path: container.path, config: config.rootfs.diffIDs.count, manifest: item.layers.count)
        }
        var layers: [SourceLayer] = []
        for (name, diffID) in zip(item.layers, config.rootfs.diffIDs) {
            layers.append(SourceLayer(diffID: diffID, descriptor: nil, member: try container.require(name)))
        }
        return SourceImage(
            names: (item.repoTags ?? []).compactMap(SourceImage.fullName), label: nil, top: nil,
            images: [
                SourcePlatformImage(
                    manifest: nil, config: source.document, decodedConfig: config, layers: layers)
            ], documents: [], blobs: [], absentPlatforms: [])
    }
}
