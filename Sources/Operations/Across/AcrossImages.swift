package import LayerAnalysis
package import OCISpec

/// How several images are written again.
package struct AcrossOrder: Sendable {
    /// What their layers are to be.
    package var layers = AcrossRequest()
    /// How they are written; without a compression each as most of it was.
    package var form = LayerForm()

    /// An order for a registry.
    package init() {}
}

/// Several images that were written again to share what they have in common, or would be.
package struct AcrossImages: Sendable {
    /// One image.
    package struct Image: Sendable {
        /// What it was called.
        package var source: String
        /// What the new one is called; nil of a dry run without names.
        package var name: Reference?
        /// How many layers it had.
        package var layersBefore: Int
        /// How many it has.
        package var layersAfter: Int
        /// How many of its lowest layers stayed.
        package var keptCount: Int
        /// The new image; nil of a dry run.
        package var image: WrittenImage?
    }

    /// A layer that was written.
    package struct Layer: Hashable, Sendable {
        /// The images that have it, by their places.
        package var images: [Int]
        /// How many entries it has.
        package var entryCount: Int
        /// Bytes of its tar.
        package var tarBytes: Int64
        /// Bytes as it is stored.
        package var compressedBytes: Int64
    }

    /// Bytes of all images together.
    package struct Figures: Hashable, Sendable {
        /// As stored in a registry that holds all of them: each blob once.
        package var registryBytes: Int64
        /// The same uncompressed.
        package var registryTarBytes: Int64
        /// Uncompressed, on a host where all of them are unpacked: a layer once for each stack of layers below it.
        package var hostBytes: Int64
        /// Different layers.
        package var layerCount: Int
    }

    /// In the order given.
    package var images: [Image]
    /// Lowest first; none where everything stays as it is.
    package var layers: [Layer]
    /// As they were.
    package var before: Figures
    /// As they are afterwards.
    package var after: Figures
    /// Uncompressed bytes of everything that differs, each once: nothing that holds all of it has fewer.
    package var lowerBoundBytes: Int64
    /// Bytes of files whose content other files of the images have under another path or with other metadata, which layers cannot share.
    package var otherNamesBytes: Int64
    /// Whose bytes were to be few.
    package var goal: AcrossRequest.Goal
    /// Whether the images stay as they are, since layers of other kinds would have no fewer bytes.
    package var isUnchanged: Bool
}
