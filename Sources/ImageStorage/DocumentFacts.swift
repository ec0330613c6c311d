// https://github.com/opencontainers/image-spec/blob/v1.1.1/spec.md

package import OCISpec

/// What a document says, as far as listings and accounting need it: what it leads to, and what an image is.
package enum DocumentFacts: Hashable, Sendable {
    case index(IndexFacts)
    case manifest(ManifestFacts)
    case config(ConfigFacts)
    /// Whole, and by its digest what it should be, but of no kind that leads anywhere.
    case opaque

    /// Of which kind a document is taken to be, by the descriptor that leads to it.
    package enum Kind: Hashable, Sendable {
        case index, manifest, config
        /// An entry of `index.json` whose type says nothing: the document itself is asked.
        case unknown

        /// The kind of a document that an index lists, or nil where the descriptor names no document.
        package init?(_ descriptor: Descriptor, isEntry: Bool) {
            if MediaType.isIndex(descriptor.mediaType) {
                self = .index
            } else if MediaType.isManifest(descriptor.mediaType) {
                self = .manifest
            } else if isEntry, descriptor.size <= DocumentLimits.default.maxBytes {
                self = .unknown
            } else {
                return nil
            }
        }
    }
}

/// What an index leads to.
package struct IndexFacts: Hashable, Sendable {
    /// One of its manifests.
    package struct Child: Hashable, Sendable {
        package var digest: Digest
        package var size: Int64
        package var mediaType: String
        /// The machine, by the index's word.
        package var platform: Platform?
        /// Whether it is about another manifest of the index, and no image.
        package var isAttestation: Bool
        /// Whether it is an image, or an index that may have one, by the index's word.
        package var isImageEntry: Bool

        /// Which document it is; nil for what is none.
        package var kind: DocumentFacts.Kind? { DocumentFacts.Kind(descriptor, isEntry: false) }

        /// The descriptor, without what only its index needs.
        var descriptor: Descriptor {
            var descriptor = Descriptor(mediaType: mediaType, digest: digest, size: size)
            descriptor.platform = platform
            return descriptor
        }
    }

    /// The manifests and nested indexes, in the index's order.
    package var children: [Child]
    /// The manifest that the index is about.
    package var subject: Digest?

    init(_ index: ImageIndex) {
        children = index.manifests.map { descriptor in
            Child(
                digest: descriptor.digest, size: descriptor.size, mediaType: descriptor.mediaType,
                platform: descriptor.platform, isAttestation: descriptor.isAttestation,
                isImageEntry: descriptor.isImageEntry)
        }
        subject = index.subject?.digest
    }

    init(children: [Child], subject: Digest?) {
        self.children = children
        self.subject = subject
    }
}

/// What a manifest leads to.
package struct ManifestFacts: Hashable, Sendable {
    package var config: Digest
    /// Lowest first.
    package var layers: [Digest]
    /// Those of the layers that registries do not carry, and that stores may lack.
    package var foreignLayers: [Digest]
    /// The manifest that this one is about.
    package var subject: Digest?
    /// Whether it is an image's: neither an artifact's nor an attestation's.
    package var isImage: Bool

    init(_ manifest: ImageManifest) {
        config = manifest.config.digest
        layers = manifest.layers.map(\.digest)
        foreignLayers = manifest.layers.filter { MediaType.isForeignLayer($0.mediaType) }.map(\.digest)
        subject = manifest.subject?.digest
        isImage = manifest.isImage
    }

    init(config: Digest, layers: [Digest], foreignLayers: [Digest], subject: Digest?, isImage: Bool) {
        self.config = config
        self.layers = layers
        self.foreignLayers = foreignLayers
        self.subject = subject
        self.isImage = isImage
    }
}

/// What a config says of its image.
package struct ConfigFacts: Hashable, Sendable {
    /// When the image was made, as the document has it.
    package var created: String?
    package var platform: Platform
    package var labels: [String: String]
    /// Lowest first.
    package var diffIDs: [Digest]

    init(_ config: ImageConfig) {
        created = config.created
        platform = config.platform
        labels = config.config?.labels ?? [:]
        diffIDs = config.rootfs.diffIDs
    }

    init(created: String?, platform: Platform, labels: [String: String], diffIDs: [Digest]) {
        self.created = created
        self.platform = platform
        self.labels = labels
        self.diffIDs = diffIDs
    }
}
