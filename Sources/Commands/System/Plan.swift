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
            is printed, or written to a file. `--only` plans exactly what it names. `--explain` shows which rule keeps or removes each name, and why.

            With `--engine` the plan is about another engine's images: read in place while it runs, and carried out through \
            the engine itself. With `--containers` stopped containers go first, and with `--build-cache` the build cache; \
            an image that a container uses which stays is kept. Volumes stay.
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

    @Option(
        help: ArgumentHelp(
            "Remove exactly this, such as image=app:1, container=web or volume=data.",
            valueName: "type=name"))
    var only: [String] = []

    @OptionGroup var selection: SelectionOptions
    @OptionGroup var engine: EnginePruneOptions
    @OptionGroup var globals: GlobalOptions

    func validate() throws {
        if !only.isEmpty, all || emptyTrash || explain || engine.buildCache || selection.isSaid {
            throw ValidationError("`--only` names what goes: leave out the options that select")
        }
        try engine.refuse(emptyTrash ? "--empty-trash" : nil, selection.trash.map { _ in "--trash" })
        if explain, output != nil { throw ValidationError("`--explain` writes no plan: leave out `--output`") }
    }

    func run() throws {
        if let choice = try engine.choice() { return only.isEmpty ? try planEngine(choice) : try planOnly(of: choice) }
        if !only.isEmpty { return try planOnly() }
        var request = try selection.systemRequest(isAll: all)
        request.emptiesTrash = emptyTrash
        try Workspace.run(globals) { [request] workspace in
            let (plan, decision) = try workspace.decide(request)
            if explain { return try workspace.show(plan, isStored: false, explained: decision.explanations(), globals) }
            try workspace.keep(plan.document, of: plan.id, in: output)
            try workspace.show(plan, isStored: output == nil, globals)
        }
    }

    /// A plan of exactly what is named.
    private func planOnly() throws {
        let trash = try selection.trashTime()
        try Workspace.run(globals) { workspace in
            let plan = try workspace.plan(only: only, trash: trash, \.words)
            try workspace.keep(plan.document, of: plan.id, in: output)
            try workspace.show(plan, isStored: output == nil, globals)
        }
    }

    /// The same of an engine's root.
    private func planOnly(of choice: EngineChoice) throws {
        let plan = try EngineReclaiming(globals).plan(only: only, choice, engine.namespace)
        try keep(plan)
        try EngineReclaiming.show(plan, isStored: output == nil, globals)
    }

    /// The same of an engine's root; the store has the plan alone.
    private func planEngine(_ choice: EngineChoice) throws {
        let request = try selection.engineRequest(isAll: all, with: engine)
        let decided = try EngineReclaiming(globals).decide(request, choice, engine)
        let plan = decided.plan
        if explain { return try EngineReclaiming.show(plan, isStored: false, explained: decided.explanations, globals) }
        try keep(plan)
        try EngineReclaiming.show(plan, isStored: output == nil, globals)
    }

    /// Writes a plan about an engine's root to a file, which needs no store, or keeps it in the store.
    private func keep(_ plan: EnginePlan) throws {
        let bytes = try PlanFile.encode(plan)
        if let output { return try PlanFile.write(bytes, to: output) }
        try Workspace.run(globals) { try $0.store.content.plans.write(bytes, id: plan.id) }
    }
}

extension Workspace {
    /// Writes a plan to a file, or keeps it in the store under its ID.
    fileprivate func keep(_ bytes: [UInt8], of id: PlanID, in output: String?) throws {
        guard let output else { return try store.content.plans.write(bytes, id: id) }
        try write(to: output) { file in
            try bytes.withUnsafeBytes { try file.write($0) }
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
    @OptionGroup var registry: RegistryAddressOption

    @OptionGroup var globals: GlobalOptions

    /// Only the plan says whether it is about podman's images.
    static let namespaceUse = UserNamespaceUse.always

    func run() throws {
        // A plan about an engine needs no store, unless it is there that it is kept.
        let inFile = PlanID(plan) == nil ? try PlanFile.read(plan) : nil
        if case .engine(let found)? = inFile { return try execute(found) }
        try Workspace.run(globals, patience: try execution.patience) { workspace in
            let (plan, isStored) = try inFile.map { ($0, false) } ?? workspace.readPlan(plan)
            switch plan {
            case .store(let plan):
                if dryRun { return try workspace.show(plan, isStored: false, globals) }
                try workspace.execute(plan, isStored: isStored, metrics: execution.metrics, globals)
            case .engine(let plan):
                try execute(plan, forget: isStored ? { try workspace.store.content.plans.remove(id: plan.id) } : nil)
            }
        }
    }

    private func execute(_ plan: EnginePlan, forget: (() throws -> Void)? = nil) throws {
        if dryRun { return try EngineReclaiming.show(plan, isStored: false, globals) }
        try EngineReclaiming(globals).execute(plan, at: registry.address, execution, forget: forget)
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
