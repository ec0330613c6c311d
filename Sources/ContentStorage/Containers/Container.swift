package import OCISpec

/// A container as it was made: what it runs, in which image, with what around it.
///
/// It is what `containers/<id>/config.json` holds. It does not change but for its name; how it fares stands in `ContainerRun`.
package struct Container: Hashable, Sendable, Codable {
    /// 64 hexadecimal digits, the name of its folder.
    package var id: String
    /// What people call it.
    package var name: String
    /// The manifest or index that it was made from: a root of the store for as long as the container is there.
    package var image: Descriptor
    /// The manifest of the image for one platform, where `image` is an index.
    package var manifest: Descriptor
    /// The config's digest.
    package var imageID: Digest
    /// The image as it was asked for.
    package var imageName: String
    /// When the container was made, not when it was started.
    package var created: Timestamp
    /// The diff IDs of the image's layers, lowest first.
    package var layers: [Digest]
    /// The image's config with what the command line changed; `cmd` and `entrypoint` are what it runs.
    package var config: ContainerConfig
    /// As looked up in the image when the container was made.
    package var user: ContainerUser
    /// What every start of it keeps to.
    package var settings: ContainerSettings
    /// What comes to be in its tree only because something is mounted there.
    package var stubs: MountStubs

    /// A container from its parts.
    package init(
        id: String, name: String, image: Descriptor, manifest: Descriptor, imageID: Digest, imageName: String, created: Timestamp,
        layers: [Digest], config: ContainerConfig, user: ContainerUser, settings: ContainerSettings, stubs: MountStubs
    ) {
        self.id = id
        self.name = name
        self.image = image
        self.manifest = manifest
        self.imageID = imageID
        self.imageName = imageName
        self.created = created
        self.layers = layers
        self.config = config
        self.user = user
        self.settings = settings
        self.stubs = stubs
    }

    /// The program and its arguments.
    package var command: [String] { (config.entrypoint ?? []) + (config.cmd ?? []) }
    /// The first twelve digits of the ID, as listings show it.
    package var shortID: String { String(id.prefix(12)) }
    /// The name that it has for itself.
    package var hostname: String { settings.hostname ?? shortID }
    /// The signal that stops it.
    package var stopSignal: String { config.stopSignal ?? "SIGTERM" }
}
