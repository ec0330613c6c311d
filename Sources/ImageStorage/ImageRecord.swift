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
    /// From an index the wanted platform is taken, else this machine's, else the only image there is. Artifacts and
    /// attestations are `.notAnImage`.
    package func load(_ root: Descriptor, platform: Platform? = nil) throws(ImageError) -> ImageRecord {
        let descriptor = try isIndex(root) ? try choose(from: root.typed(MediaType.index), platform: platform) : root
        let (manifest, manifestBytes) = try document(ImageManifest.self, descriptor)
        guard !manifest.isArtifact else {
            let type = manifest.artifactType.flatMap { $0.isEmpty ? nil : $0 }
            throw .notAnImage(descriptor.digest, type: type ?? manifest.config.mediaType)
        }
        // An attestation has an image's config, but statements for layers.
        if let first = manifest.layers.first, !manifest.layers.contains(where: { MediaType.isLayer($0.mediaType) }) {
            throw .notAnImage(descriptor.digest, type: first.mediaType)
        }
        let (config, configBytes) = try document(ImageConfig.self, manifest.config)
        let diffIDs = config.rootfs.diffIDs
        guard diffIDs.count == manifest.layers.count else {
            throw .layerCountMismatch(descriptor.digest, manifest: manifest.layers.count, config: diffIDs.count)
        }
        let named = config.os.isEmpty || config.architecture.isEmpty ? descriptor.platform : nil
        return ImageRecord(
            root: root, descriptor: descriptor, manifest: manifest, manifestBytes: manifestBytes, config: config,
            configBytes: configBytes,
            layers: zip(manifest.layers, diffIDs).map { LayerRecord(descriptor: $0, diffID: $1) },
            platform: named ?? config.platform)
    }

    /// Whether a descriptor is an index's: by its type, and where that says nothing by the document itself.
    private func isIndex(_ descriptor: Descriptor) throws(ImageError) -> Bool {
        if MediaType.isIndex(descriptor.mediaType) { return true }
        if MediaType.isManifest(descriptor.mediaType) { return false }
        return try document(DocumentShape.self, descriptor).value.isIndex
    }
}

extension Descriptor {
    fileprivate func typed(_ mediaType: String) -> Descriptor {
        var copy = self
        copy.mediaType = mediaType
        return copy
    }
}
