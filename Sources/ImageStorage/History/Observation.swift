package import OCISpec

/// That a name of the store came to mean an image: what `trend` tells, and `check --against previous` compares with.
///
/// The figures are the image's as far as they were known when somebody last asked; they stay when the image has gone.
package struct Observation: Hashable, Sendable {
    /// In which order observations were noted; a later one has a higher number.
    package var number: Int64
    /// The full name of the repository, or the whole of a bare name as another tool wrote it.
    package var repository: String
    /// nil for a name without one.
    package var tag: String?
    /// When the name came to mean the image, to the second.
    package var observed: Timestamp
    /// What the name meant from then on.
    package var image: ObservedImage

    /// An observation from its parts; its number is the catalog's to give.
    package init(number: Int64 = 0, repository: String, tag: String?, observed: Timestamp, image: ObservedImage) {
        self.number = number
        self.repository = repository
        self.tag = tag
        self.observed = observed
        self.image = image
    }
}

/// The image of an observation, for one platform.
package struct ObservedImage: Hashable, Sendable {
    /// The digest of its manifest, and of its config.
    package var manifest: Digest
    /// The config's digest.
    package var imageID: Digest
    /// As `Platform.description` has it.
    package var platform: String
    /// The config's date to the second; nil where it says nothing that can be believed.
    package var created: Timestamp?
    /// As many as the manifest lists, a repeated one counted each time.
    package var layerCount: Int
    /// Bytes of the layers as stored; a blob that stands twice counts twice.
    package var compressedBytes: Int64
    /// Bytes: logical sizes of all regular-file entries of all layers; nil, as the next, where it is not known.
    package var contentBytes: Int64?
    /// Bytes: logical sizes of the regular files that show.
    package var visibleBytes: Int64?

    /// Bytes that the layers store and no path shows.
    package var wastedBytes: Int64? {
        guard let contentBytes, let visibleBytes else { return nil }
        return contentBytes - visibleBytes
    }

    /// An image from its parts.
    package init(
        manifest: Digest, imageID: Digest, platform: String, created: Timestamp?, layerCount: Int, compressedBytes: Int64,
        contentBytes: Int64? = nil, visibleBytes: Int64? = nil
    ) {
        self.manifest = manifest
        self.imageID = imageID
        self.platform = platform
        self.created = created
        self.layerCount = layerCount
        self.compressedBytes = compressedBytes
        self.contentBytes = contentBytes
        self.visibleBytes = visibleBytes
    }
}
