// https://github.com/moby/docker-image-spec/blob/v1.3.1/spec.md#combined-image-json--filesystem-changeset-format

import ContentStorage
import OCISpec

/// Reads the images that an archive's `manifest.json` lists.
struct DockerArchiveReader {
    let container: any MemberContainer
    /// The platform asked for, nil where all are meant.
    ///
    /// No layer of an image for another one is looked for.
    var wanted: Platform?

    static let listName = "manifest.json"

    /// The elements of `manifest.json`, in its order; tags that are no names become labels.
    ///
    func images() throws(TransferError) -> [SourceImage] {
        let items = try container.decode(
            [DockerArchiveItem].self, try container.read(try container.require(Self.listName)), member: Self.listName)
        var images: [SourceImage] = []
        // Read once however many elements name it: a small archive could otherwise ask for terabytes.
        var configs: [Member: SourceConfig] = [:]
        for item in items { images.append(image(item, &configs)) }
        return images
    }

    /// Whether a list that cannot be read may be one of images all the same: it is no JSON, nothing, or some element has a name
    /// of docker's for a field.
    ///
    /// Web applications have files of that name too.
    func mayListImages() throws(TransferError) -> Bool {
        let bytes = try container.read(try container.require(Self.listName))
        switch try container.decode(JSONValue.self, bytes, member: Self.listName) {
        case .null: return true
        case .array(let items):
            return items.contains { item in
                guard case .object(let fields) = item else { return false }
                return fields.name(of: "Config") != nil || fields.name(of: "Layers") != nil
            }
        default: return false
        }
    }

    /// What an element stands for; one that cannot be read keeps no other from being.
    private func image(_ item: DockerArchiveItem, _ configs: inout [Member: SourceConfig]) -> SourceImage {
        var image = SourceImage(names: [], labels: [], top: nil, images: [], documents: [], blobs: [])
        for tag in item.repoTags ?? [] {
            if let name = SourceImage.fullName(tag) { image.names.append(name) } else { image.labels.append(tag) }
        }
        do {
            let config = try config(try container.require(item.config), &configs)
            let platform = config.decoded.platform
            if let wanted, PlatformPreference(wanted).rank(platform) == nil {
                let digest = config.document.descriptor.digest
                image.others = [OtherImage(platform: platform, digest: digest, member: item.config)]
            } else {
                image.images = [try platformImage(item, config)]
            }
        } catch {
            image.failure = error
        }
        return image
    }

    private func config(_ member: Member, _ configs: inout [Member: SourceConfig]) throws(TransferError) -> SourceConfig {
        if let config = configs[member] { return config }
        let bytes = try container.read(member)
        let descriptor = Descriptor(mediaType: MediaType.config, digest: Digest(hashing: bytes), size: Int64(bytes.count))
        let config = SourceConfig(
            document: SourceDocument(descriptor: descriptor, bytes: bytes),
            decoded: try container.decode(ImageConfig.self, bytes, member: member.title))
        configs[member] = config
        return config
    }

    private func platformImage(
        _ item: DockerArchiveItem, _ source: SourceConfig
    ) throws(TransferError) -> SourcePlatformImage {
        let config = source.decoded
        guard config.rootfs.diffIDs.count == item.layers.count else {
            throw .layerCountMismatch(
                path: container.path, config: config.rootfs.diffIDs.count, manifest: item.layers.count)
        }
        var layers: [SourceLayer] = []
        for (name, diffID) in zip(item.layers, config.rootfs.diffIDs) {
            layers.append(SourceLayer(diffID: diffID, descriptor: nil, member: try container.require(name)))
        }
        return SourcePlatformImage(manifest: nil, config: source.document, decodedConfig: config, layers: layers)
    }
}
