package import OCISpec

/// One thing of an engine's root that a person marked to go.
package enum EngineMark: Hashable, Sendable {
    /// An image with all its names, by `EngineImage.mark`.
    case image(Digest)
    /// One name of that image, as the engine writes it; the image stays while it has another.
    case name(String, Digest)
    /// A record of the build cache, by its ID.
    case record(String)
}
