import ContentStorage
import ImageStorage
import OCISpec
package import Reclamation

/// The store as a host.
package struct StoreHost: Host {
    /// How long what goes is kept in the trash; zero for not at all.
    package let trash: Duration?
    private let workspace: Workspace

    /// The store of `workspace`; what goes is kept in the trash for so long.
    package init(_ workspace: Workspace, trash: Duration = .zero) {
        self.workspace = workspace
        self.trash = trash
    }

    /// Looks at the store by the rules of `df`.
    package func look(_ report: (HostProgress) -> Void) throws -> any HostPicture {
        report(.readingReferences)
        let now = Clock.now
        let generation = try workspace.store.content.index.generation()
        let marked = try workspace.markedStore(now: now)
        report(.addingUp)
        return StorePicture(marked, now: now, generation: generation.description, trash: trash ?? .zero)
    }

    /// Carries out a plan as `apply` does.
    package func carryOut(_ plan: Workspace.ReadPlan, _ describe: @escaping (any Error) -> String) throws -> HostOutcome {
        guard case .store(let plan) = plan else { throw OperationError.noSuchPlan("") }
        var outcome = try workspace.carryOut(plan, isJustMade: false)
        for number in outcome.items.indices {
            if let failure = outcome.items[number].failure { outcome.items[number].detail = describe(failure) }
        }
        return HostOutcome(outcome: outcome, failures: outcome.reasons.map(describe))
    }

    /// What `undo` lists, with names.
    package func undoable() throws -> [UndoablePlan] {
        try Undo(workspace.store).contents().map { UndoablePlan(plan: $0.plan, until: $0.until, names: $0.names) }
            .sorted { ($1.until, $1.plan) < ($0.until, $0.plan) }
    }

    /// Brings back what `undo` would.
    package func undo(_ plan: String) throws -> [Undo.Restored] {
        let undo = Undo(workspace.store)
        // A session of its own: the workspace goes on, and may undo again.
        guard let restored = try undo.run(plan: plan) else {
            throw OperationError.nothingToUndo(plan, available: try undo.available().map(\.plan))
        }
        return restored
    }
}
