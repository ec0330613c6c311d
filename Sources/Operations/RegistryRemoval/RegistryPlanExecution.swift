import Distribution
import EngineStores
import OCISpec
import Reclamation
import StorageIO

/// Carries out a plan about a registry's folder through the registry itself: exactly what it names goes, and what changed since is skipped.
///
/// Each manifest is looked at once more just before it goes, in the order of the plan: the one with the tags, what it lists, what is about
/// these, lists of referrers. So a run that ends in between leaves nothing that lists what is gone, and the same plan once more ends it.
struct RegistryPlanExecution {
    private let plan: EnginePlan
    private let door: RegistryDoor
    private let check: RegistryCheck
    private let stop: StopRequest
    private let describe: (EngineControlError) -> String
    /// What failed first, and whether it ended the registry for the victims that were left.
    private(set) var failure: EngineControlError?
    private var isOver = false
    /// Whether the registry deletes nothing at all.
    private(set) var isDeletionOff = false

    init(
        _ plan: EnginePlan, _ door: RegistryDoor, _ check: RegistryCheck, _ stop: StopRequest,
        describe: @escaping (EngineControlError) -> String
    ) {
        self.plan = plan
        self.door = door
        self.check = check
        self.stop = stop
        self.describe = describe
    }

    /// Deletes the plan's victims one after another, and returns what became of each.
    mutating func run() -> [ReclamationOutcome.Item] { plan.victims.map { remove($0) } }

    private mutating func remove(_ victim: EnginePlan.Victim) -> ReclamationOutcome.Item {
        var done = Progress()
        if isOver, let failure { return done.item(victim, .failed, describe(failure)) }
        if stop.isStopping { return done.item(victim, .skipped, EnginePlanExecution.interrupted) }
        do throws(EngineControlError) {
            let reason = victim.type == .name ? try removeTag(victim, &done) : try removeManifests(victim, &done)
            return done.item(victim, done.hasRemoved ? .removed : .skipped, reason)
        } catch {
            // A fault of its own within is about the one that it was asked for; else nobody answers, or lets this be done.
            if case .registry(.refused(_, status: 500, _)) = error {
                failure = failure ?? error
            } else {
                (failure, isOver) = (error, true)
            }
            return done.item(victim, .failed, describe(error))
        }
    }

    /// What has gone of a victim.
    private struct Progress {
        var untagged: [String] = []
        var deleted: [Digest] = []
        /// Whether what the victim is about has gone.
        var hasRemoved: Bool { !untagged.isEmpty || !deleted.isEmpty }

        func item(
            _ victim: EnginePlan.Victim, _ status: ReclamationOutcome.Status, _ detail: String?
        ) -> ReclamationOutcome.Item {
            ReclamationOutcome.Item(
                victim.type.ofStore, victim.name, status, detail: detail, untagged: untagged, deleted: deleted)
        }
    }

    private static let off = "deletion is off in the registry"

    /// Deletes an image with all that goes with it; returns why something stays, nil where nothing does.
    private mutating func removeManifests(_ victim: EnginePlan.Victim, _ done: inout Progress) throws(EngineControlError)
        -> String?
    {
        var left: String?
        for manifest in victim.manifests {
            if isDeletionOff { return Self.off }
            switch try check.answer(manifest, of: victim) {
            case .gone: continue
            case .stays(let reason):
                // What it lists, and what is about it, stays with it.
                if manifest.role == .image { return reason }
                left = left ?? reason
            case .goes:
                guard let reason = try delete(manifest, of: victim, &done) else { continue }
                if manifest.role == .image { return reason }
                left = left ?? reason
            }
        }
        guard done.hasRemoved else { return left ?? "it is gone" }
        return left.map { "a part of it stays: \($0)" }
    }

    /// Deletes one manifest; returns the registry's words where it refuses.
    private mutating func delete(
        _ manifest: EngineManifest, of victim: EnginePlan.Victim, _ done: inout Progress
    ) throws(EngineControlError) -> String? {
        let deletion: RegistryDoor.Deletion
        do throws(DistributionError) {
            deletion = try door.delete(manifest.digest.description, from: victim.namespace ?? "")
        } catch {
            throw .registry(error)
        }
        switch deletion {
        case .done:
            done.deleted.append(manifest.digest)
            if manifest.role == .image { done.untagged = victim.names }
            return nil
        case .absent: return nil
        case .refused(let status, let faults): return refusal(status, faults)
        }
    }

    /// Deletes a tag alone; returns why it stays, nil where it has gone.
    private mutating func removeTag(_ victim: EnginePlan.Victim, _ done: inout Progress) throws(EngineControlError) -> String? {
        if isDeletionOff { return Self.off }
        let repository = victim.namespace ?? ""
        guard let tag = RegistryStore.tag(of: victim.name, in: repository) else { return "it is gone" }
        if let reason = try check.reasonToKeep(tag: tag, of: victim) { return reason }
        let deletion: RegistryDoor.Deletion
        do throws(DistributionError) { deletion = try door.delete(tag, from: repository) } catch { throw .registry(error) }
        switch deletion {
        case .done:
            done.untagged = [victim.name]
            return nil
        case .absent: return "it is gone"
        case .refused(let status, let faults): return refusal(status, faults)
        }
    }

    private mutating func refusal(_ status: Int, _ faults: [RegistryFault]) -> String {
        if status == 405 {
            isDeletionOff = true
            return Self.off
        }
        let words = faults.map { $0.message.isEmpty ? $0.code : $0.message }.joined(separator: "; ")
        return "the registry answered \(status)" + (words.isEmpty ? "" : ": \(words)")
    }
}
