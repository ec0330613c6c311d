package import OCISpec
import StorageIO
import TextValues

/// A layer of an image that is being built.
package struct BuildLayer: Hashable, Sendable, Codable {
    /// The blob.
    package var descriptor: Descriptor
    /// Of the layer's tar, as `rootfs` lists it.
    package var diffID: Digest

    /// A layer from its parts.
    package init(descriptor: Descriptor, diffID: Digest) {
        self.descriptor = descriptor
        self.diffID = diffID
    }
}

/// What a stage has become so far: an image without a name.
package struct StageState: Hashable, Sendable {
    /// Its `rootfs` and `history` always fit `layers`.
    package private(set) var config: ImageConfig
    /// Lowest first, as `rootfs` lists them.
    package private(set) var layers: [BuildLayer]

    /// An image to begin with; `layers` are those of the config's `rootfs`.
    package init(config: ImageConfig, layers: [BuildLayer]) {
        self.config = config
        self.layers = layers
    }

    /// What `FROM scratch` begins with: nothing but the usual path, as docker's builder has it.
    package static func scratch(_ platform: Platform) -> StageState {
        var container = ContainerConfig()
        container.env = ["PATH=\(defaultPath)"]
        container.workingDir = "/"
        return StageState(config: ImageConfig(platform: platform, rootfs: RootFS(diffIDs: []), config: container), layers: [])
    }

    /// The search path where neither image nor command line says one.
    package static let defaultPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

    /// The part of the config that instructions change.
    package var container: ContainerConfig {
        get { config.config ?? ContainerConfig() }
        set { config.config = newValue }
    }

    /// Who made the image, by the deprecated `MAINTAINER` or by the base; nil for nobody.
    package var author: String? {
        get { config.author }
        set { config.author = newValue }
    }

    /// The working directory as a path within the image; empty for the root.
    var workingDirectory: [UInt8] { PathWalk.cleaned(Array((container.workingDir ?? "").utf8)) }

    /// Adds a step's layer, made at `created`.
    package mutating func add(_ layer: BuildLayer, createdBy text: String, at created: String) {
        layers.append(layer)
        config.rootfs = RootFS(diffIDs: layers.map(\.diffID))
        config.created = created
        note(HistoryEntry(created: created, createdBy: text))
    }

    /// Adds a step that changed the config alone.
    ///
    /// It is dated as the step before it, so that the same steps give the same image, whenever they are taken.
    package mutating func add(createdBy text: String, at fixed: String?) {
        if let fixed { config.created = fixed }
        note(HistoryEntry(created: fixed ?? config.created, createdBy: text, emptyLayer: true))
    }

    private mutating func note(_ entry: HistoryEntry) {
        // A base without history: its layers get entries of their own, so that each layer goes on having the right one.
        if config.history == nil { config.history = layers.dropLast(entry.emptyLayer ? 0 : 1).map { _ in HistoryEntry() } }
        config.history?.append(entry)
    }

    /// Puts all layers from `first` on into one that `layer` holds.
    package mutating func squash(from first: Int, into layer: BuildLayer, createdBy text: String, at created: String) {
        layers = Array(layers[..<first]) + [layer]
        config.rootfs = RootFS(diffIDs: layers.map(\.diffID))
        config.created = created
        var kept = 0
        config.history =
            (config.history ?? []).map { entry in
                var entry = entry
                if !entry.emptyLayer {
                    kept += 1
                    if kept > first { entry.emptyLayer = true }
                }
                return entry
            } + [HistoryEntry(created: created, createdBy: text)]
    }
}
