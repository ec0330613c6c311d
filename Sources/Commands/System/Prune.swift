import ArgumentParser
import ContentStorage
import ImageStorage
import Operations
import Reclamation

/// `strata image prune`.
struct ImagePrune: ResultCommand {
    static let configuration = CommandConfiguration(
        commandName: "prune", abstract: "Remove dangling images, or with `-a` all unused ones.",
        discussion: """
            An image must match every filter. Pinned images and images in use are kept, and so are images that a filter \
            cannot decide. `--dry-run` lists what would be removed, and the bytes that each item frees; what `--trash \
            24h` moves to the trash, `strata undo` restores.
            """)

    @Flag(name: .shortAndLong, help: "Remove all unused images, not only dangling ones.")
    var all = false

    @OptionGroup var selection: SelectionOptions
    @OptionGroup var options: ReclaimOptions
    @OptionGroup var globals: GlobalOptions

    func run() throws {
        let request = PruneRequest(images: try selection.policy(isAll: all))
        try options.requireAnswer()
        try Workspace.run(globals, patience: try options.execution.patience) { workspace in
            try workspace.reclaim(request, by: selection.summary, options, globals)
        }
    }
}

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
            """)

    @Flag(name: .shortAndLong, help: "Remove all unused images, not only dangling ones.")
    var all = false

    @Flag(help: "Also empty the trash, before its time is over.")
    var emptyTrash = false

    @Flag(help: ArgumentHelp("Accepted for docker's sake; there are no volumes.", visibility: .hidden))
    var volumes = false

    @OptionGroup var selection: SelectionOptions
    @OptionGroup var options: ReclaimOptions
    @OptionGroup var globals: GlobalOptions

    func run() throws {
        var request = try selection.systemRequest(isAll: all)
        request.emptiesTrash = emptyTrash
        try options.requireAnswer()
        try Workspace.run(globals, patience: try options.execution.patience) { [request] workspace in
            try workspace.reclaim(request, by: selection.summary, options, globals)
        }
    }
}

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

    @OptionGroup var options: ReclaimOptions
    @OptionGroup var globals: GlobalOptions

    func run() throws {
        guard var cache = CacheSelection(try ImageFilter(parsing: filter), isAll: all) else {
            throw CommandError.badOption("--filter", filter.joined(separator: " "), expected: "until=TIME, such as until=24h")
        }
        cache.keepBytes = keepStorage?.bytes
        let request = PruneRequest(cache: cache)
        try options.requireAnswer()
        try Workspace.run(globals, patience: try options.execution.patience) { workspace in
            try workspace.reclaim(request, by: filter, options, globals)
        }
    }
}

/// `strata container prune`.
struct ContainerPrune: ResultCommand {
    static let configuration = CommandConfiguration(
        commandName: "prune", abstract: "Remove all stopped containers.",
        discussion: """
            Filters are until=24h (made longer ago, or before a date), label=KEY[=VALUE] and label!=KEY[=VALUE]; all must hold. \
            What a container changed cannot be brought back.
            """)

    @Option(help: ArgumentHelp("Filter by a condition, such as until=24h.", valueName: "condition"))
    var filter: [String] = []

    @OptionGroup var options: ReclaimOptions
    @OptionGroup var globals: GlobalOptions

    func run() throws {
        guard let containers = ContainerSelection(try ImageFilter(parsing: filter)) else {
            throw CommandError.badOption(
                "--filter", filter.joined(separator: " "), expected: "until=TIME, label=KEY[=VALUE] or label!=KEY[=VALUE]")
        }
        let request = PruneRequest(containers: containers)
        try options.requireAnswer()
        try Workspace.run(globals, patience: try options.execution.patience) { workspace in
            try workspace.reclaim(request, by: filter, options, globals)
        }
    }
}
