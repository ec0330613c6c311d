import ArgumentParser
import ContentStorage
import ImageStorage
import OCISpec
import Operations
import Reclamation
import Reports
import StorageIO

/// `strata plan`.
struct Plan: ResultCommand {
    static let configuration = CommandConfiguration(
        commandName: "plan", abstract: "Plan a prune: what it would remove, why, and what each frees; `apply` carries it out.",
        discussion: """
            Takes the options of `system prune`, and decides the same. The plan is kept in the store under the ID that \
            is printed, or written to a file. `--explain` shows which rule keeps or removes each name, and why.
            """)

    @Flag(name: .shortAndLong, help: "Remove all unused images, not only dangling ones.")
    var all = false

    @Flag(help: "Also empty the trash, before its time is over.")
    var emptyTrash = false

    @Flag(help: "Show which rule decided about each name, and why; no plan is stored.")
    var explain = false

    @Option(
        name: .shortAndLong, help: ArgumentHelp("Write the plan to a file instead of the store.", valueName: "file"))
    var output: String?

    @OptionGroup var selection: SelectionOptions
    @OptionGroup var globals: GlobalOptions

    func validate() throws {
        if explain, output != nil { throw ValidationError("`--explain` writes no plan: leave out `--output`") }
    }

    func run() throws {
        var request = try selection.systemRequest(isAll: all)
        request.emptiesTrash = emptyTrash
        try Workspace.run(globals) { [request] workspace in
            let (plan, decision) = try workspace.decide(request)
            if explain { return try workspace.show(plan, isStored: false, explained: decision.explanations(), globals) }
            let bytes = try workspace.encode(plan)
            if let output {
                try workspace.write(to: output) { file in
                    try bytes.withUnsafeBytes { try file.write($0) }
                }
            } else {
                try workspace.store.content.plans.write(bytes, id: plan.id)
            }
            try workspace.show(plan, isStored: output == nil, globals)
        }
    }
}

/// `strata apply PLAN`.
struct Apply: ResultCommand {
    static let configuration = CommandConfiguration(
        commandName: "apply", abstract: "Carry out a plan: remove exactly what it names, and skip what has changed.")

    @Argument(help: ArgumentHelp("The ID of a plan in the store, or a file.", valueName: "plan"))
    var plan: String

    @Flag(help: "Show the plan without carrying it out.")
    var dryRun = false

    @OptionGroup var execution: ExecutionOptions

    @OptionGroup var globals: GlobalOptions

    func run() throws {
        try Workspace.run(globals, patience: try execution.patience) { workspace in
            let (plan, isStored) = try workspace.readPlan(plan)
            if dryRun { return try workspace.show(plan, isStored: false, globals) }
            try workspace.execute(plan, isStored: isStored, metrics: execution.metrics, globals)
        }
    }
}

/// `strata undo PLAN`.
struct UndoCommand: ResultCommand {
    static let configuration = CommandConfiguration(
        commandName: "undo", abstract: "Restore what a prune or a plan moved to the trash.",
        discussion: "Works until the time given with `--trash` is over. Without a plan, lists what can be restored.")

    @Argument(help: ArgumentHelp("The ID of the plan.", valueName: "plan"))
    var plan: String?

    @OptionGroup var globals: GlobalOptions

    func run() throws {
        try Workspace.run(globals) { workspace in
            guard let plan else {
                let plans = try workspace.undoablePlans()
                switch globals.format {
                case .text: return try Output.write(UndoReport.list(plans))
                case .json: return try Output.write(UndoReport.listJSON(plans))
                }
            }
            let restored = try workspace.undo(plan: plan)
            let report = UndoReport(plan: plan, restored)
            switch globals.format {
            case .text: try Output.write(report.text)
            case .json: try Output.write(report.json())
            }
            for item in restored {
                if case .incomplete(let missing) = item.outcome {
                    throw OperationError.notRestored(item.name ?? item.digest.description, missing: missing)
                }
            }
        }
    }
}
