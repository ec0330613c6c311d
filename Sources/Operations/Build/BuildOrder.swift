package import ContainerRuntime
import ContentStorage
package import DockerfileLanguage
package import ImageBuild
package import LayerArchive
package import OCISpec

/// All that a build is asked for.
package struct BuildOrder: Sendable {
    /// Where the Dockerfile and the files are.
    package var context: BuildContext
    /// The names that the image gets; none for an image without a name.
    package var names: [Reference] = []
    /// What is built for; several make an index, none is this machine.
    package var platforms: [Platform] = []
    /// The stage to end with, by name or number; nil for the last one.
    package var target: String?
    /// Values for arguments.
    package var arguments: [ExactText: String] = [:]
    /// What the image gets besides its own labels.
    package var labels: [ExactText: String] = [:]
    /// Contexts by name, in place of stages and images.
    package var contexts: [ExactText: NamedContext] = [:]
    /// Secrets, by the names that steps know them by.
    package var secrets: [ExactText: BuildSecret] = [:]
    /// Sockets of ssh agents, by the names that steps know them by.
    package var agents: [ExactText: String] = [:]
    /// What `RUN` sees of the network.
    package var network = RunFlags.Network.default
    /// What else `RUN` has around it.
    package var surroundings = RunSurroundings()
    /// Names of stages whose steps are not taken from the cache.
    package var uncachedStages: Set<String> = []
    /// Whether the store keeps the image even if it is written elsewhere and has no name.
    package var isKept = false
    /// Whether steps are taken from the cache.
    package var usesCache = true
    /// Whether base images are asked of their registries even if the store has them.
    package var pulls = false
    /// Whether all layers above the base become one.
    package var isSquashed = false
    /// How layers are compressed.
    package var compression = LayerCompression.gzip
    /// The moment that the image is of.
    package var moment: Timestamp
    /// Whether that moment was asked for: then no time in the image is later.
    package var isMomentFixed = false
    /// The build caches of other places.
    package var cacheSources: [CachePlace] = []
    /// Where the steps are written as well.
    package var cacheDestinations: [CacheDestination] = []
    /// Where the image is written besides the store.
    package var destinations: [BuildDestination] = []
    /// Whether what of the image is wasted is to be worked out.
    package var wantsWaste = true
    /// Finds the runtime when a step needs it.
    package var runtime: @Sendable () throws(RuntimeError) -> RuntimeProgram
    /// Told of each step, by several threads.
    package var report: @Sendable (BuildEvent) -> Void = { _ in }
    /// Gives whom to tell how far the image is written to its destination.
    package var writing: @Sendable (BuildDestination) -> OperationProgress = { _ in .silent }

    /// A context that a name stands for.
    package enum NamedContext: Hashable, Sendable {
        /// The folder at this path.
        case folder(String)
        /// The image of this name.
        case image(String)
        /// The repository of this address.
        case repository(GitAddress)
    }

    /// The platforms that are built for, each once.
    var builtPlatforms: [Platform] {
        var found: [Platform] = []
        for platform in platforms where !found.contains(platform) { found.append(platform) }
        return found.isEmpty ? [.host] : found
    }

    /// A build of this context, at this moment.
    package init(
        _ context: BuildContext, at moment: Timestamp,
        runtime: @escaping @Sendable () throws(RuntimeError) -> RuntimeProgram
    ) {
        self.context = context
        self.moment = moment
        self.runtime = runtime
    }

    /// What steps are given to work with.
    func inputs(_ session: IngestSession) -> BuildInputs {
        var inputs = BuildInputs(context: context.files)
        inputs.named = contexts.mapValues { place -> BuildInputs.NamedContext in
            switch place {
            case .folder(let path): .files { try BuildContext.folder(path) }
            case .image(let name): .image(name)
            case .repository(let address): .files { try BuildContext.repository(address, session) }
            }
        }
        inputs.secret = { [secrets] id in try secrets[ExactText(id)]?.bytes() }
        inputs.agent = { [agents] id in agents[ExactText(id)] }
        return inputs
    }
}
