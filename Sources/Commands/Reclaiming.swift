import ContainerRuntime
import ContentStorage
import Glibc
import ImageStorage
import OCISpec
import Reclamation
import Reports
import StorageIO

extension Workspace {
    /// What `request` does to the store as it is, decided and not carried out.
    ///
    /// A document that an image needs and that cannot be read is an error: what is garbage cannot be told then.
    func decide(_ request: PruneRequest) throws -> (plan: ReclamationPlan, decision: PruneDecision) {
        let generation = try store.content.generation()
        let now = Clock.now
        let look = try StoreLook(store, now: now)
        Process.leave(look)
        if let document = look.graph.unreadable.first { throw CommandError.nothingDeleted(document) }
        let filter = ImageFilter(request.images?.filters.flatMap(\.conditions) ?? [])
        let context = try store.context(for: filter, among: look.images, now: now)
        let bytes = try store.content.root.fileSystemBytes()
        let age = request.leftovers?.age(now: now)
        let foreignWrite = try age.flatMap { try store.content.foreignWrite(after: now.seconds - $0.components.seconds) }
        let decision = PruneDecision(
            request, look, now: now, created: context.created,
            space: FileSystemSpace(usedBytes: bytes.used, freeBytes: bytes.free), foreignWrite: foreignWrite)
        for remark in decision.notes {
            // A budget that cannot be measured is said even to a timer that wants only the result.
            if remark.isFault { Terminal.standardError.write("strata: \(remark.sentence)\n") } else { note(remark.sentence) }
        }
        return (decision.plan(id: PlanID(), generation: generation.description), decision)
    }

    /// Decides, asks, and carries out; with `--dry-run` shows what was decided.
    func reclaim(_ request: PruneRequest, by selection: [String] = [], _ options: ReclaimOptions, _ globals: GlobalOptions) throws
    {
        let (plan, _) = try decide(request)
        if options.dryRun { return try show(plan, isStored: false, globals) }
        try options.confirm(PruneQuestion(plan, selection: selection))
        try execute(plan, isJustMade: true, metrics: options.metrics, globals)
    }

    /// Carries out a plan, and says what that did; what was not deleted for an unreadable document is an error.
    ///
    /// A plan that the store keeps, `isStored`, is forgotten once it is done.
    ///
    /// What was done is written down whatever fails beside it: the figures first, since nobody may read the output, then the
    /// outcome, and then every failure is told.
    func execute(
        _ plan: ReclamationPlan, isJustMade: Bool = false, isStored: Bool = false, metrics: String?, _ globals: GlobalOptions
    ) throws {
        // A path that cannot be written is found before anything goes.
        let figures = try metrics.map { try MetricsFile($0, self) }
        defer { figures?.discard() }
        var outcome = try PlanExecution(store, now: Clock.now) { ControlGroup.remove(of: $0) }
            .run(plan, isJustMade: isJustMade)
        outcome.describeFailures()
        var failures = outcome.reasons
        func attempt(_ body: () throws -> Void) { do { try body() } catch { failures.append(error) } }
        // What failed can be applied again.
        if isStored, failures.isEmpty { attempt { try store.content.removePlan(id: plan.id) } }
        attempt { try figures?.write(outcome) }
        let report = OutcomeReport(outcome)
        attempt {
            switch globals.format {
            case .text: try Output.write(globals.quiet ? report.summary : report.text)
            case .json: try Output.write(report.json())
            }
        }
        if let path = outcome.foreignWrite { noteForeignWrite(path) }
        try FailureReport.tell(failures, isJSON: globals.format == .json)
    }

    /// Says why what nothing reaches stays for now.
    func noteForeignWrite(_ path: String) { note(PruneDecision.Note.foreignWrite(path).sentence) }

    /// Writes a plan as text or as the document that `apply` reads.
    func show(
        _ plan: ReclamationPlan, isStored: Bool, explained: [PruneDecision.Explanation]? = nil, _ globals: GlobalOptions
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
    mutating func describeFailures() {
        for number in items.indices {
            if let failure = items[number].failure { items[number].detail = ErrorSentence(failure).message }
        }
    }

    /// The failures that the command ends with: an image that cannot be read, or what could not be removed.
    var reasons: [any Error] {
        if let document = unreadable.first { return [CommandError.nothingDeleted(document)] }
        let failed = items.compactMap(\.failure) + failures
        return failed.first.map { [CommandError.notRemoved(count: failed.count, $0)] } ?? []
    }
}

extension PruneDecision.Note {
    /// Whether what was asked for cannot be measured, or never be met.
    fileprivate var isFault: Bool {
        switch self {
        case .budgetExceeded, .foreignWrite: false
        case .spaceUnknown, .neverFree: true
        }
    }

    /// What is said on standard error.
    fileprivate var sentence: String {
        switch self {
        case .budgetExceeded(let bytes):
            "the budget is still exceeded by \(ByteText.text(bytes)): everything else is protected"
        case .spaceUnknown:
            "the file system of the store does not report its size: budgets on free space remove nothing"
        case .neverFree(let wanted, let total):
            """
            the file system of the store has \(ByteText.text(total)), less than the \(ByteText.text(wanted)) to keep free: this \
            budget removes nothing
            """
        case .foreignWrite(let path):
            """
            another tool is writing to the store (\(PathText.printable(path))): what nothing reaches stays until a later `strata gc`
            """
        }
    }
}
