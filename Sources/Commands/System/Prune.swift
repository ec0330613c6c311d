import ArgumentParser
import ContentStorage
import ImageStorage
import Operations
import Reclamation

/// `strata image prune`.
struct ImagePrune: ResultCommand {
    static let configuration = CommandConfiguration(
        commandName: "prune", abstract: "Remove images without a name, or with `-a` all that no container uses.",
        discussion: """
            Filters are ANDed; what is pinned, what a container uses and what is not known to fulfil a filter stays. \
            `--dry-run` shows the victims and what each frees; with `--trash 24h` they can be brought back by `strata undo`.
            """)

    @Flag(name: .shortAndLong, help: "Also images with a name.")
    var all = false

    @OptionGroup var selection: SelectionOptions
    @OptionGroup var options: ReclaimOptions
    @OptionGroup var globals: GlobalOptions

    func run() throws {
        let request = PruneRequest(images: try selection.policy(isAll: all))
        try options.requireAnswer()
        try Workspace.run(globals, patience: try options.patience) { workspace in
            try workspace.reclaim(request, by: selection.summary, options, globals)
        }
    }
}

/// `strata system prune`.
struct SystemPrune: ResultCommand {
    static let configuration = CommandConfiguration(
        commandName: "prune",
        abstract: "Remove stopped containers, dangling images (with `-a` all unused ones), orphaned blobs and dead downloads.",
        discussion: """
            As `container prune`, `image prune` and `builder prune`, and then what `gc` removes: blobs that nothing reaches and \
            partial downloads of processes that died, once they are an hour old. As with docker, `--filter until=` applies to \
            all of it and `label` to containers and images; other filters and policies are about images and leave containers \
            and the build cache alone.
            """)

    @Flag(name: .shortAndLong, help: "Also images with a name.")
    var all = false

    @Flag(help: "Also empty the trash, before the time of what is in it is over.")
    var emptyTrash = false

    @Flag(help: ArgumentHelp("Accepted as docker's; there are no volumes.", visibility: .hidden))
    var volumes = false

    @OptionGroup var selection: SelectionOptions
    @OptionGroup var options: ReclaimOptions
    @OptionGroup var globals: GlobalOptions

    func run() throws {
        var request = try selection.systemRequest(isAll: all)
        request.emptiesTrash = emptyTrash
        try options.requireAnswer()
        try Workspace.run(globals, patience: try options.patience) { [request] workspace in
            try workspace.reclaim(request, by: selection.summary, options, globals)
        }
    }
}

/// `strata gc`.
struct Gc: ResultCommand {
    static let configuration = CommandConfiguration(
        commandName: "gc", abstract: "Remove what nothing reaches: orphaned blobs, unpacked layers, downloads of dead processes.",
        discussion: """
            Safe beside everything that strata does. Blobs that other tools are writing are protected by `--min-age`. An image \
            that cannot be read ends it before anything is deleted. `--layout` works on any OCI image layout, such as a local \
            cache of buildx or a mirror by skopeo.
            """)

    @Option(help: ArgumentHelp("How long something must have been as it is.", valueName: "time"))
    var minAge: String = "1h"

    @Flag(help: "Also empty the trash, before the time of what is in it is over: `undo` cannot bring that back then.")
    var emptyTrash = false

    @Option(help: ArgumentHelp("Another image layout than the store.", valueName: "dir"))
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
        let patience = try options.patience
        guard let layout else {
            return try Workspace.run(globals, patience: patience) { [options] workspace in
                try workspace.reclaim(request, options, globals)
            }
        }
        try Workspace.run(globals, layout: layout, patience: patience) { [options] workspace in
            try workspace.reclaim(request, options, globals)
            try workspace.store.content.removeEmptyTrash()
        }
    }
}

/// `strata builder prune`.
struct BuilderPrune: ResultCommand {
    static let configuration = CommandConfiguration(
        commandName: "prune", abstract: "Remove the build cache: results of steps, and folders that steps share.",
        discussion: """
            Without `-a` the results go that no image has; with it those too that cost nothing because an image has the same \
            layer. What is left is what later builds find.
            """)

    @Flag(name: .shortAndLong, help: "Also results whose layers images have.")
    var all = false

    @Option(help: ArgumentHelp("Only what no build has used since, as until=24h or a date.", valueName: "until=time"))
    var filter: [String] = []

    @Option(help: ArgumentHelp("Remove the oldest only, until the cache is no larger, such as 10GB.", valueName: "bytes"))
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
        try Workspace.run(globals, patience: try options.patience) { workspace in
            try workspace.reclaim(request, by: filter, options, globals)
        }
    }
}

/// `strata container prune`.
struct ContainerPrune: ResultCommand {
    static let configuration = CommandConfiguration(
        commandName: "prune", abstract: "Remove all containers that do not run.",
        discussion: """
            Filters are until=24h (made longer ago, or before a date), label=KEY[=VALUE] and label!=KEY[=VALUE]; all must hold. \
            What a container changed cannot be brought back.
            """)

    @Option(help: ArgumentHelp("Only containers that fulfil the condition, such as until=24h.", valueName: "condition"))
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
        try Workspace.run(globals, patience: try options.patience) { workspace in
            try workspace.reclaim(request, by: filter, options, globals)
        }
    }
}
