import ArgumentParser
import ImageStorage
import OCISpec
import Reclamation
import SettingsFile
import TextPatterns

/// The options by which every prune and `plan` are told which images go.
struct SelectionOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp("Only images that match, such as until=24h, label!=keep or 'used<30d'; all must.", valueName: "filter")
    )
    var filter: [String] = []

    @Option(help: ArgumentHelp("Keep the newest N images of each repository.", valueName: "n"))
    var keepLast: Int?

    @Option(help: ArgumentHelp("Keep images with a name that the regular expression matches.", valueName: "regex"))
    var keep: [String] = []

    @Option(help: ArgumentHelp("Then remove images until the store is no larger, such as 20GB.", valueName: "bytes"))
    var maxStore: String?

    @Option(
        help: ArgumentHelp("Then, when the file system is fuller than this, remove images until --low.", valueName: "percent"))
    var high: Percent?

    @Option(help: ArgumentHelp("How full the file system may stay (default: --high).", valueName: "percent"))
    var low: Percent?

    @Option(help: ArgumentHelp("Then remove images until this much of the file system is free.", valueName: "bytes"))
    var minFree: String?

    @Option(help: ArgumentHelp("Keep what goes in the trash for a while, such as 24h; `undo` brings it back.", valueName: "time"))
    var trash: String?

    @Option(help: ArgumentHelp("Take all of this from a policy file.", valueName: "file"))
    var policy: String?

    func validate() throws {
        if let keepLast, keepLast < 0 { throw ValidationError("`--keep-last` takes a number from 0 on, not \(keepLast)") }
        if low != nil, high == nil { throw ValidationError("`--low` needs `--high`") }
        let isByFlags =
            !filter.isEmpty || keepLast != nil || !keep.isEmpty || maxStore != nil || high != nil || minFree != nil
        if policy != nil, isByFlags { throw ValidationError("`--policy` takes no other conditions beside it") }
        if let low, let high, low.value > high.value { throw ValidationError("`--low` is above `--high`") }
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
            budget: PrunePolicy.Budget(
                maxStoreBytes: try Self.bytes("--max-store", maxStore), highPercent: high?.value, lowPercent: low?.value,
                minFreeBytes: try Self.bytes("--min-free", minFree)),
            trash: try trash.map { try Self.duration("--trash", $0) } ?? .zero)
    }

    static func readPolicy(_ path: String) throws -> PrunePolicy {
        guard let bytes = try InputFile.bytes(path, limit: 1 << 20) else { throw CommandError.noSuchPolicy(path) }
        do throws(PolicyFileError) {
            return try PolicyFile.policy(parsing: try PolicyFileError.text(of: bytes))
        } catch {
            throw CommandError.badPolicy(path, error)
        }
    }

    private static func bytes(_ option: String, _ text: String?) throws -> Int64? {
        guard let text else { return nil }
        guard let bytes = ByteCountText.bytes(text) else {
            throw CommandError.badOption(option, text, expected: "bytes such as 500MB or 20GiB")
        }
        return bytes
    }

    static func duration(_ option: String, _ text: String) throws -> Duration {
        guard let duration = DurationText.duration(text) else {
            throw CommandError.badOption(option, text, expected: "a time such as 90m, 24h or 7d")
        }
        return duration
    }
}

/// A share in percent, with or without its sign.
struct Percent: ExpressibleByArgument {
    let value: Double

    init?(argument: String) {
        let digits = argument.hasSuffix("%") ? String(argument.dropLast()) : argument
        guard let value = Double(digits), (0...100).contains(value) else { return nil }
        self.value = value
    }
}

/// The options by which every command that deletes is told how.
struct ReclaimOptions: ParsableArguments {
    @Flag(name: .shortAndLong, help: "Do not ask.")
    var force = false

    @Flag(help: "Only show what would go, and what that frees.")
    var dryRun = false

    @Option(help: ArgumentHelp("How long to wait for other processes that use the store.", valueName: "time"))
    var wait: String = "30s"

    @Option(
        help: ArgumentHelp("Also write what was done, and what the store occupies then, as OpenMetrics text.", valueName: "file"))
    var metrics: String?

    var patience: Duration {
        get throws { try SelectionOptions.duration("--wait", wait) }
    }

    /// Asks before something is deleted, as docker does; nobody to ask is an error.
    func confirm(_ warning: String, _ globals: GlobalOptions) throws {
        guard !force, !dryRun else { return }
        guard Terminal.standardInput.isTerminal else { throw CommandError.notConfirmed }
        Terminal.standardError.write("WARNING! \(warning)\nAre you sure you want to continue? [y/N] ")
        let answer = readLine()?.lowercased() ?? ""
        guard ["y", "yes"].contains(answer) else { throw CommandError.declined }
    }
}
