import ArgumentParser
import ImageStorage
import Reclamation
import TextPatterns
import TextValues

/// The options by which every prune and `plan` are told which images go.
struct SelectionOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Filter by a condition, such as until=24h, label!=keep or 'used<30d' (not used in the last 30 days).",
            valueName: "filter")
    )
    var filter: [String] = []

    @Option(help: ArgumentHelp("Keep the newest N images of each repository.", valueName: "n"))
    var keepLast: Int?

    @Option(help: ArgumentHelp("Keep images with a name that matches a regular expression.", valueName: "regex"))
    var keep: [String] = []

    @Option(help: ArgumentHelp("Then remove images until the store is no larger than this, such as 20GB.", valueName: "bytes"))
    var maxStore: String?

    @Option(
        help: ArgumentHelp("Then, if the file system is fuller than this, remove images down to --low.", valueName: "percent"))
    var high: String?

    @Option(help: ArgumentHelp("How full the file system may be afterwards (default: --high).", valueName: "percent"))
    var low: String?

    @Option(help: ArgumentHelp("Then remove images until this much of the file system is free.", valueName: "bytes"))
    var minFree: String?

    @Option(
        help: ArgumentHelp("Move what is removed to the trash for a time, such as 24h; `undo` restores it.", valueName: "time"))
    var trash: String?

    @Option(help: ArgumentHelp("Read the policy from a file.", valueName: "file"))
    var policy: String?

    func validate() throws {
        if let keepLast, keepLast < 0 { throw ValidationError("`--keep-last` takes a number from 0 on, not \(keepLast)") }
        if low != nil, high == nil { throw ValidationError("`--low` needs `--high`") }
        if policy != nil, isByFlags { throw ValidationError("`--policy` takes no other conditions beside it") }
    }

    /// Whether flags say which images go.
    private var isByFlags: Bool {
        !filter.isEmpty || keepLast != nil || !keep.isEmpty || maxStore != nil || high != nil || minFree != nil
    }

    /// Whether anything says which images go.
    var isSaid: Bool { isByFlags || policy != nil }

    /// How long what goes is kept in the trash.
    func trashTime() throws -> Duration { try trash.map { try Self.duration("--trash", $0) } ?? .zero }

    /// The policy of the file, or the one that the flags make.
    func policy(isAll: Bool) throws -> PrunePolicy {
        if let policy {
            var read = try Self.readPolicy(policy)
            if let trash { read.trash = try Self.duration("--trash", trash) }
            return read
        }
        return PrunePolicy.flags(
            filter: try ImageFilter(parsing: filter), isAll: isAll, keepLast: keepLast,
            keepPatterns: try keep.map { text in
                do throws(RegularExpressionError) { return try NamePattern(text) } catch {
                    throw CommandError.badPattern("--keep", text, error)
                }
            },
            budget: try budget, trash: try trashTime())
    }

    private var budget: PrunePolicy.Budget {
        get throws {
            let budget = PrunePolicy.Budget(
                maxStoreBytes: try Self.bytes("--max-store", maxStore), highPercent: try Self.percentage("--high", high),
                lowPercent: try Self.percentage("--low", low), minFreeBytes: try Self.bytes("--min-free", minFree))
            if let low = budget.lowPercent, let high = budget.highPercent, low > high {
                throw CommandError.badOption("--low", self.low ?? "", expected: "a percentage that is not above `--high`")
            }
            return budget
        }
    }

    /// What is asked of an engine's root: images by the policy, and of the build cache what the filters are about.
    func engineRequest(isAll: Bool, with others: EnginePruneOptions) throws -> EnginePruneRequest {
        if others.engineStopped {
            guard !isAll, !isSaid, !others.buildCache, !others.containers else {
                throw ValidationError("`--engine-stopped` is about what leaked, and takes no options that select something else")
            }
            var request = EnginePruneRequest()
            request.takesLeaks = true
            return request
        }
        var request = EnginePruneRequest(images: try policy(isAll: isAll))
        guard policy == nil else { return request }
        if others.containers { request.containers = ContainerSelection(try ImageFilter(parsing: filter)) }
        guard others.buildCache else { return request }
        // A record has no name and no label: such a filter was not given to take all of them.
        var cache = CacheSelection(isAll: isAll)
        for condition in try ImageFilter(parsing: filter).conditions {
            switch condition {
            case .until(let bounds), .used(let bounds): cache.unusedSince.append(bounds)
            default: return request
            }
        }
        request.cache = cache
        return request
    }

    /// What `system prune` and `plan` ask for: images by the policy, and of the rest what the filters are about.
    ///
    /// A policy file says nothing of containers and the build cache, so they are left alone.
    func systemRequest(isAll: Bool) throws -> PruneRequest {
        let images = try policy(isAll: isAll)
        guard policy == nil else { return PruneRequest(images: images, leftovers: LeftoverSelection()) }
        return PruneRequest.system(images, filter: try ImageFilter(parsing: filter), isAll: isAll)
    }
}
