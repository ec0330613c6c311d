package import LayerArchive
package import OCISpec

/// What to bring in, and how.
package struct TransferOptions: Sendable {
    /// The platform to take from an index; `nil` for this machine's, else the only one there is.
    package var platform: Platform?
    /// How much of a hostile archive is read before it is refused.
    package var limits: ScanLimits
    /// Layers worked on at a time.
    package var workerCount: Int

    /// Options from their parts.
    package init(platform: Platform? = nil, limits: ScanLimits = ScanLimits(), workerCount: Int) {
        self.platform = platform
        self.limits = limits
        self.workerCount = workerCount
    }
}

/// What a transfer tells while it runs; sent from several threads.
package enum TransferEvent: Sendable {
    /// An image's documents are read, and none of its layers yet.
    case chose(ImageOutline)
    /// Layers are about to be read: this many bytes in all.
    case began(totalBytes: Int64)
    /// So many bytes more were read.
    case advanced(bytes: Int64)
    /// The catalog has a layer's index by now.
    case indexed(diffID: Digest)
    /// A layer's tar has something odd that was read all the same.
    case warned(layer: Digest, LayerWarning)
    /// The source calls an image by what is no name in a store, such as a bare tag: it is kept without that.
    case unnamed(label: String, imageID: Digest)
    /// An image has no such platform as was asked for, while others of the source have.
    case passedOver(title: String, platforms: [Platform])
    /// Parts that an image lists are not whole in the source, and were left out: what messages call them, and why.
    case leftOut(title: String, parts: [(title: String, reason: TransferError)])
    /// A foreign layer is not in the source.
    case absent(layer: Digest, urls: [String])
    /// The blob is not compressed as its media type says.
    case mislabelled(layer: Digest, mediaType: String, actual: Compression)
}

/// An image as far as its documents tell, before any layer is read.
package struct ImageOutline: Sendable {
    /// What its source calls it.
    package var name: String?
    /// Decoded.
    package var config: ImageConfig
    /// Bytes of each layer's blob, lowest first; nil where no manifest says so.
    package var blobBytes: [Int64?]

    /// An outline from its parts.
    package init(name: String?, config: ImageConfig, blobBytes: [Int64?]) {
        self.name = name
        self.config = config
        self.blobBytes = blobBytes
    }
}
