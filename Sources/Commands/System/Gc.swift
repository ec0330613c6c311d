import ArgumentParser
import ContentStorage
import ImageStorage
import Operations
import Reclamation

/// `strata gc`.
struct Gc: ResultCommand {
    static let configuration = CommandConfiguration(
        commandName: "gc", abstract: "Remove unreachable data: orphaned blobs, unpacked layers, abandoned downloads.",
        discussion: """
            Safe beside everything that strata does. Blobs that other tools are writing are protected by `--min-age`. An image \
            that cannot be read ends it before anything is deleted. `--layout` works on any OCI image layout, such as a local \
            cache of buildx or a mirror by skopeo.
            """)

    @Option(help: ArgumentHelp("Keep what changed more recently than this.", valueName: "time"))
    var minAge: String = "1h"

    @Flag(help: "Also empty the trash, before its time is over; `undo` cannot restore it afterwards.")
    var emptyTrash = false

    @Option(help: ArgumentHelp("Collect in this image layout instead of the store.", valueName: "dir"))
    var layout: String?

    @OptionGroup var options: ReclaimOptions
    @OptionGroup var globals: GlobalOptions

    func run() throws {
        let request = PruneRequest(
            leftovers: LeftoverSelection(minimumAge: try SelectionOptions.duration("--min-age", minAge)), emptiesTrash: emptyTrash
        )
        // Nothing reaches what goes, so nobody is asked.
        var options = options
        options.force = true
        let patience = try options.execution.patience
        guard let layout else {
            return try Workspace.run(globals, patience: patience) { [options] workspace in
                try workspace.reclaim(request, options, globals)
            }
        }
        try Workspace.run(globals, layout: layout, patience: patience) { [options] workspace in
            try workspace.reclaim(request, options, globals)
            try workspace.store.content.trash.removeIfEmpty()
        }
    }
}
