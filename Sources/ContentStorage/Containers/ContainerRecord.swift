package import OCISpec
package import StorageIO

/// What a container's record says that the store must know: which image it keeps.
///
/// It stands in `containers/<id>/config.json`, beside whatever else the record holds; `Container` is the whole of it.
package struct ContainerRecord: Hashable, Sendable {
    /// The name of the container's directory, whatever the record itself says.
    package var id: PathPart
    /// What people call it.
    package var name: String?
    /// The manifest or index that the container was made from; it and all it leads to stay for as long as the record does.
    package var image: Descriptor
    /// When it was made; nil where the record does not say.
    package var created: Timestamp?
    /// Its config, with its labels.
    package var config: ContainerConfig?
    /// The volumes with names that it mounts.
    package var volumes: Set<PathPart> = []
    /// The network that it joins; nil for none with a name.
    package var network: PathPart?

    /// A record from its parts.
    package init(
        id: PathPart, name: String?, image: Descriptor, created: Timestamp? = nil, config: ContainerConfig? = nil
    ) {
        self.id = id
        self.name = name
        self.image = image
        self.created = created
        self.config = config
    }

    /// What is read of a record.
    struct Document: Decodable {
        var name: String?
        var image: Descriptor
        var created: Timestamp?
        var config: ContainerConfig?
        var settings: Settings?

        struct Settings: Decodable {
            var isRemovedAtEnd: Bool?
            var mounts: [Mount]?
            var network: String?
        }

        struct Mount: Decodable {
            var source: String?
        }

        /// Whether it was made to be removed with its end.
        var goesWithItsEnd: Bool { settings?.isRemovedAtEnd == true }
    }

    /// The record in the directory of that name.
    init(_ document: Document, in directory: PathPart) {
        self.init(
            id: directory, name: document.name, image: document.image, created: document.created, config: document.config)
        volumes = Set((document.settings?.mounts ?? []).compactMap { $0.source.flatMap(StoredVolumes.name) })
        network = document.settings?.network.flatMap { ContainerSettings.Network(rawValue: $0)?.name }
    }
}
