import ArgumentParser
import Operations

/// `--engine ENGINE[=ROOT]` of whatever removes: another engine's images go in place of the store's.
struct EnginePruneOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Remove an engine's images in place of the store's: docker, podman, containerd or registry, and its root.",
            valueName: "engine[=root]"))
    var engine: String?

    @Option(
        help: ArgumentHelp(
            "Of containerd's images only those of a namespace (default: CONTAINERD_NAMESPACE, or all).", valueName: "ns"))
    var namespace: String?

    @Flag(help: "With an engine, also remove its build cache, unless a filter is about something that it does not have.")
    var buildCache = false

    @Flag(
        help: "With docker or podman, also remove stopped containers, unless a filter is about something that they do not have."
    )
    var containers = false

    @Flag(help: "Remove what leaked in an engine's root and nothing else; the engine must not run, and is kept from running.")
    var engineStopped = false

    @OptionGroup var registry: RegistryAddressOption

    @Option(
        help: ArgumentHelp(
            "Remove nothing from a registry that was pushed less than this long ago (default: 24h).", valueName: "time"))
    var minAge: String?

    /// What a registry is asked beside the policy; a time that is none is an error.
    var terms: EnginePruning.RegistryTerms {
        get throws {
            var terms = EnginePruning.RegistryTerms(address: registry.address)
            if let minAge { terms.minimumAge = try SelectionOptions.duration("--min-age", minAge).components.seconds }
            return terms
        }
    }

    private var isRegistry: Bool { engine.map { $0 == "registry" || $0.hasPrefix("registry=") } ?? false }

    func validate() throws {
        if engineStopped, engine == nil { throw ValidationError("`--engine-stopped` needs `--engine`") }
        if containers, engine == nil { throw ValidationError("`--containers` needs `--engine`") }
        if registry.host != nil, !isRegistry { throw ValidationError("`--host` needs `--engine registry`") }
        if minAge != nil, !isRegistry { throw ValidationError("`--min-age` needs `--engine registry`") }
        if isRegistry, buildCache { throw ValidationError("a registry has no build cache") }
        if isRegistry, containers || engineStopped {
            throw ValidationError("a registry has no containers, and its collector removes what leaked")
        }
        if buildCache, engine == nil { throw ValidationError("`--build-cache` needs `--engine`") }
        guard namespace != nil else { return }
        guard let engine, engine == "containerd" || engine.hasPrefix("containerd=") else {
            throw ValidationError("`--namespace` needs `--engine containerd`")
        }
    }

    /// The engine that was asked for; nil for the store.
    func choice() throws(EngineChoice.ParseError) -> EngineChoice? {
        guard let engine else { return nil }
        return try EngineChoice(parsing: engine)
    }

    /// Refuses options that an engine's root cannot have.
    func refuse(_ options: String?...) throws {
        guard engine != nil, let option = options.compactMap(\.self).first else { return }
        throw ValidationError("`\(option)` is about the trash of the store, which an engine does not have")
    }
}
