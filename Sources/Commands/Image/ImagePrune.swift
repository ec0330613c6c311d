import ArgumentParser
import Operations
import Reclamation

/// `strata image prune`.
struct ImagePrune: ResultCommand {
    static let configuration = CommandConfiguration(
        commandName: "prune", abstract: "Remove dangling images, or with `-a` all unused ones.",
        discussion: """
            An image must match every filter. Pinned images and images in use are kept, and so are images that a filter \
            cannot decide. `--dry-run` lists what would be removed, and the bytes that each item frees; what `--trash \
            24h` moves to the trash, `strata undo` restores. With `--engine` the images of another engine go, through \
            that engine, by the same rules.
            """)

    @Flag(name: .shortAndLong, help: "Remove all unused images, not only dangling ones.")
    var all = false

    @OptionGroup var selection: SelectionOptions
    @OptionGroup var engine: EnginePruneOptions
    @OptionGroup var options: ReclaimOptions
    @OptionGroup var globals: GlobalOptions

    func validate() throws { try engine.refuse(selection.trash.map { _ in "--trash" }) }

    func run() throws {
        if let choice = try engine.choice() {
            try options.requireAnswer()
            let request = try selection.engineRequest(isAll: all, with: engine)
            return try EngineReclaiming(globals).reclaim(request, choice, engine, by: selection.summary, options)
        }
        let request = PruneRequest(images: try selection.policy(isAll: all))
        try options.requireAnswer()
        try Workspace.run(globals, patience: try options.execution.patience) { workspace in
            try workspace.reclaim(request, by: selection.summary, options, globals)
        }
    }
}
