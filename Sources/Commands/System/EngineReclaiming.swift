import ArgumentParser
import EngineStores
import Foundation
import OCISpec
import Operations
import Reclamation
import Reports
import StorageIO
import SystemPackage

/// What the commands that delete do with an engine's root: decide, show, ask, carry out, tell.
struct EngineReclaiming {
    private let globals: GlobalOptions
    private let access: EngineAccess
    private let pruning: EnginePruning

    init(_ globals: GlobalOptions) throws {
        self.globals = globals
        access = try EngineAccess()
        pruning = access.pruning(globals.lookMemory, globals.telling)
    }

    /// Decides, and notes what whoever asked should know beside the plan.
    func decide(
        _ request: EnginePruneRequest, _ choice: EngineChoice, _ engine: EnginePruneOptions?
    ) throws -> EnginePruning.Decided {
        guard request.images?.trash ?? .zero == .zero else { throw CommandError.noTrash(choice.kind) }
        let namespace = engine?.namespace ?? (choice.kind == .containerd ? access.settings.containerdNamespace : nil)
        let decided = try pruning.decide(
            request, choice, namespace: namespace, registry: try engine?.terms ?? .init(),
            begun: choice.kind == .registry ? begunPlans() : [])
        globals.note(about: decided.look)
        for note in decided.notes { globals.tell(.decision(note)) }
        return decided
    }

    /// A plan of exactly what is named.
    func plan(only texts: [String], _ choice: EngineChoice, _ namespace: String?) throws -> EnginePlan {
        let namespace = namespace ?? (choice.kind == .containerd ? access.settings.containerdNamespace : nil)
        let (plan, look) = try pruning.plan(only: texts, choice, namespace: namespace, \.words)
        globals.note(about: look)
        return plan
    }

    /// Decides, asks, and carries out; with `--dry-run` shows what was decided.
    func reclaim(
        _ request: EnginePruneRequest, _ choice: EngineChoice, _ engine: EnginePruneOptions?, by selection: [String],
        _ options: ReclaimOptions
    ) throws {
        let decided = try decide(request, choice, engine)
        if options.dryRun { return try Self.show(decided.plan, isStored: false, globals) }
        try options.confirm(PruneQuestion(decided.plan, selection: selection))
        try execute(decided.plan, decided.look, at: engine?.registry.address, options.execution)
    }

    /// How many seconds a signal waits for the removal that is under way and the outcome, before it ends the process.
    private static let patience = 15

    /// Carries out a plan, and says what that did; what failed is told after the outcome.
    ///
    /// A signal ends it after the victim that is going, and the outcome so far is told first.
    func execute(
        _ plan: EnginePlan, _ look: EngineLook? = nil, at address: String? = nil, _ options: ExecutionOptions,
        forget: (() throws -> Void)? = nil
    ) throws {
        let stop = StopRequest()
        let patience = try options.patience
        try Interruption.first({ stop.stop(within: Self.patience) }) {
            defer { stop.end() }
            try execute(plan, look, address, options.metrics, patience, stop, forget)
        }
    }

    private func execute(
        _ plan: EnginePlan, _ look: EngineLook?, _ address: String?, _ metrics: String?, _ patience: Duration,
        _ stop: StopRequest,
        _ forget: (() throws -> Void)?
    ) throws {
        // A path that cannot be written is found before anything goes.
        let figures = try metrics.map { try MetricsFile($0) }
        defer { figures?.discard() }
        if plan.engine.kind == .registry, !plan.victims.isEmpty { recordBegun(plan) }
        let done = try pruning.carryOut(plan, look, at: address, stop: stop, patience: patience) {
            ErrorSentence(any: $0).message
        }
        func end() throws {
            try forget?()
            if plan.engine.kind == .registry { forgetEnded(done.after) }
        }
        try globals.tell(done.outcome, failures: done.failure.map { [$0] } ?? [], forget: stop.isStopping ? nil : end) {
            try figures?.write(MetricsReport(EngineUsage(done.after), done.outcome, now: Clock.now))
        }
        for sentence in LeftByEngine(done.outcome, done.after)?.sentences ?? [] { globals.note(sentence) }
    }

    /// The plans about registries that a run which was killed may have begun.
    private func begunPlans() -> [EnginePlan] {
        do { return try globals.begunPlans?.all() ?? [] } catch {
            globals.note(about: .notRead, of: error)
            return []
        }
    }

    /// Notes in the store that a plan about a registry is begun; where that cannot be, it is carried out all the same.
    private func recordBegun(_ plan: EnginePlan) {
        do {
            guard let begun = globals.begunPlans else { throw CommandError.noStorePath }
            try begun.begin(plan)
        } catch {
            globals.note(about: .notMade, of: error)
        }
    }

    /// Forgets the plans that have ended, this one among them.
    private func forgetEnded(_ after: EngineLook) {
        do { try globals.begunPlans?.forgetEnded(after) } catch { globals.note(about: .notRemoved, of: error) }
    }

    /// Writes a plan as text or as the document that `apply` reads.
    static func show(
        _ plan: EnginePlan, isStored: Bool, explained: [ImageExplanation]? = nil, _ globals: GlobalOptions
    ) throws {
        let report = EnginePlanReport(plan, isStored: isStored, explained: explained)
        switch globals.format {
        case .text where globals.quiet && isStored: try Output.write("\(plan.id)\n")
        case .text: try Output.write(report.text(globals.style, now: Clock.now, isVerbose: globals.verbose))
        case .json: try Output.write(report.json())
        }
    }
}
