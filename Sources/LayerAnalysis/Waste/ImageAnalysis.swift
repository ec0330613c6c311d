package import OCISpec

/// Which image an analysis is about.
package struct AnalyzedImage: Hashable, Sendable {
    /// The name it was asked for or found under, in docker's short form; `nil` for an image without a name.
    package var name: String?
    /// The digest of its manifest's bytes; of the manifest made for it where its archive has none.
    package var manifestDigest: Digest?
    /// The digest of its config's bytes.
    package var imageID: Digest?
    /// `os/architecture[/variant]`.
    package var platform: String?
    /// The config's own text; `nil` where it is absent or says nothing (zero, 1970).
    package var created: String?

    /// An image's identity from its parts.
    package init(name: String?, manifestDigest: Digest?, imageID: Digest?, platform: String?, created: String?) {
        self.name = name
        self.manifestDigest = manifestDigest
        self.imageID = imageID
        self.platform = platform
        self.created = created
    }
}

/// What the documents of an image and its archive say of one layer, beside its entries.
package struct LayerIdentity: Hashable, Sendable {
    /// The digest of the decompressed stream.
    package var diffID: Digest
    /// The digest of the blob as stored.
    package var digest: Digest
    /// What the manifest calls the blob.
    package var mediaType: String
    /// The history's own text; `nil` where the history is absent or too short.
    package var createdBy: String?
    /// Bytes of the blob as stored.
    package var compressedBytes: Int64
    /// Bytes of the whole decompressed stream; `nil` where nobody has read it.
    package var tarBytes: Int64?
    /// Whether nobody here has read the bytes, as of a foreign layer: its content is not known.
    package var isAbsent: Bool

    /// A layer's identity from its parts.
    package init(
        diffID: Digest, digest: Digest, mediaType: String, createdBy: String?, compressedBytes: Int64, tarBytes: Int64?,
        isAbsent: Bool = false
    ) {
        self.diffID = diffID
        self.digest = digest
        self.mediaType = mediaType
        self.createdBy = createdBy
        self.compressedBytes = compressedBytes
        self.tarBytes = tarBytes
        self.isAbsent = isAbsent
    }
}

/// Everything `analyze` knows of one image.
///
/// Layers are counted from 0; every figure is defined in `docs/semantics.md`.
package struct ImageAnalysis: Hashable, Sendable {
    /// What the figures are about.
    package var image: AnalyzedImage
    /// Sums over all layers.
    package var totals: AnalysisTotals
    /// Bytes by cause, all causes, in order of precedence; nil where they are not known.
    package var waste: [(cause: WasteCause, bytes: Int64?)] {
        WasteCause.allCases.map { ($0, wasteBytes?[Int($0.rawValue)]) }
    }
    /// Bytes by cause, indexed by its raw value; nil where they are not known.
    package var wasteBytes: [Int64]?
    /// Lowest first.
    package var layers: [AnalyzedLayer]
    /// Most bytes first, then by path; of an image that is not known whole, what the known layers tell, as in all lists.
    package var wastedPaths: [WastedPath]
    /// Most extra bytes first, then by path.
    package var duplicates: [DuplicateGroup]
    /// Most bytes first, then by rule and layer.
    package var hints: [Hint]
}

/// An image's sums; each is nil where it is not known.
package struct AnalysisTotals: Hashable, Sendable {
    /// As many as the image lists, a repeated one counted each time.
    package var layerCount: Int
    /// Layers of which only the compressed size is known.
    package var unknownLayerCount: Int
    /// Whether some figures are not known: for want of a layer's content, or because names cannot be told apart.
    package var isPartial: Bool
    /// Entries of all tars, markers and duplicates included.
    package var entryCount: Int?
    /// Bytes as stored, summed over the layers; a blob listed twice counts twice.
    package var compressedBytes: Int64
    /// Bytes of the decompressed streams.
    package var tarBytes: Int64?
    /// Bytes: logical sizes of all regular-file entries of all layers.
    package var contentBytes: Int64?
    /// Bytes: logical sizes of the regular files that show, each inode once.
    package var visibleBytes: Int64?
    /// The content bytes and hidden bytes of the layers above the base; `nil` when no base is known.
    package var user: UserTotals?

    /// Bytes that layers store and no path shows.
    package var wastedBytes: Int64? {
        guard let contentBytes, let visibleBytes else { return nil }
        return contentBytes - visibleBytes
    }

    /// `nil` when the layers store no content at all, too.
    package var efficiency: Double? {
        guard let contentBytes, let visibleBytes, contentBytes != 0 else { return nil }
        return Double(visibleBytes) / Double(contentBytes)
    }
}

/// Sums over the layers above the base image; each is nil where it is not known.
package struct UserTotals: Hashable, Sendable {
    /// Bytes of content that the layers store.
    package var contentBytes: Int64?
    /// Bytes of that content that are wasted.
    package var wastedBytes: Int64?
    /// `nil` when the layers store no content at all, too.
    package var wastedRatio: Double? {
        guard let contentBytes, let wastedBytes, contentBytes != 0 else { return nil }
        return Double(wastedBytes) / Double(contentBytes)
    }
}

/// One layer with its figures.
package struct AnalyzedLayer: Hashable, Sendable {
    /// Its place in the image, counted from 0: one layer may stand at two places.
    package var index: Int
    /// What it is, wherever it stands.
    package var identity: LayerIdentity
    /// What it stores and hides at this place.
    package var figures: KnownFigures
    /// Whether it belongs to the base image; `nil` when no base is known.
    package var isBase: Bool?
}

/// All wasted inodes whose content was stored at one path.
package struct WastedPath: Hashable, Sendable {
    /// Raw bytes, after symlinks, without a leading slash.
    package var path: [UInt8]
    /// Bytes: the sum of the inodes' logical sizes.
    package var wastedBytes: Int64
    /// How many wasted inodes were stored there.
    package var copies: Int
    /// Bytes by cause, in order of precedence; causes without bytes are left out.
    package var causes: [CauseBytes]
    /// The layers that store the wasted content, ascending.
    package var layers: [Int]
    /// The layers that hid it, ascending.
    package var hiddenBy: [Int]
}

/// Bytes that one cause wasted.
package struct CauseBytes: Hashable, Sendable {
    /// What removed the last name.
    package var cause: WasteCause
    /// The sum of the inodes' logical sizes.
    package var bytes: Int64

    /// Bytes with their cause.
    package init(cause: WasteCause, bytes: Int64) {
        self.cause = cause
        self.bytes = bytes
    }
}

/// Visible files with the same content under different inodes.
package struct DuplicateGroup: Hashable, Sendable {
    /// Bytes of one copy.
    package var bytes: Int64
    /// Inodes; hard links are no copies.
    package var copies: Int
    /// All names of all copies, sorted.
    package var paths: [[UInt8]]
    /// Bytes that one copy alone would save.
    package var extraBytes: Int64 { Int64(copies - 1) * bytes }
}
