package import OCISpec
package import StorageIO

/// One thing of an engine's root that a person marked to go.
package enum EngineMark: Hashable, Sendable {
    /// An image with all its names, by `EngineImage.mark`.
    case image(Digest)
    /// One name of that image, as the engine writes it; the image stays while it has another.
    case name(String, Digest)
    /// A record of the build cache, by its ID.
    case record(String)
    /// A container that does not run, by its ID.
    case container(PathPart)
    /// What nobody names, by its path below the root; goes while the engine does not run, and nothing else does then.
    case leak(String)
}
