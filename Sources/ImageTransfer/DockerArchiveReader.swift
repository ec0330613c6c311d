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
        for item in items { images.append(try image(item)) }
        return images
    }

    private func image(_ item: DockerArchiveItem) throws(TransferError) -> SourceImage {
        let member = try container.require(item.config)
        let bytes = try container.read(member)
        let config = try container.decode(ImageConfig.self, bytes, member: member.name)
        guard config.rootfs.diffIDs.count == item.layers.count else {
            throw .layerCountMismatch(
                path: container.path, config: config.rootfs.diffIDs.count, manifest: item.layers.count)
        }
        var layers: [SourceLayer] = []
        for (name, diffID) in zip(item.layers, config.rootfs.diffIDs) {
            layers.append(SourceLayer(diffID: diffID, descriptor: nil, member: try container.require(name)))
        }
        let descriptor = Descriptor(
            mediaType: MediaType.config, digest: Digest(hashing: bytes), size: Int64(bytes.count))
        return SourceImage(
            names: (item.repoTags ?? []).compactMap(SourceImage.fullName), label: nil, top: nil,
            images: [
                SourcePlatformImage(
                    manifest: nil, config: SourceDocument(descriptor: descriptor, bytes: bytes), decodedConfig: config,
                    layers: layers)
            ], documents: [], blobs: [], absentPlatforms: [])
    }
}
