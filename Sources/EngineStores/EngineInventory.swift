package import OCISpec
package import StorageIO

/// An engine whose folders are known here.
package enum EngineKind: String, Hashable, Sendable, CaseIterable {
    /// dockerd's data-root.
    case docker
    /// A folder of containers-storage: podman's, buildah's, CRI-O's.
    case podman
    /// containerd's root.
    case containerd
    /// The root of a buildkitd of its own, with its OCI worker.
    case buildkit
    /// A registry's folder, as the distribution project's registry keeps it.
    case registry
}

/// What an engine's root holds, read from its files alone while the engine may run: images, layers with their places, containers, volumes,
/// build records, and what nobody names.
///
/// A value of one look. What came or went during the look is in it or is not; nothing in it was ever half there.
package struct EngineInventory: Sendable {
    /// Whose root it is.
    package let engine: EngineKind
    /// The driver of its layers: `overlay2`, `overlay`, `overlayfs`.
    package internal(set) var driver: String
    /// Whether the driver's folders are known here; else nothing is known of images and layers but what all take together.
    package internal(set) var isDriverKnown = true
    /// Whether the images are kept by a containerd whose root is not below this one.
    package internal(set) var imagesAreElsewhere = false
    /// In the order of their IDs.
    package internal(set) var images: [EngineImage] = []
    /// By their names in the engine: a chain ID's digits, or a layer's ID.
    package internal(set) var layers: [String: EngineLayer] = [:]
    /// In the order of their IDs.
    package internal(set) var containers: [EngineContainer] = []
    /// The names of volumes, in order.
    package internal(set) var volumes: [PathPart] = []
    /// In the order of their IDs.
    package internal(set) var buildRecords: [EngineBuildRecord] = []
    /// Blobs that leases or labels keep, whoever else does; containerd's alone.
    package internal(set) var heldBlobs: Set<Digest> = []
    /// Layers that leases or labels keep, whoever else does; containerd's alone.
    package internal(set) var heldLayers: Set<String> = []
    /// What a registry has beside images; nil of every other engine.
    package internal(set) var registry: RegistryContents?
    /// What nobody names; empty where the look was not whole, since what is not known may name it.
    package internal(set) var leaks: [EngineLeak] = []
    /// How many layers it has begun to remove; where it was killed meanwhile, it removes the rest when it is stopped the next time.
    package internal(set) var unfinishedRemovalCount = 0
    /// What was passed over.
    package internal(set) var problems: [EngineProblem] = []
    /// Whether nothing was written during the look.
    package internal(set) var isSettled = true
    /// When the look began, in nanoseconds since 1970.
    package internal(set) var beganAt: Int64 = .max
    /// Where everything lies.
    package internal(set) var places = PlaceTree()

    /// Whether the files tell which containers run, and what goes with one that does not.
    ///
    /// containerd keeps neither; where Docker's images are in a containerd with a root of its own, it is not known what goes there.
    package var tellsStoppedContainers: Bool {
        switch engine {
        case .docker: isDriverKnown && !imagesAreElsewhere
        case .podman: isDriverKnown
        case .containerd, .buildkit, .registry: false
        }
    }

    /// Whether containers tell their image by a name, which may be another image's by now.
    var containersNameImages: Bool { engine == .containerd || engine == .buildkit }

    /// Whether all that keeps something was read.
    package var isWhole: Bool { problems.isEmpty }
}

/// One image, with all its names.
package struct EngineImage: Hashable, Sendable {
    /// What was used last, of an image.
    package struct Use: Hashable, Sendable {
        /// How it is known.
        package enum Evidence: String, Hashable, Sendable, Codable {
            /// The access time of the short name of its top layer.
            case link
            /// A container's start or end.
            case container
            /// A record of the build cache.
            case build
        }

        /// Seconds since 1970.
        package let seconds: Int64
        /// How it is known.
        package let evidence: Evidence

        /// A use from its parts.
        package init(seconds: Int64, evidence: Evidence) {
            self.seconds = seconds
            self.evidence = evidence
        }
    }

    /// What tells an image of a root from all others.
    package struct Key: Hashable, Sendable {
        /// containerd's namespace; nil where there are none.
        package let namespace: String?
        /// Of the configuration, or the manifest.
        package let id: Digest
    }

    /// What tells it from all others.
    package var key: Key { Key(namespace: namespace, id: id) }

    /// The digest of its configuration; of containerd's images that of the manifest or index.
    package let id: Digest
    /// containerd's namespace that it is in; nil where there are none.
    package var namespace: String?
    /// Tags and digests, in order; none for a dangling image.
    package internal(set) var names: [String]
    /// The keys of its layers in the inventory, the base first; a layer of which nothing is there is missing in the inventory, not here.
    package let layers: [String]
    /// The blobs that it reaches, its manifest and configuration among them; containerd's alone.
    package var blobs: Set<Digest> = []
    /// The document with its configuration, below the root.
    package internal(set) var configPath: String
    /// When it was made, by its own word.
    package let created: Timestamp?
    /// Of the configuration, compared by bytes.
    package let labels: [ExactText: String]
    /// When it was used last; nil where nothing tells, which is no reason to take it for unused.
    package internal(set) var lastUse: Use?
    /// Whether its configuration was read; else `created` and `labels` are not known.
    package internal(set) var isDescribed = true
    /// Whether the engine was told never to remove it.
    package internal(set) var isPinned = false
    /// All that goes with it, in the order in which it goes; a registry's alone.
    package var manifests: [EngineManifest] = []
    /// Its platforms, as far as they were read; a registry's alone.
    package var variants: [EngineVariant] = []
    /// The images that hold it, so that it cannot go before them; a registry's alone.
    package internal(set) var holders: [Key] = []
    /// Whether it is a registry's.
    package var isOfRegistry: Bool { pushedSeconds != nil || !isServed || !manifests.isEmpty }
    /// Whether the registry has it: its link and its bytes are there; false of what a tag alone means still.
    package internal(set) var isServed = true
    /// What it is about by its tags, and is in no manifest of its repository; a registry's alone.
    var distantSubjects: [Digest] = []
    /// What cannot be read and may hold it; a registry's alone.
    package internal(set) var doubt: EngineProblem?
    /// When it was pushed last, by its files' word, in seconds since 1970; a registry's alone.
    package internal(set) var pushedSeconds: Int64?
    /// Since when it is as it is, which no program can set back; a registry's alone.
    package internal(set) var changed: Timestamp?
    /// The image that it was built on, where the engine does not remove that one before it; Docker's classic builder alone notes it.
    package internal(set) var parent: Digest?

    /// Whether a text means it: an ID or the beginning of one, or a name in whatever spelling.
    package func isMeant(by text: String) -> Bool {
        let digits = text.utf8.starts(with: "sha256:".utf8) ? String(text.dropFirst(7)) : text
        if digits.utf8.count >= 4, id.hex.hasPrefix(digits) { return true }
        return names.contains { EngineName.same($0, text) }
    }
}

/// Who reaches something.
package struct EngineHolders: OptionSet, Hashable, Sendable {
    /// A bit for each kind of holder.
    package let rawValue: UInt8
    /// Holders by their bits.
    package init(rawValue: UInt8) { self.rawValue = rawValue }
    /// An image, with or without a name.
    package static let image = EngineHolders(rawValue: 1)
    /// A container in any state.
    package static let container = EngineHolders(rawValue: 2)
    /// A record of the build cache, or a lease.
    package static let buildCache = EngineHolders(rawValue: 4)
}

/// One layer, and where its parts are, below the root.
package struct EngineLayer: Hashable, Sendable {
    /// The layer under it.
    package let parent: String?
    /// The digest of its tar; nil where the engine has not written one down.
    package let diffID: Digest?
    /// Bytes of its tar; nil where the engine has not written that down.
    package let tarBytes: Int64?
    /// The folder with the unpacked layer in `diff`; nil where the record names none.
    package let folder: PathPart?
    /// The file from which its tar is made again; nil for a container's own layer.
    package let tarSplitPath: String?
    /// Whether its content is whole, so that nobody changes it any more.
    package let isFinal: Bool
    /// Who reaches it.
    package internal(set) var holders: EngineHolders = []
}

/// One container in any state.
package struct EngineContainer: Hashable, Sendable {
    /// Its ID, by which its folder is called.
    package let id: PathPart
    /// By which people call it; empty for none.
    package let name: String
    /// containerd's namespace that it is in; nil where there are none.
    package var namespace: String?
    /// The image that it was made of; nil where it was made of none.
    package let image: Digest?
    /// The layer under its own.
    package internal(set) var layer: String?
    /// Its own layers, where these are some of the inventory's.
    package internal(set) var ownLayers: [String]
    /// Whether it runs or is paused; nil where the files do not tell.
    package let isRunning: Bool?
    /// The volumes that are mounted in it, by name; nil where the files do not tell.
    package let volumes: Set<String>?
    /// When it was started or ended last, in seconds since 1970.
    package let lastUseSeconds: Int64?
    /// The images that are mounted in it beside the one that it was made of, by name or ID; podman's alone.
    package var mountedImages: [String] = []
    /// The last layers of images that are mounted in it; Docker's alone.
    var mountedLayers: [String] = []
    /// When it was made; nil where the files do not tell.
    package var created: Timestamp?
    /// Of its configuration, compared by bytes.
    package var labels: [ExactText: String] = [:]
    /// The IDs of the containers that it needs, which the engine removes after it alone; podman's alone.
    package var needs: Set<String> = []
    /// Whether it is the engine's own, and goes with a pod or a service alone; podman's alone.
    package var isOfEngine = false

    /// What tells it from all others: its ID is one within its namespace.
    package var key: [String] { [namespace ?? "", id.text] }

    /// The image that it was made of, which is one of its own namespace; nil where it was made of none.
    package var imageKey: EngineImage.Key? { image.map { EngineImage.Key(namespace: namespace, id: $0) } }
}

/// One record of the build cache.
package struct EngineBuildRecord: Hashable, Sendable {
    /// What tells it from all others.
    package let id: String
    /// The record that it was built on, which the engine does not remove before it; nil where it was built on none.
    package let parent: String?
    /// What was built, in the engine's words.
    package let description: String
    /// Seconds since 1970.
    package let createdSeconds: Int64?
    /// When it was used last, in seconds since 1970; nil where the engine has not written that down.
    package let lastUsedSeconds: Int64?
    /// How often it was used; nil where the engine has not written that down.
    package let useCount: Int64?
    /// The layers that it names; it reaches those under them too.
    package let layers: [String]
    /// The folders that it reaches beside those of layers.
    package let folders: [PathPart]
}

/// Something that nobody names, so that no command of the engine removes it.
package struct EngineLeak: Hashable, Sendable {
    /// What tells that nobody does.
    package enum Reason: String, Hashable, Sendable {
        /// A layer's folder that no layer, container or build record has.
        case folderOfNobody
        /// A layer's record that no image, container or build record reaches.
        case layerOfNobody
        /// A file beside the records of layers that belongs to none of them.
        case fileOfNobody
        /// A mount's record without a container.
        case mountOfNobody
        /// A short name of no folder.
        case nameOfNothing
        /// An image's folder without a record.
        case imageOfNobody
        /// A container's folder without a record.
        case containerOfNobody
        /// A blob without a record in any namespace.
        case blobOfNobody
        /// A registry's blob that no manifest of any repository names.
        case blobWithoutManifest
        /// A repository's link to a blob that no manifest of it names.
        case linkWithoutManifest
        /// A link to a blob, a manifest or a tag's manifest that is gone.
        case linkToNothing
        /// The folder of a manifest that was deleted.
        case leftByDeletion
    }

    /// Below the root.
    package let path: String
    /// What tells that nobody needs it.
    package let reason: Reason

    /// Whether it is a leak no longer where the path goes: of containers-storage's layers there is an entry in a list too.
    ///
    /// A registry's own collector removes what leaked there.
    package func isRemovable(of kind: EngineKind) -> Bool { kind != .registry && (kind != .podman || reason != .layerOfNobody) }

    /// When it changed last, in seconds since 1970.
    package let changedSeconds: Int64
}
