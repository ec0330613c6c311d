import ContainerRuntime
import DockerfileLanguage
import ImageBuild
import OCISpec
import Operations
import TextValues

/// The options' values, as the operation takes them.
extension BuildOptions {
    /// The build that the options mean, of `source`, for an image of these names.
    func order(_ source: BuildContext, _ names: [Reference]) throws -> BuildOrder {
        let arguments = try arguments()
        let epoch = arguments[ExactText(Clock.epochName)].flatMap { $0.isEmpty ? nil : $0 }
        var order = BuildOrder(
            source, at: try epoch.map { text throws(CommandError) in try Clock.moment(ofEpoch: text) } ?? Clock.now,
            runtime: { () throws(RuntimeError) in try RuntimeProgram.find() })
        order.names = names
        order.platforms = try platforms()
        order.target = target
        order.arguments = arguments
        order.labels = pairs(label)
        order.contexts = namedContexts()
        order.secrets = Dictionary(secret.compactMap { SecretOption($0) }.map { (ExactText($0.id), $0.secret) }) { _, last in last
        }
        order.agents = Dictionary(try ssh.map { try AgentOption($0) }.map { (ExactText($0.id), $0.socket) }) { _, last in last }
        order.network = RunFlags.Network(rawValue: network) ?? .default
        order.surroundings.hosts = try ProcessValues.hosts(addHost, gateway: order.network == .none ? nil : "127.0.0.1")
        order.surroundings.limits = try ProcessValues.limits(ulimit)
        order.surroundings.sharedMemoryBytes = try shmSize.flatMap { try ProcessValues.sharedMemory($0) }
        order.usesCache = !noCache
        order.uncachedStages = Set(noCacheFilter.flatMap { $0.split(separator: ",").map(String.init) })
        order.isKept = load
        order.pulls = pull
        order.isSquashed = squash
        order.compression = compression
        order.isMomentFixed = epoch != nil
        order.cacheSources = try cacheFrom.map { try CacheOption(from: $0).place }
        order.cacheDestinations = try cacheTo.map { text in
            let option = try CacheOption(to: text)
            return CacheDestination(option.place, isOptional: option.ignoresErrors)
        }
        order.destinations = output.compactMap { BuildDestination($0) }
        return order
    }

    /// What is built for; none is this machine.
    func platforms() throws(CommandError) -> [Platform] {
        var found: [Platform] = []
        for text in platform.flatMap({ $0.split(separator: ",", omittingEmptySubsequences: false).map(String.init) }) {
            guard let platform = Platform(parsing: text) else { throw .badPlatform(text) }
            found.append(platform)
        }
        return found
    }

    /// Values for arguments; a name alone takes the environment's, where that has one, and the moment of the build always does.
    func arguments() throws(CommandError) -> [ExactText: String] {
        var values: [ExactText: String] = [:]
        for argument in ([Clock.epochName] + buildArg).map({ NameValue($0) }) {
            if let value = argument.value {
                values[ExactText(argument.name)] = value
            } else if let value = try Environment.value(argument.name) {
                values[ExactText(argument.name)] = value
            }
        }
        return values
    }

    /// Whether a context that is a repository keeps `.git`, by BuildKit's argument for that.
    func keepsRepository() throws(CommandError) -> Bool {
        try arguments()[ExactText("BUILDKIT_CONTEXT_KEEP_GIT_DIR")].flatMap(YesOrNo.value) ?? false
    }

    /// Of two with one name the last.
    private func pairs(_ texts: [String]) -> [ExactText: String] {
        Dictionary(texts.map { NameValue($0) }.map { (ExactText($0.name), $0.value ?? "") }) { _, last in last }
    }

    private func namedContexts() -> [ExactText: BuildOrder.NamedContext] {
        let contexts = buildContext.map { NameValue($0) }.compactMap { context in
            BuildOrder.NamedContext(of: context).map { (ContextName.normalized(context.name), $0) }
        }
        return Dictionary(contexts) { _, last in last }
    }
}
