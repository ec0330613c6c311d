import ContainerRuntime
import DockerfileLanguage
import OCISpec
import Operations
import TextValues

/// The options' values, as the operation takes them.
extension BuildOptions {
    /// The build that the options mean, of `source`, for an image of these names.
    func order(_ source: BuildContext, _ names: [Reference]) throws -> BuildOrder {
        var order = BuildOrder(
            source, at: try Clock.buildMoment(), runtime: { () throws(RuntimeError) in try RuntimeProgram.find() })
        order.names = names
        order.target = target
        order.arguments = try arguments()
        order.labels = pairs(label)
        order.contexts = namedContexts()
        order.secrets = Dictionary(secret.compactMap { SecretOption($0) }.map { (ExactText($0.id), $0.secret) }) { _, last in last
        }
        order.network = RunFlags.Network(rawValue: network) ?? .default
        order.usesCache = !noCache
        order.pulls = pull
        order.isSquashed = squash
        order.compression = compression
        order.isMomentFixed = Environment.isSet("SOURCE_DATE_EPOCH")
        order.cacheSources = cacheFrom.compactMap { CachePlace.path($0, key: "src") }
        order.cacheDestinations = cacheTo.compactMap { CachePlace.path($0, key: "dest") }
        order.destination = output.flatMap { BuildDestination($0) }
        return order
    }

    /// Values for arguments; a name alone takes the environment's, where that has one.
    func arguments() throws(CommandError) -> [ExactText: String] {
        var values: [ExactText: String] = [:]
        for argument in buildArg.map({ NameValue($0) }) {
            if let value = argument.value {
                values[ExactText(argument.name)] = value
            } else if let value = try Environment.value(argument.name) {
                values[ExactText(argument.name)] = value
            }
        }
        return values
    }

    /// Of two with one name the last.
    private func pairs(_ texts: [String]) -> [ExactText: String] {
        Dictionary(texts.map { NameValue($0) }.map { (ExactText($0.name), $0.value ?? "") }) { _, last in last }
    }

    private func namedContexts() -> [ExactText: BuildOrder.NamedContext] {
        let contexts = buildContext.map { NameValue($0) }.compactMap { context in
            BuildOrder.NamedContext(of: context).map { (ExactText(context.name), $0) }
        }
        return Dictionary(contexts) { _, last in last }
    }
}
