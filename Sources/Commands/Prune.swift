import ArgumentParser
import ContentStorage
import ImageStorage

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
        let policy = try selection.policy(isAll: all)
        try options.confirm(
            all
                ? "This will remove all images without at least one container associated to them."
                : "This will remove all dangling images.", globals)
        try Workspace.run(globals, patience: try options.patience) { workspace in
            try workspace.reclaim(try workspace.plan(policy, ReclaimScope()), options, globals)
        }
    }
}

/// `strata system prune`.
struct SystemPrune: ResultCommand {
    static let configuration = CommandConfiguration(
        commandName: "prune",
        abstract: "Remove stopped containers, dangling images (with `-a` all unused ones), orphaned blobs and dead downloads.",
        discussion: """
            As `image prune`, and then what `gc` removes: blobs that nothing reaches and partial downloads of processes that \
            died, once they are an hour old.
            """)

    @Flag(name: .shortAndLong, help: "Also images with a name.")
    var all = false

    @Flag(help: ArgumentHelp("Accepted as docker's; there are no volumes.", visibility: .hidden))
    var volumes = false

    @OptionGroup var selection: SelectionOptions
    @OptionGroup var options: ReclaimOptions
    @OptionGroup var globals: GlobalOptions

    func run() throws {
        let policy = try selection.policy(isAll: all)
        try options.confirm(
            """
            This will remove:
              - all stopped containers
              - \(all ? "all images without at least one container associated to them" : "all dangling images")
              - \(all ? "all build cache" : "all build cache that no image needs")
              - all orphaned blobs and partial downloads older than an hour

            """, globals)
        try Workspace.run(globals, patience: try options.patience) { workspace in
            var scope = ReclaimScope(leftoversOlderThan: ReclaimScope.minimumAge)
            scope.cache = CacheScope(isAll: all)
            scope.containers = ContainerScope()
            try workspace.reclaim(try workspace.plan(policy, scope), options, globals)
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

    @Option(help: ArgumentHelp("Another image layout than the store.", valueName: "dir"))
    var layout: String?

    @OptionGroup var options: ReclaimOptions
    @OptionGroup var globals: GlobalOptions

    func run() throws {
        let scope = ReclaimScope(leftoversOlderThan: try SelectionOptions.duration("--min-age", minAge))
        let patience = try options.patience
        guard let layout else {
            return try Workspace.run(globals, patience: patience) { workspace in
                try workspace.reclaim(try workspace.plan(nil, scope), options, globals)
            }
        }
        try Workspace.run(globals, layout: layout, patience: patience) { workspace in
            try workspace.reclaim(try workspace.plan(nil, scope), options, globals)
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

    @Option(help: ArgumentHelp("Only what no build has used for so long, as until=24h.", valueName: "until=time"))
    var filter: [String] = []

    @Option(help: ArgumentHelp("Remove the oldest only, until the cache is no larger, such as 10GB.", valueName: "bytes"))
    var keepStorage: ByteCount?

    @OptionGroup var options: ReclaimOptions
    @OptionGroup var globals: GlobalOptions

    func run() throws {
        var scope = ReclaimScope()
        scope.cache = CacheScope(isAll: all, unusedFor: try unusedFor, keepBytes: keepStorage?.bytes)
        try options.confirm(
            all ? "This will remove all build cache." : "This will remove all build cache that no image needs.", globals)
        try Workspace.run(globals, patience: try options.patience) { workspace in
            try workspace.reclaim(try workspace.plan(nil, scope), options, globals)
        }
    }

    private var unusedFor: Duration? {
        get throws {
            var longest: Duration?
            for text in filter {
                guard text.hasPrefix("until=") else {
                    throw CommandError.badOption("--filter", text, expected: "until=TIME, such as until=24h")
                }
                let duration = try SelectionOptions.duration("--filter", String(text.dropFirst("until=".count)))
                longest = max(longest ?? duration, duration)
            }
            return longest
        }
    }
}

/// `strata container prune`.
struct ContainerPrune: ResultCommand {
    static let configuration = CommandConfiguration(
        commandName: "prune", abstract: "Remove all containers that do not run.",
        discussion: """
            Filters are until=24h (made longer ago), label=KEY[=VALUE] and label!=KEY[=VALUE]; all must hold. What a container changed \
            cannot be brought back.
            """)

    @Option(help: ArgumentHelp("Only containers that fulfil the condition, such as until=24h.", valueName: "condition"))
    var filter: [String] = []

    @OptionGroup var options: ReclaimOptions
    @OptionGroup var globals: GlobalOptions

    func run() throws {
        let containers = try ContainerScope(filter)
        try options.confirm("This will remove all stopped containers.", globals)
        try Workspace.run(globals, patience: try options.patience) { workspace in
            var scope = ReclaimScope()
            scope.containers = containers
            try workspace.reclaim(try workspace.plan(nil, scope), options, globals)
        }
    }
}

extension ContainerScope {
    /// The scope that docker's filters make.
    fileprivate init(_ filters: [String]) throws {
        for text in filters {
            if text.hasPrefix("until=") {
                let duration = try SelectionOptions.duration("--filter", String(text.dropFirst("until=".count)))
                madeBefore = max(madeBefore ?? duration, duration)
            } else if text.hasPrefix("label!=") {
                keptLabels.append(String(text.dropFirst("label!=".count)))
            } else if text.hasPrefix("label=") {
                labels.append(String(text.dropFirst("label=".count)))
            } else {
                throw CommandError.badOption("--filter", text, expected: "until=TIME, label=KEY[=VALUE] or label!=KEY[=VALUE]")
            }
        }
    }
}
