package import LayerArchive
package import OCISpec

/// How the layers of images that are written again are stored.
package struct LayerForm: Hashable, Sendable {
    /// How they are compressed; nil for each as it was.
    package var compression: LayerCompression?
    /// How much work goes into that; nil for as much as the format's own tool does.
    package var level: Int?
    /// The table of contents that they get; nil for none but what they have.
    package var table: TableOfContents.Form?
    /// No time in what is written is later than this second; nil where times stay.
    package var latestSeconds: Int64?

    /// Everything as it was.
    package init() {}
}

extension LayerForm {
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

extension Descriptor {
    /// As a manifest of the store names a layer: with all that is noted of how it was written.
    var layerInLayout: Descriptor {
        var copy = inLayout
        copy.annotations = annotations
        return copy
    }
}

extension LayerCompression {
    /// How a layer of this type is stored.
    init(mediaType: String) {
        switch mediaType {
        case _ where mediaType.hasSuffix("zstd"): self = .zstd
        case _ where mediaType.hasSuffix("gzip"): self = .gzip
        default: self = .none
        }
    }
}
