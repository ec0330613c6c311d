package import ContentStorage
package import Distribution
package import ImageStorage
package import LayerArchive
package import OCISpec
package import Reclamation
package import StorageIO

/// What a person should know of an operation and is no failure.
package enum Remark: Sendable {
    /// A store that other users could open was closed to them: it is done once, and whoever relied on it should know.
    case storeClosed(StoreClosing, path: String)
    /// What a killed process left of a session cannot be removed now; a later command tries again.
    case sessionLeft(StorageError)
    /// The catalog did not do what was asked of it; what it keeps can be made again.
    case catalogProblem(String)
    /// The base image asked for as `name` is for another platform than the build's.
    case baseOfOtherPlatform(name: String, Platform, wanted: Platform)
    /// No image of the repository is known that is older, for the platform.
    case nothingBefore(repository: String, Platform)
    /// The image before has been removed from the store, so nothing can be compared with all of it.
    case imageBeforeGone(image: String)
    /// The figures of an image that was noted could not be worked out.
    case noFigures(manifest: Digest, any Error)
    /// A record of packages could not be read again.
    case unreadableRecord(any Error)
    /// A layer's own table of contents is not believed.
    case unusableTable(layer: Digest, TableFault)
    /// No server gives parts of blobs, so the layer's table of contents is not read.
    case tableOutOfReach(layer: Digest)
    /// An image in a registry was looked at without its layers.
    case readRemotely(RemoteKnowledge)
    /// A foreign layer that the store does not have is left out of what is written.
    case foreignLayerLeftOut(Digest)
    /// Layers were compressed on the way, which gives the image another digest in the registry.
    case compressedOnTheWay(image: String, digest: Digest)
    /// A name in a registry has no build cache, or none yet.
    case noCache(String)
    /// The build cache of that name cannot be used, or not all of it.
    case cacheOutOfReach(String, DistributionError)
    /// The steps of a build could not be written to where they were wanted.
    case cacheNotWritten(any Error)
    /// An entry of `index.json` that cannot be listed.
    case oddEntry(OddEntry)
    /// An image that cannot be listed.
    case unreadableImage(name: String, ImageError)
    /// What a listing of images leaves out since it is no image, such as a chart, by its names, or its digest where it has none.
    case artifactsNotListed([String])
    /// Which images containers use cannot be told.
    case containersUnknown(ContentError)
    /// What a decision about what goes came up against.
    case decision(PruneDecision.Note)

    /// What is known of an image in a registry without its layers.
    package struct RemoteKnowledge: Sendable {
        /// How people call the image.
        package var image: String
        /// Whether several images are looked at, so that each is to be named.
        package var isOneOfSeveral: Bool
        /// As many as the manifest lists.
        package var layerCount: Int
        /// The layers whose files are known.
        package var knownCount: Int
        /// Whether the known ones were read before; else they have tables of contents.
        package var isFromCatalog: Bool
    }
}
