package import LayerArchive
package import TextPatterns

/// How an image is to be written again without what nobody sees.
package struct OptimizeRequest: Sendable {
    /// Which layers stay byte for byte.
    package enum Kept: Hashable, Sendable {
        /// Those of the base image, as base figures find it.
        case base
        /// The lowest ones.
        case lowest(Int)
    }

    /// Which layers stay byte for byte.
    package var kept = Kept.base
    /// Whether the layers above become one.
    package var isSquashed = false
    /// Paths that go with all below them.
    package var drops: [PathGlob] = []
    /// How written layers are compressed; nil for each as it was.
    package var compression: LayerCompression?

    /// A request that drops nothing and keeps the base.
    package init() {}
}

/// What becomes of an image that is written again, layer by layer.
package struct OptimizedImage: Sendable {
    /// What becomes of a layer.
    package enum Change: String, Hashable, Sendable {
        /// It stays byte for byte.
        case kept
        /// It is written again.
        case written
        /// It goes, since nobody sees anything of it.
        case dropped
    }

    /// One layer of the old image, or with layers squashed all those that become one.
    package struct Layer: Hashable, Sendable {
        /// What becomes of it.
        package var change: Change
        /// What made it; nil where the history does not tell.
        package var createdBy: String?
        /// Compressed bytes.
        package var beforeBytes: Int64
        /// Compressed bytes; 0 for one that goes.
        package var afterBytes: Int64
        /// How many entries it has afterwards.
        package var entryCount: Int
    }

    /// Bytes of an image.
    package struct Figures: Hashable, Sendable {
        /// Bytes that no path shows, of all layers.
        package var wastedBytes: Int64
        /// Bytes of all layers as they are stored.
        package var compressedBytes: Int64
        /// How many layers there are.
        package var layerCount: Int
    }

    /// Lowest first.
    package var layers: [Layer]
    /// As it was.
    package var before: Figures
    /// As it is afterwards.
    package var after: Figures
    /// How many layers are kept, and whose they are; nil where they are nobody's in particular.
    package var base: (name: String?, layerCount: Int)
    /// Paths that were dropped, raw bytes, those below them not told.
    package var dropped: [[UInt8]]
    /// The image that was written; nil of a dry run.
    package var image: WrittenImage?
}
