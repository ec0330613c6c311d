import ContentStorage
package import OCISpec

/// One layer of an image: the blob, and what it is when decompressed.
package struct LayerRecord: Hashable, Sendable {
    /// The blob; the store may lack it (a foreign layer).
    package var descriptor: Descriptor
    /// The digest of the uncompressed tar, by the config's word.
    package var diffID: Digest

    /// A layer from its parts.
    package init(descriptor: Descriptor, diffID: Digest) {
        self.descriptor = descriptor
        self.diffID = diffID
    }
}

/// An image for one platform: its documents, decoded and as they are stored.
package struct ImageRecord: Sendable {
    /// What was asked for: a manifest, or an index that lists it.
    package let root: Descriptor
    /// The manifest.
    package let descriptor: Descriptor
    /// The manifest, decoded.
    package let manifest: ImageManifest
    /// The manifest's bytes as stored.
    package let manifestBytes: [UInt8]
    /// The config, decoded.
    package let config: ImageConfig
    /// The config's bytes as stored.
    package let configBytes: [UInt8]
    /// The layers, lowest first, by the manifest's order; one blob or diff ID may stand there twice.
    package let layers: [LayerRecord]
    /// The machine the image runs on: by the config's word, else by the index's.
    package let platform: Platform

    /// The digest of the manifest.
    package var manifestDigest: Digest { descriptor.digest }
    /// The digest of the config.
    package var imageID: Digest { manifest.config.digest }
}

extension ImageStore {
    /// Loads an image's documents, each compared with its digest and length; the layers' blobs are not looked at.
    ///
    /// From an index the wanted platform is taken, else this machine's, else the only image there is; a manifest that stands
    /// alone must be for the wanted platform as well, unless `takesAnyAlone`. Artifacts and attestations are `.notAnImage`.
    package func load(
        _ root: Descriptor, platform: Platform? = nil, takesAnyAlone: Bool = false
    ) throws(ImageError) -> ImageRecord {
        let (descriptor, manifest, manifestBytes, isAlone) = try manifest(root, platform)
        if case .artifact(let type) = manifest.content() { throw .notAnImage(descriptor.digest, type: type) }
        let (config, configBytes) = try document(ImageConfig.self, manifest.config)
        if isAlone, !takesAnyAlone, let platform {
            let only = PlatformCandidate(descriptor, listed: descriptor.platform, own: config.platform)
            guard PlatformPreference.choose([only], for: platform) != nil else {
                throw .noSuchPlatform(descriptor.digest, wanted: platform, available: [only.platform])
            }
        }
        let diffIDs = config.rootfs.diffIDs
        guard diffIDs.count == manifest.layers.count else {
            throw .layerCountMismatch(descriptor.digest, manifest: manifest.layers.count, config: diffIDs.count)
        }
        let named = config.platform.isSilent ? descriptor.platform : nil
        return ImageRecord(
            root: root, descriptor: descriptor, manifest: manifest, manifestBytes: manifestBytes, config: config,
            configBytes: configBytes,
            layers: zip(manifest.layers, diffIDs).map { LayerRecord(descriptor: $0, diffID: $1) },
            platform: named ?? config.platform)
    }

    /// The manifest that `root` is, which then stands alone, or the one that it lists for the platform.
    private func manifest(
        _ root: Descriptor, _ platform: Platform?
    ) throws(ImageError) -> (Descriptor, ImageManifest, bytes: [UInt8], isAlone: Bool) {
        let (document, bytes) = try document(ImageDocument.self, root)
        if case .manifest(let manifest) = document { return (root, manifest, bytes, true) }
        let chosen = try choose(from: root, platform: platform)
        let (manifest, manifestBytes) = try self.document(ImageManifest.self, chosen)
        return (chosen, manifest, manifestBytes, false)
    }
}
