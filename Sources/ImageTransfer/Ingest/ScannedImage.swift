package import LayerArchive
package import OCISpec

/// One layer of an image that was looked at, ready for analysis.
package struct ScannedLayer: Hashable, Sendable {
    /// The digest of the decompressed stream.
    package var diffID: Digest
    /// The blob, as its source or the store holds it.
    package var descriptor: Descriptor
    /// Whether its content is not known: a foreign layer that nobody here holds, or one in a registry that does not say what it has.
    package var isAbsent: Bool
    /// Its entries where they are not the catalog's: by the word of its own table of contents, or of its tar-split.
    package var listing: LayerIndex?
    /// Bytes of its tar; nil where a listing does not tell, and for layers of the catalog, which has them.
    package var tarBytes: Int64?
    /// Whether the listing is of a tar-split: complete, with contents that are known by checksums alone.
    package var hasChecksums: Bool { listing != nil && tarBytes != nil }

    /// A layer from its parts.
    package init(diffID: Digest, descriptor: Descriptor, isAbsent: Bool, listing: LayerIndex? = nil) {
        self.diffID = diffID
        self.descriptor = descriptor
        self.isAbsent = isAbsent
        self.listing = listing
    }
}

/// One image for one platform, whose layers' indexes are in the catalog or at hand, whether or not the store has the image.
package struct ScannedImage: Sendable {
    /// Its name in docker's short form, or what its source calls it.
    package var name: String?
    /// Of this platform's manifest, not of an index around it.
    package var manifestDigest: Digest
    /// The config's digest.
    package var imageID: Digest
    /// Decoded; a config that is no config ends the scan before.
    package var config: ImageConfig
    /// The index's word where it has one, else the config's.
    package var platform: Platform
    /// The manifest's annotations.
    package var annotations: [ExactText: String]
    /// In the order of the manifest, lowest first.
    package var layers: [ScannedLayer]
    /// Whether it is not known which paths are the same: names of two tables read alike that may be different ones.
    package var hasAmbiguousNames = false
    /// What an image of the store was found by, a manifest or an index; `nil` for one from outside.
    package var root: Descriptor?
    /// The config's own bytes, of which `config` is what this program knows; nil for an image that is being built.
    package var configBytes: [UInt8]?
    /// A way to its layers' bytes; nil where there is none.
    package var rereading: LayerRereading?
    /// The same image with all layers read, for comparisons with images whose contents are known by hashes; nil where that is not to be had.
    package var readWhole: (@Sendable () throws -> ScannedImage)?

    /// An image from its parts.
    package init(
        name: String?, manifestDigest: Digest, imageID: Digest, config: ImageConfig, platform: Platform,
        annotations: [ExactText: String], layers: [ScannedLayer], root: Descriptor? = nil,
        configBytes: [UInt8]? = nil
    ) {
        self.name = name
        self.manifestDigest = manifestDigest
        self.imageID = imageID
        self.config = config
        self.platform = platform
        self.annotations = annotations
        self.layers = layers
        self.root = root
        self.configBytes = configBytes
    }
}
