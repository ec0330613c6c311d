import ArgumentParser
import ImageStorage
import Operations
import Reclamation

/// `strata builder prune`.
struct BuilderPrune: ResultCommand {
    static let configuration = CommandConfiguration(
        commandName: "prune", abstract: "Remove build cache: results of steps, and cache mounts.",
        discussion: """
            Without `-a`, removes results that no image has; with it, also results that cost nothing because an image \
            has the same layer. Later builds use what is left.
            """)

    @Flag(name: .shortAndLong, help: "Also remove results whose layers an image has.")
    var all = false

    @Option(
        help: ArgumentHelp(
            "Remove only what no build has used for a time, such as until=24h, or since a date.", valueName: "until=time"))
    var filter: [String] = []

    @Option(
        help: ArgumentHelp(
            "Remove the least recently used until the cache is no larger than this, such as 10GB.", valueName: "bytes"))
    var keepStorage: DockerByteCount?

    @Option(
        help: ArgumentHelp(
            "Remove from an engine's build cache in place of the store's: docker, and its root.", valueName: "engine[=root]"))
    var engine: String?

    @OptionGroup var options: ReclaimOptions
    @OptionGroup var globals: GlobalOptions

    func run() throws {
        guard var cache = CacheSelection(try ImageFilter(parsing: filter), isAll: all) else {
            throw CommandError.badOption("--filter", filter.joined(separator: " "), expected: "until=TIME, such as until=24h")
        }
        cache.keepBytes = keepStorage?.bytes
        let request = PruneRequest(cache: cache)
        try options.requireAnswer()
        if let engine {
            let choice = try EngineChoice(parsing: engine)
            return try EngineReclaiming(globals).reclaim(EnginePruneRequest(cache: cache), choice, nil, by: filter, options)
        }
        try Workspace.run(globals, patience: try options.execution.patience) { workspace in
            try workspace.reclaim(request, by: filter, options, globals)
        }
    }
}
