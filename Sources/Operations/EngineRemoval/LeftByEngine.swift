package import EngineStores
package import Reclamation

/// What is left at a root of removals that were cut short, where a run shows that some were.
package struct LeftByEngine: Hashable, Sendable {
    /// The engine.
    package let kind: EngineKind
    /// Its root.
    package let root: String
    /// How many layers the engine removes the rest of when it is stopped the next time.
    package let unfinishedCount: Int
    /// How many places it has lost sight of: no command of its own removes them.
    package let lostCount: Int
    /// Their allocated bytes.
    package let lostBytes: Int64

    /// What is left at a root as it is after a run; nil where nothing is, or where nothing of the run was cut short.
    package init?(_ outcome: ReclamationOutcome, _ after: EngineLook) {
        // containerd removes such things by itself.
        guard after.kind == .docker || after.kind == .podman else { return nil }
        let isCutShort = outcome.items.contains {
            $0.status == .failed || $0.status == .skipped && $0.detail == EnginePlanExecution.gone
        }
        guard isCutShort else { return nil }
        let places = after.inventory.leaks.indices.filter { after.inventory.leaks[$0].isRemovable(of: after.kind) }
        guard !places.isEmpty || after.inventory.unfinishedRemovalCount > 0 else { return nil }
        (kind, root) = (after.kind, after.root)
        (unfinishedCount, lostCount) = (after.inventory.unfinishedRemovalCount, places.count)
        lostBytes = places.reduce(0) { $0 + after.disk.bytes(of: .leak($1)) }
    }
}
