import ArgumentParser
import Reports

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
