package import OCISpec

/// An image that was built.
package struct BuiltImage: Sendable {
    /// What of an image no path shows any more.
    package struct Waste: Sendable {
        /// Bytes of content that are stored and not shown.
        package var wastedBytes: Int64
        /// Bytes of content that the image shows.
        package var visibleBytes: Int64
        /// The step that stores most of the waste, and how much that is; nil where none stores any.
        package var worst: (step: String?, bytes: Int64)?
    }

    /// The digest of the config; of an image for several platforms that of its index.
    package var imageID: Digest
    /// The manifest, or the index.
    package var root: Descriptor
    /// The digest of the config; nil where there are several.
    package var config: Digest?
    /// The layers, lowest first; those of several platforms one after another, each once.
    package var layers: [Descriptor]
    /// What of it is wasted; nil where that was not asked for, or is not known.
    package var waste: Waste?
}
