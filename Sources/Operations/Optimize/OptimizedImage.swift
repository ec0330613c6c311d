package import LayerAnalysis
package import OCISpec

/// What becomes of one platform's image that is written again, layer by layer.
package struct OptimizedImage: Sendable {
    /// What becomes of a layer.
    package enum Change: String, Hashable, Sendable {
        /// It stays byte for byte.
        case kept
        /// Its tar stays, and is compressed anew.
        case recompressed
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
        /// Bytes that it stores and nobody sees, by what hid them; causes without bytes are left out.
        package var waste: [CauseBytes] = []
    }

    /// Bytes of an image.
    package struct Figures: Hashable, Sendable {
        /// Bytes that no path shows, of all layers.
        package var wastedBytes: Int64
        /// Bytes of all layers as they are stored.
        package var compressedBytes: Int64
        /// Bytes of the disk that its blobs take in a store, documents too, in whole blocks.
        package var diskBytes: Int64
        /// How many layers there are.
        package var layerCount: Int
    }

    /// What it has in common with another image of the store.
    package struct Sharing: Hashable, Sendable {
        /// How much of it.
        package struct Part: Hashable, Sendable {
            /// Blobs that both have.
            package var layerCount: Int
            /// Bytes of these as they are stored.
            package var compressedBytes: Int64
        }

        /// The other image.
        package var image: String
        /// As it was.
        package var before: Part
        /// As it is afterwards.
        package var after: Part
    }

    /// The machine that it is for.
    package var platform: Platform
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
    /// Other images that have, or will have, a layer of it, most bytes first.
    package var sharing: [Sharing]
    /// The image that is written, or would be; the old one where nothing changes.
    package var image: WrittenImage
    /// Whether it is the old one.
    package var isUnchanged: Bool
    /// Its blobs as they were.
    var blobsBefore: Blobs
    /// Its blobs afterwards.
    var blobsAfter: Blobs

    /// What an image consists of.
    struct Blobs: Sendable {
        var layers: [Descriptor]
        var documents: [Descriptor]
    }
}

/// What becomes of all that a name means.
package struct OptimizedRoot: Sendable {
    /// One for each platform.
    package var images: [OptimizedImage]
    /// Whether it is an index, even of one platform.
    package var isIndex: Bool
    /// What an index lists besides, and the new one does not: attestations and other artifacts.
    package var artifactCount: Int
    /// Platforms of which the store has no image, so that the new index does not list them.
    package var absentCount: Int
    /// As it was, over all platforms; what several have counts once.
    package var before: OptimizedImage.Figures
    /// As it is afterwards.
    package var after: OptimizedImage.Figures
    /// What is written, or would be: a manifest or an index.
    package var image: WrittenImage
    /// Whether it is the old one.
    package var isUnchanged: Bool
}

extension OptimizedImage.Figures {
    /// Of one image that wastes so much and has these layers and documents.
    init(wastedBytes: Int64, layers: [Descriptor], documents: [Descriptor]) {
        self.wastedBytes = wastedBytes
        compressedBytes = layers.reduce(0) { $0 + $1.size }
        diskBytes = (layers + documents).eachOnce.reduce(0) { $0 + Self.onDisk($1.size) }
        layerCount = layers.count
    }

    /// Of several images together with the index around them.
    init(_ images: [(figures: Self, layers: [Descriptor], documents: [Descriptor])], index: Descriptor?) {
        let layers = images.flatMap(\.layers)
        self.init(
            wastedBytes: images.reduce(0) { $0 + $1.figures.wastedBytes }, layers: images.count == 1 ? layers : layers.eachOnce,
            documents: images.flatMap(\.documents) + [index].compactMap { $0 })
        layerCount = layers.count
    }

    private static let blockBytes: Int64 = 4096

    private static func onDisk(_ bytes: Int64) -> Int64 { (bytes + blockBytes - 1) / blockBytes * blockBytes }
}

extension [Descriptor] {
    /// Each blob once, where it stands first.
    var eachOnce: [Descriptor] {
        var seen: Set<Digest> = []
        return filter { seen.insert($0.digest).inserted }
    }
}
