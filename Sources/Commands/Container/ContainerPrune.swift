import ArgumentParser
import ImageStorage
import Operations
import Reclamation

/// `strata container prune`.
struct ContainerPrune: ResultCommand {
    static let configuration = CommandConfiguration(
        commandName: "prune", abstract: "Remove all stopped containers.",
        discussion: """
            Filters are until=24h (made longer ago, or before a date), label=KEY[=VALUE] and label!=KEY[=VALUE]; all must hold. \
            What a container changed cannot be brought back. With `--engine` the stopped containers of docker or podman go, \
            through the engine itself; their volumes stay.
            """)

    @Option(help: ArgumentHelp("Filter by a condition, such as until=24h.", valueName: "condition"))
    var filter: [String] = []

    @Option(
        help: ArgumentHelp(
            "Remove an engine's containers in place of the store's: docker or podman, and its root.", valueName: "engine[=root]"))
    var engine: String?

    @OptionGroup var options: ReclaimOptions
    @OptionGroup var globals: GlobalOptions

    func run() throws {
        guard let containers = ContainerSelection(try ImageFilter(parsing: filter)) else {
            throw CommandError.badOption(
                "--filter", filter.joined(separator: " "), expected: "until=TIME, label=KEY[=VALUE] or label!=KEY[=VALUE]")
        }
        let request = PruneRequest(containers: containers)
        try options.requireAnswer()
        if let engine {
            let (request, choice) = (EnginePruneRequest(containers: containers), try EngineChoice(parsing: engine))
            return try EngineReclaiming(globals).reclaim(request, choice, nil, by: filter, options)
        }
        try Workspace.run(globals, patience: try options.execution.patience) { workspace in
            try workspace.reclaim(request, by: filter, options, globals)
        }
    }
}
