import ContentStorage
import ImageStorage
import OCISpec
import Operations
import Reclamation
import Reports

/// What every command that deletes does with a decision: shows it, asks, carries it out, tells.
extension Workspace {
    /// Decides, asks, and carries out; with `--dry-run` shows what was decided.
    func reclaim(_ request: PruneRequest, by selection: [String] = [], _ options: ReclaimOptions, _ globals: GlobalOptions) throws
    {
        let (plan, _) = try decide(request)
        if options.dryRun { return try show(plan, isStored: false, globals) }
        try options.confirm(PruneQuestion(plan, selection: selection))
        try execute(plan, isJustMade: true, metrics: options.execution.metrics, globals)
    }

    /// Carries out a plan, and says what that did; what was not deleted for an unreadable document is an error.
    ///
    /// A plan that the store keeps, `isStored`, is forgotten once it is done.
    func execute(
        _ plan: ReclamationPlan, isJustMade: Bool = false, isStored: Bool = false, metrics: String?, _ globals: GlobalOptions
    ) throws {
        // A path that cannot be written is found before anything goes.
        let figures = try metrics.map { try MetricsFile($0, self) }
        defer { figures?.discard() }
        var outcome = try carryOut(plan, isJustMade: isJustMade)
        outcome.describeFailures()
        let forget = isStored ? { try self.store.content.plans.remove(id: plan.id) } : nil
        try globals.tell(outcome, failures: outcome.reasons, forget: forget) { try figures?.write(outcome, self) }
    }

    /// Writes a plan as text or as the document that `apply` reads.
    func show(
        _ plan: ReclamationPlan, isStored: Bool, explained: [ImageExplanation]? = nil, _ globals: GlobalOptions
    ) throws {
        let report = PlanReport(plan, isStored: isStored, explained: explained)
        switch globals.format {
        case .text where globals.quiet && isStored: try Output.write("\(plan.id)\n")
        case .text: try Output.write(report.text(globals.style, isVerbose: globals.verbose))
        case .json: try Output.write(report.json())
        }
    }
}

extension ReclamationOutcome {
    /// Says in words why items failed.
    fileprivate mutating func describeFailures() {
        for number in items.indices {
            if let failure = items[number].failure { items[number].detail = ErrorSentence(failure).message }
        }
    }
}
