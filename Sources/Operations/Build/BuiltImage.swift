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

    /// The digest of the config.
    package var imageID: Digest
    /// The manifest's digest.
    package var digest: Digest
    /// The layers, lowest first.
    package var layers: [Descriptor]
    /// What of it is wasted; nil where that was not asked for, or is not known.
    package var waste: Waste?
}
