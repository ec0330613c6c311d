package import ContentStorage
package import EngineStores
package import OCISpec
package import StorageIO

/// What is to go from an engine's root, why, and what each frees given the ones before it: a value that can be kept, read and carried out
/// through the engine's own interface.
///
/// Victims are images, names of images that stay, containers that do not run, and records of the build cache, or what
/// leaked alone: never volumes.
package struct EnginePlan: Hashable, Sendable {
    /// Which engine it was made for.
    package struct Engine: Hashable, Sendable {
        /// Its kind.
        package var kind: EngineKind
        /// Its root, symlinks resolved.
        package var root: String
        /// How it keeps layers.
        package var driver: String
        /// What tells it from other engines, where it says so itself.
        package var id: String?
        /// Its release, where it says so.
        package var version: String?
        /// Whether it ran when the plan was made; nil where that could not be told.
        package var isRunning: Bool?
        /// Where the registry listens, as it was told; nil where it was not, and of every other engine.
        package var address: String?

        /// An engine from its parts.
        package init(
            _ kind: EngineKind, root: String, driver: String, id: String? = nil, version: String? = nil, isRunning: Bool? = nil
        ) {
            self.kind = kind
            self.root = root
            self.driver = driver
            self.id = id
            self.version = version
            self.isRunning = isRunning
        }
    }

    /// What a victim is.
    package enum VictimType: String, Hashable, Sendable, Codable {
        case image
        /// A name of an image that stays.
        case name
        /// A record of the build cache.
        case cache
        /// A container that does not run.
        case container
        /// What nobody names; goes only while the engine does not run, and then nothing else does.
        case leak
    }

    /// One thing that is to go.
    package struct Victim: Hashable, Sendable {
        /// What it is.
        package var type: VictimType
        /// An image's first name or its ID; a name as the engine writes it; a record's ID; what people call a container;
        /// a leak's path below the root.
        package var name: String
        /// The rule that removes it.
        package var reason: String
        /// Allocated bytes that the file system gets back, given the victims before it.
        package var freesBytes: Int64
        /// The image, also the one that a container was made of; nil of a record and a leak.
        package var imageID: Digest?
        /// The container; nil of everything else.
        package var containerID: PathPart?
        /// containerd's namespace that it is in; nil where there are none.
        package var namespace: String?
        /// All names that the image had, as the engine writes them: with others it is another matter.
        package var names: [String]
        /// When it was used last, and how that is known; nil where nothing tells.
        package var lastUse: EngineImage.Use?
        /// Allocated bytes that the build cache keeps, and that would go too if it went first.
        package var buildCacheHoldsBytes: Int64
        /// What a registry's image loses, in the order in which it goes.
        package var manifests: [EngineManifest] = []
        /// Those of `freesBytes` that come back when the registry's collector has run; nil of every other engine.
        package var afterCollectionBytes: Int64?
        /// When a registry's image was pushed last, by its files' word.
        package var pushed: Timestamp?
        /// Since when a registry's image is as the plan has it, which no program can set back.
        package var changed: Timestamp?

        /// A victim from its parts.
        package init(
            _ type: VictimType, name: String, reason: String, freesBytes: Int64, imageID: Digest? = nil,
            containerID: PathPart? = nil, namespace: String? = nil, names: [String], lastUse: EngineImage.Use? = nil,
            buildCacheHoldsBytes: Int64 = 0
        ) {
            self.type = type
            self.name = name
            self.reason = reason
            self.freesBytes = freesBytes
            self.imageID = imageID
            self.containerID = containerID
            self.namespace = namespace
            self.names = names
            self.lastUse = lastUse
            self.buildCacheHoldsBytes = buildCacheHoldsBytes
        }
    }

    /// By which it is kept in the store.
    package var id: PlanID
    /// Which engine it was made for.
    package var engine: Engine
    /// In the order in which they go.
    package var victims: [Victim]
    /// What was looked at and stays.
    package var kept: [ReclamationPlan.Kept]
    /// Whether it is being carried out: what it began and did not end, the next run does.
    package var isBegun = false

    /// A plan from its parts.
    package init(id: PlanID, engine: Engine, victims: [Victim], kept: [ReclamationPlan.Kept]) {
        self.id = id
        self.engine = engine
        self.victims = victims
        self.kept = kept
    }

    /// Whether it is about what leaked, which is removed while the engine does not run.
    package var isOfLeaks: Bool { victims.first?.type == .leak }

    /// Allocated bytes that all victims together give back.
    package var freesBytes: Int64 { victims.reduce(0) { $0 + $1.freesBytes } }
    /// Those of them that come back when the registry's collector has run; nil of every other engine.
    package var afterCollectionBytes: Int64? {
        engine.kind == .registry ? victims.reduce(0) { $0 + ($1.afterCollectionBytes ?? 0) } : nil
    }
}

extension EnginePlan.VictimType {
    /// What the outcome calls it, which it shares with the store's.
    package var ofStore: ReclamationPlan.VictimType {
        switch self {
        case .image: .image
        case .name: .name
        case .cache: .cache
        case .container: .container
        case .leak: .leak
        }
    }
}
