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

/// Whom a container runs as, by numbers.
package struct ContainerUser: Hashable, Sendable, Codable {
    /// By number of the image.
    package var uid: UInt32
    /// The primary group, by number of the image.
    package var gid: UInt32
    /// Other groups that the user is in.
    package var groups: [UInt32]
    /// An absolute path in the container, which need not be there.
    package var home: String

    /// A user from its parts.
    package init(uid: UInt32, gid: UInt32, groups: [UInt32] = [], home: String) {
        self.uid = uid
        self.gid = gid
        self.groups = groups
        self.home = home
    }
}

/// What the command line says of a container besides its config.
package struct ContainerSettings: Hashable, Sendable, Codable {
    /// Which network a container has.
    package enum Network: String, Hashable, Sendable, Codable, CaseIterable {
        /// The machine's.
        case host
        /// Its own loopback alone.
        case none
    }

    /// A folder or file of the machine, or memory, at a place of the container.
    package struct Mount: Hashable, Sendable, Codable {
        /// Something of the machine, or memory.
        package enum Kind: String, Hashable, Sendable, Codable { case bind, tmpfs }

        /// Where the content comes from.
        package var kind: Kind
        /// An absolute path of the machine; empty for memory.
        package var source: String
        /// An absolute path in the container.
        package var target: String
        /// Whether the container may not write there.
        package var isReadOnly: Bool
        /// Further options of the mount, as `size=64m`.
        package var options: [String]

        /// A mount from its parts.
        package init(_ kind: Kind, source: String, target: String, isReadOnly: Bool = false, options: [String] = []) {
            self.kind = kind
            self.source = source
            self.target = target
            self.isReadOnly = isReadOnly
            self.options = options
        }
    }

    /// Whether its streams are a pseudo-terminal.
    package var hasTerminal = false
    /// Whether its input stays open while nobody is attached.
    package var keepsInputOpen = false
    /// Whether it goes once it has ended.
    package var isRemovedAtEnd = false
    /// Whether nothing may be written to its tree; mounts are not its tree.
    package var hasReadOnlyTree = false
    /// Whether it has all capabilities and devices.
    package var isPrivileged = false
    /// Whether nothing runs in it: its tree is mounted read-only, to be looked at.
    package var isMount = false
    /// Where it is mounted besides the container's folder.
    package var mountPoint: String?
    /// The machine's, unless something else is asked for.
    package var network = Network.host
    /// Nil for the short ID.
    package var hostname: String?
    /// In the order in which they are made.
    package var mounts: [Mount] = []
    /// Capabilities as the kernel calls them, `CAP_…`.
    package var capabilities: [String] = RuntimeSpec.usualCapabilities
    /// Bytes of memory at most.
    package var memoryBytes: Int64?
    /// Processors at most, in thousandths.
    package var milliCPUs: Int64?
    /// Processes and threads at most; nil for no limit.
    package var processLimit: Int64?

    /// The usual settings.
    package init() {}

    /// Whether a control group is needed for them.
    package var needsControlGroup: Bool { memoryBytes != nil || milliCPUs != nil || processLimit != nil }
}
