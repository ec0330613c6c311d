import ContentStorage
import EngineStores
import Reclamation
import StorageIO
import SystemPackage

/// Carries out a plan of leaks: what no record of the engine names goes, while the engine does not run.
///
/// Nothing of it is the engine's to remove, so this is the one removal that is strata's own. The root is looked at once more behind the
/// engine's locks, and only what is the same leak then goes.
enum LeakRemoval {
    /// Removes what the plan names and is still a leak; `freedBytes` is measured.
    static func run(
        _ plan: EnginePlan, _ stop: StopRequest, describe: (EngineControlError) -> String
    ) throws -> (outcome: ReclamationOutcome, failure: EngineControlError?) {
        let kind = plan.engine.kind
        let root = try EngineLook.open(kind, plan.engine.root)
        let stopped = try StoppedEngine(kind, at: root)
        defer { stopped.release() }
        let inventory = try EngineLook.inventory(kind, root)
        if let problem = inventory.problems.first { throw EngineError.notWhole(kind, root: root.path, problem) }
        let leaks = Set(inventory.leaks.filter { $0.isRemovable(of: kind) }.map(\.path))
        var items: [ReclamationOutcome.Item] = []
        var freed: Int64 = 0
        var failure: EngineControlError?
        for victim in plan.victims {
            var (status, detail): (ReclamationOutcome.Status, String?) = (.removed, nil)
            if stop.isStopping {
                (status, detail) = (.skipped, EnginePlanExecution.interrupted)
            } else if !leaks.contains(victim.name) {
                (status, detail) = (.skipped, "it is gone, or something names it now")
            } else {
                do throws(StorageError) { freed += try remove(victim.name, below: root) } catch {
                    failure = .look(.storage(kind, error))
                    (status, detail) = (.failed, describe(.look(.storage(kind, error))))
                }
            }
            items.append(.init(victim.type.ofStore, victim.name, status, detail: detail))
        }
        let outcome = ReclamationOutcome(
            planID: plan.id.text, items: items, predictedBytes: plan.freesBytes, freedBytes: freed, trashedBytes: 0,
            undoableUntil: nil)
        return (outcome, failure)
    }

    /// Removes what a path of plain names leads to; returns the allocated bytes that the file system got back.
    private static func remove(_ path: String, below root: Directory) throws(StorageError) -> Int64 {
        let parts = path.split(separator: "/")
        guard let name = parts.last, let folder = try root.directory(below: parts.dropLast()) else { return 0 }
        return try folder.removeTreeMeasured(String(name))
    }
}
