package import EngineStores
import OCISpec
package import Reclamation

/// An engine's root as a host: read in place, changed through the engine alone.
package struct EngineRootHost: Host {
    /// How the engine is reached; found anew for each look, since it may be started or stopped meanwhile.
    package struct Access: Sendable {
        /// Where engines are.
        let roots: EngineRoots
        /// How they are asked.
        let probe: EngineProbe
        /// What removes from them.
        let pruning: EnginePruning

        /// Access from its parts.
        package init(_ roots: EngineRoots, _ probe: EngineProbe, _ pruning: EnginePruning) {
            (self.roots, self.probe, self.pruning) = (roots, probe, pruning)
        }
    }

    private let choice: EngineChoice
    private let namespace: String?
    private let memory: LookMemory
    private let access: @Sendable () throws -> Access

    /// The root that was chosen; of containerd's images `namespace` limits what can be marked to one namespace.
    package init(
        _ choice: EngineChoice, namespace: String? = nil, _ memory: LookMemory, _ access: @escaping @Sendable () throws -> Access
    ) {
        self.choice = choice
        self.namespace = namespace
        self.memory = memory
        self.access = access
    }

    /// Looks at the root by the rules of `df --engine`.
    package func look(_ report: (HostProgress) -> Void) throws -> any HostPicture {
        report(.readingReferences)
        let access = try access()
        let look = try EngineLook(choice, access.roots, memory)
        report(.addingUp)
        let engine = access.pruning.engine(look)
        return EnginePicture(EngineUsage(look), engine, Self.kept(look, engine, access.pruning)) { image in
            EnginePruning.reasonToLeave(image, look.kind, namespace).map(MarkRefusal.kept)
        }
    }

    /// What keeps all of a root from being removed, by the same check that a removal begins with; nil where nothing does.
    private static func kept(
        _ look: EngineLook, _ engine: EnginePlan.Engine, _ pruning: EnginePruning
    ) -> (engine: MarkRefusal?, leaks: MarkRefusal?) {
        if let refusal = refusal(look) { return (refusal, refusal) }
        let refusal = refusal(engine, pruning)
        // podman has no process of its own; the removal of leaks takes its locks.
        return (refusal, refusal == nil && look.kind != .podman ? .engineRuns : nil)
    }

    /// What keeps all of a root that is not known well enough.
    private static func refusal(_ look: EngineLook) -> MarkRefusal? {
        if look.kind == .buildkit { return .enginesOwn }
        if !look.inventory.isDriverKnown { return .unknownDriver(look.inventory.driver) }
        return look.inventory.problems.first.map { .notWhole($0.path) }
    }

    /// What keeps the engine from removing anything.
    private static func refusal(_ engine: EnginePlan.Engine, _ pruning: EnginePruning) -> MarkRefusal? {
        do {
            try pruning.control(engine).requireSame(as: engine)
            return nil
        } catch EngineControlError.otherEngine(_, root: _, let found) {
            return .otherEngine(found)
        } catch EngineControlError.noProgram(_, let name) {
            return .noProgram(name)
        } catch EngineControlError.unproven {
            return .unproven
        } catch {
            // Whoever carries a plan out is told the whole error; here it only keeps rows from being marked.
            return .notRunning
        }
    }

    /// Carries out a plan as `apply` does, through the engine.
    package func carryOut(_ plan: Workspace.ReadPlan, _ describe: @escaping (any Error) -> String) throws -> HostOutcome {
        guard case .engine(let plan) = plan else { throw OperationError.noSuchPlan("") }
        let done = try access().pruning.carryOut(plan) { describe($0) }
        return HostOutcome(outcome: done.outcome, failures: [done.failure].compactMap(\.self).map(describe))
    }
}
