// https://github.com/opencontainers/image-spec/blob/v1.1.1/spec.md

package import OCISpec

/// What a document says, as far as listings and accounting need it: what it leads to, and what an image is.
///
/// Held by reference, as a table of twenty thousand of them is moved about while it grows.
package indirect enum DocumentFacts: Hashable, Sendable {
    /// An index: what it lists.
    case index(IndexFacts)
    /// A manifest: its config and its layers.
    case manifest(ManifestFacts)
    /// A config: what the image is.
    case config(ConfigFacts)
    /// Of another type, or no document at all: every digest that it names.
    case other(OtherFacts)
    /// Whole, and by its digest what it should be, but no config that can be read; it leads nowhere.
    case opaque

    /// Of which kind a document is taken to be, by the descriptor that leads to it.
    package enum Kind: Hashable, Sendable {
        case index, manifest, config
        /// Of a type that says nothing, or none that is known: the document itself is asked.
        case unknown

        /// The kind of a document that stands for itself: an entry of `index.json`, or what a container was made from.
        package init(entry descriptor: Descriptor) {
            self = Self.known(descriptor.mediaType) ?? .unknown
        }

        /// The kind of a document that an index lists; nil for a layer or a config, which buildx's caches list there.
        package init?(child type: String) {
            if let kind = Self.known(type) {
                self = kind
            } else if MediaType.isLayer(type) || MediaType.isEncryptedLayer(type) || MediaType.isImageConfig(type) {
                return nil
            } else {
                self = .unknown
            }
        }

        /// The kind of what stands where layers and configs do: a document only where its type says that it may be one.
        ///
        /// Whoever bundles images so may call anything a manifest, so the document is asked.
        package init?(part type: String) {
            guard MediaType.mayBeDocument(type) else { return nil }
            self = .unknown
        }

        private static func known(_ type: String) -> Self? {
            MediaType.isIndex(type) ? .index : MediaType.isManifest(type) ? .manifest : nil
        }
    }
}

/// Something that a document names by its digest.
package struct DocumentLink: Hashable, Sendable {
    /// The document's word; nothing was looked up.
    package var digest: Digest
    /// What it is asked as; nil for what is no document.
    package var kind: DocumentFacts.Kind?
    /// Whether the store must have it where it has the document: all but platforms that were never fetched, and foreign layers.
    package var isRequired: Bool

    /// A link from its parts.
    package init(_ digest: Digest, as kind: DocumentFacts.Kind? = nil, isRequired: Bool) {
        self.digest = digest
        self.kind = kind
        self.isRequired = isRequired
    }
}

extension DocumentFacts {
    /// What the document says that it is about: a weak link, which keeps nothing of its own; see `Referrers`.
    package var subject: Digest? {
        switch self {
        case .index(let index): index.subject
        case .manifest(let manifest): manifest.subject
        case .other(let other): other.subject
        case .config, .opaque: nil
        }
    }

    /// Tells `body` of everything that the document names, its subject aside: the one rule of what keeps what.
    package func forEachLink(_ body: (DocumentLink) -> Void) {
        switch self {
        case .index(let index):
            for child in index.children { body(DocumentLink(child.digest, as: child.kind, isRequired: false)) }
            for link in index.others { body(link) }
        case .manifest(let manifest):
            body(DocumentLink(manifest.config, as: manifest.isImage ? .config : nil, isRequired: true))
            let foreign = Set(manifest.foreignLayers)
            for layer in manifest.layers { body(DocumentLink(layer, isRequired: !foreign.contains(layer))) }
            for link in manifest.others { body(link) }
        case .other(let other): for link in other.links { body(link) }
        case .config, .opaque: break
        }
    }
}

/// What an index leads to.
package struct IndexFacts: Hashable, Sendable {
    /// One of its manifests.
    package struct Child: Hashable, Sendable {
        /// The manifest, or an index within the index.
        package var digest: Digest
        /// Bytes, as the index claims.
        package var size: Int64
        /// As the index claims: what the bytes are, they say themselves.
        package var mediaType: String
        /// The machine, by the index's word.
        package var platform: Platform?
        /// Whether it is about another manifest of the index, and no image.
        package var isAttestation: Bool
        /// Whether it is an image, or an index that may have one, by the index's word.
        package var isImageEntry: Bool

        /// Which document it is; nil for what is none.
        package var kind: DocumentFacts.Kind? { DocumentFacts.Kind(child: mediaType) }

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
    /// What it names besides, in fields that are not known.
    package var others: [DocumentLink] = []
    /// The digests of what it lists of algorithms that are not known.
    package var unknownDigests: [String] = []

    init(_ index: ImageIndex, _ mentions: [DigestMention] = []) {
        children = index.manifests.map { descriptor in
            Child(
                digest: descriptor.digest, size: descriptor.size, mediaType: descriptor.mediaType,
                platform: descriptor.platform, isAttestation: descriptor.isAttestation,
                isImageEntry: descriptor.isImageEntry)
        }
        subject = index.subject?.digest
        unknownDigests = index.oddEntries.compactMap(\.digest)
        others = mentions.links(besides: Set(children.map(\.digest) + [subject].compactMap(\.self)))
    }

    init(children: [Child], subject: Digest?, others: [DocumentLink], unknownDigests: [String]) {
        self.unknownDigests = unknownDigests
        self.children = children
        self.subject = subject
        self.others = others
    }
}

/// What a manifest leads to.
package struct ManifestFacts: Hashable, Sendable {
    /// The digest of the config, or of whatever the manifest has in its place.
    package var config: Digest
    /// Lowest first.
    package var layers: [Digest]
    /// Those of the layers that registries do not carry, and that stores may lack.
    package var foreignLayers: [Digest]
    /// The manifest that this one is about.
    package var subject: Digest?
    /// Whether it is an image's: neither an artifact's nor an attestation's.
    package var isImage: Bool
    /// Those of the layers and the config that may be documents, as in a bundle of images, and what fields name that are not known.
    package var others: [DocumentLink] = []

    init(_ manifest: ImageManifest, _ mentions: [DigestMention] = []) {
        config = manifest.config.digest
        layers = manifest.layers.map(\.digest)
        foreignLayers = manifest.layers.filter { MediaType.isForeignLayer($0.mediaType) }.map(\.digest)
        subject = manifest.subject?.digest
        isImage = manifest.isImage
        others = ([manifest.config] + manifest.layers).compactMap { part in
            let kind = DocumentFacts.Kind(part: part.mediaType)
            return kind.map { DocumentLink(part.digest, as: $0, isRequired: !MediaType.isForeignLayer(part.mediaType)) }
        }
        others += mentions.links(besides: Set(layers + [config] + [subject].compactMap(\.self)))
    }

    init(
        config: Digest, layers: [Digest], foreignLayers: [Digest], subject: Digest?, isImage: Bool, others: [DocumentLink]
    ) {
        self.others = others
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
    /// The config's own word; an index may say otherwise.
    package var platform: Platform
    /// Of the config, compared by bytes.
    package var labels: [ExactText: String]
    /// Lowest first.
    package var diffIDs: [Digest]

    init(_ config: ImageConfigOutline) {
        created = config.created
        platform = config.platform
        labels = config.labels
        diffIDs = config.diffIDs
    }

    init(created: String?, platform: Platform, labels: [ExactText: String], diffIDs: [Digest]) {
        self.created = created
        self.platform = platform
        self.labels = labels
        self.diffIDs = diffIDs
    }
}

/// What a document names that is neither an index nor a manifest that is known: an artifact manifest of OCI's drafts, Docker's first
/// schema, or something that came later.
package struct OtherFacts: Hashable, Sendable {
    /// In the document's order; without any it is no document, or one that leads nowhere.
    package var links: [DocumentLink]
    /// What it is about.
    package var subject: Digest?

    init(links: [DocumentLink], subject: Digest?) {
        self.links = links
        self.subject = subject
    }

    init(_ mentions: [DigestMention]) {
        subject = mentions.first { $0.field == "subject" }?.digest
        links = mentions.filter { $0.field != "subject" }.map { mention in
            let kind: DocumentFacts.Kind? =
                switch mention.field {
                case "manifests": mention.mediaType.map { DocumentFacts.Kind(child: $0) } ?? .unknown
                // Docker's first schema: layers without a type.
                case "fslayers": nil
                default: mention.mediaType.map { DocumentFacts.Kind(part: $0) } ?? .unknown
                }
            return DocumentLink(mention.digest, as: kind, isRequired: false)
        }
    }
}

extension [DigestMention] {
    /// What they name, those digests aside; each once.
    fileprivate func links(besides known: Set<Digest>) -> [DocumentLink] {
        var seen = known
        return compactMap { mention in
            guard seen.insert(mention.digest).inserted else { return nil }
            return DocumentLink(
                mention.digest, as: mention.mediaType.flatMap { DocumentFacts.Kind(part: $0) }, isRequired: false)
        }
    }
}
