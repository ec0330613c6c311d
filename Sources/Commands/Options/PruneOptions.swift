import ArgumentParser
import ImageStorage
import OCISpec
import Operations
import Reclamation
import Reports
import SettingsFile
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
        let isByFlags =
            !filter.isEmpty || keepLast != nil || !keep.isEmpty || maxStore != nil || high != nil || minFree != nil
        if policy != nil, isByFlags { throw ValidationError("`--policy` takes no other conditions beside it") }
    }

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
            budget: try budget, trash: try trash.map { try Self.duration("--trash", $0) } ?? .zero)
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

    /// What `system prune` and `plan` ask for: images by the policy, and of the rest what the filters are about.
    ///
    /// A policy file says nothing of containers and the build cache, so they are left alone.
    func systemRequest(isAll: Bool) throws -> PruneRequest {
        let images = try policy(isAll: isAll)
        guard policy == nil else { return PruneRequest(images: images, leftovers: LeftoverSelection()) }
        return PruneRequest.system(images, filter: try ImageFilter(parsing: filter), isAll: isAll)
    }

    /// How people wrote what goes, for the question before it does.
    var summary: [String] {
        var parts = filter
        if let policy { parts.append("policy \(policy)") }
        if let keepLast { parts.append("keep-last \(keepLast)") }
        parts += keep.map { "keep \($0)" }
        if let maxStore { parts.append("max-store \(maxStore)") }
        if let high { parts.append("high \(high)\(low.map { ", low \($0)" } ?? "")") }
        if let minFree { parts.append("min-free \(minFree)") }
        return parts
    }

    static func readPolicy(_ path: String) throws -> PrunePolicy {
        guard let bytes = try InputFile.bytes(path, limit: 1 << 20) else { throw CommandError.noSuchPolicy(path) }
        do {
            return try PolicyFile.policy(parsing: try PolicyFileError.text(of: bytes))
        } catch {
            throw CommandError.badPolicy(path, error)
        }
    }

    private static func bytes(_ option: String, _ text: String?) throws -> Int64? {
        guard let text else { return nil }
        guard let bytes = BudgetValues.argumentBytes(text) else {
            throw CommandError.badOption(option, text, expected: "bytes with their unit, such as 500MB or 20GiB")
        }
        return bytes
    }

    private static func percentage(_ option: String, _ text: String?) throws -> Double? {
        guard let text else { return nil }
        guard let value = BudgetValues.percentage(text) else {
            throw CommandError.badOption(option, text, expected: BudgetValues.percentageExpected(insteadOf: text))
        }
        return value
    }

    static func duration(_ option: String, _ text: String) throws -> Duration {
        guard let duration = DurationText.duration(text) else {
            throw CommandError.badOption(option, text, expected: "a time such as 90m, 24h or 7d")
        }
        return duration
    }
}

/// The options of whatever carries out a decision.
struct ExecutionOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Time to wait for other processes that use the store.", valueName: "time"))
    var wait: String = "30s"

    @Option(
        help: ArgumentHelp("Also write the result and the disk usage as OpenMetrics text.", valueName: "file"))
    var metrics: String?

    var patience: Duration {
        get throws { try SelectionOptions.duration("--wait", wait) }
    }
}

/// The options by which every command that deletes is told how.
struct ReclaimOptions: ParsableArguments {
    @Flag(name: .shortAndLong, help: "Do not ask for confirmation.")
    var force = false

    @Flag(help: "Show what would be removed, and how much that frees.")
    var dryRun = false

    @OptionGroup var execution: ExecutionOptions

    /// Ends the command at once where something is to be deleted and there is nobody to ask.
    func requireAnswer() throws {
        if !force, !dryRun, !Terminal.standardInput.isTerminal { throw CommandError.notConfirmed }
    }

    /// Asks before something is deleted, and says what; without anything to delete there is no question.
    func confirm(_ question: PruneQuestion) throws {
        guard !force, let text = question.text else { return }
        Terminal.standardError.write(text)
        let answer = readLine()?.lowercased() ?? ""
        guard ["y", "yes"].contains(answer) else { throw CommandError.declined }
    }
}
