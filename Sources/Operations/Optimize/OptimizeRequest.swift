package import LayerArchive
package import OCISpec
package import TextPatterns

/// How an image is to be written again without what nobody sees.
package struct OptimizeRequest: Sendable {
    /// Which layers stay byte for byte.
    package enum Kept: Hashable, Sendable {
        /// Those of the base image, as base figures find it.
        case base
        /// The lowest ones.
        case lowest(Int)
        /// Those of the base image, and all that any other image of the store has as well.
        case shared
    }

    /// Which layers stay byte for byte.
    package var kept = Kept.base
    /// Whether the layers above become one.
    package var isSquashed = false
    /// Paths that go with all below them.
    package var drops: [PathGlob] = []
    /// How layers are compressed; nil for each as it was.
    package var compression: LayerCompression?
    /// How much work goes into that; nil for as much as the format's own tool does.
    package var level: Int?
    /// The table of contents that layers get; nil for none but what they have.
    package var table: TableOfContents.Form?
    /// No time in what is written is later than this second; nil where times stay.
    package var latestSeconds: Int64?
    /// Whether kept layers are packed as asked too: their tars stay, and their blobs do not.
    var repacksKept = false

    /// A request that drops nothing and keeps the base.
    package init() {}
}

extension OptimizeRequest {
    /// What a layer's descriptor says of the level at which it was packed, so that nobody has to do it twice.
    private static let packingKey: ExactText = "io.strata.compression"

    /// How a layer is packed in place of one of this media type.
    func packing(like mediaType: String) -> LayerPacking {
        if let table { return LayerPacking(table: table, level: level) }
        return LayerPacking(compression ?? LayerCompression(mediaType: mediaType), level: level)
    }

    /// Whether a layer is packed as asked already.
    func isPacked(_ layer: Descriptor) -> Bool {
        if let table, !TableOfContents.isClaimed(table, by: layer) { return false }
        if let compression, compression != LayerCompression(mediaType: layer.mediaType) { return false }
        return level == nil || layer.annotations?[Self.packingKey] == note(packing(like: layer.mediaType))
    }

    /// The descriptor of a layer that was packed, with what is to be remembered of it.
    func noted(_ layer: Descriptor, _ packing: LayerPacking) -> Descriptor {
        guard let note = note(packing) else { return layer }
        var copy = layer
        copy.annotations = (layer.annotations ?? [:]).merging([Self.packingKey: note]) { $1 }
        return copy
    }

    private func note(_ packing: LayerPacking) -> String? {
        guard level != nil else { return nil }
        return packing.level.map { "\(packing.compression.rawValue):\($0)" }
    }
}

extension LayerCompression {
    /// How a layer of this type is stored.
    fileprivate init(mediaType: String) {
        switch mediaType {
        case _ where mediaType.hasSuffix("zstd"): self = .zstd
        case _ where mediaType.hasSuffix("gzip"): self = .gzip
        default: self = .none
        }
    }
}
