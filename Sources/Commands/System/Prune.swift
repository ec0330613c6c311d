import ArgumentParser
import Operations
import Reclamation

/// `strata system prune`.
struct SystemPrune: ResultCommand {
    static let configuration = CommandConfiguration(
        commandName: "prune",
        abstract:
            "Remove stopped containers, dangling images (with `-a` all unused ones), orphaned blobs and abandoned downloads.",
        discussion: """
            Does what `container prune`, `image prune` and `builder prune` do, and then what `gc` does: removes blobs \
            that nothing reaches and abandoned downloads, once they are an hour old. As with docker, `--filter until=` \
            applies to all of it, and `label` to containers and images; other filters and policies are about images, and \
            leave containers and the build cache alone.

            With `--engine` the images of another engine go, through that engine and by the same rules; with `--containers` its \
            stopped containers go first, and with `--build-cache` its build cache. Volumes stay.
            """)

    @Flag(name: .shortAndLong, help: "Remove all unused images, not only dangling ones.")
    var all = false

    @Flag(help: "Also empty the trash, before its time is over.")
    var emptyTrash = false

    @Flag(help: ArgumentHelp("Accepted for docker's sake: volumes that have a name stay.", visibility: .hidden))
    var volumes = false

    @OptionGroup var selection: SelectionOptions
    @OptionGroup var engine: EnginePruneOptions
    @OptionGroup var options: ReclaimOptions
    @OptionGroup var globals: GlobalOptions

    func validate() throws { try engine.refuse(emptyTrash ? "--empty-trash" : nil, selection.trash.map { _ in "--trash" }) }

    func run() throws {
        if let choice = try engine.choice() {
            try options.requireAnswer()
            let request = try selection.engineRequest(isAll: all, with: engine)
            return try EngineReclaiming(globals).reclaim(request, choice, engine, by: selection.summary, options)
        }
        var request = try selection.systemRequest(isAll: all)
        request.emptiesTrash = emptyTrash
        try options.requireAnswer()
        try Workspace.run(globals, patience: try options.execution.patience) { [request] workspace in
            try workspace.reclaim(request, by: selection.summary, options, globals)
        }
    }
}
