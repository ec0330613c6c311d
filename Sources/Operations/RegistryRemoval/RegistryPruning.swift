import ContentStorage
import Distribution
import EngineStores
import OCISpec
import Reclamation
import StorageIO

extension EnginePruning {
    /// The registry at an address, spoken to as the user's settings say; one that was not named is an error.
    func door(_ address: String?, root: String) throws -> RegistryDoor {
        guard let address else { throw EngineControlError.noAddress(root: root) }
        return try RegistryDoor(try registries(), at: address)
    }

    /// Whether the registry can take a tag away without its digest: where it can, it does not know a tag that is not there; where it cannot,
    /// it refuses any.
    ///
    /// Without an address it is not known, and then nothing is planned that needs it.
    func removesTags(_ address: String?, _ look: EngineLook) throws -> Bool {
        guard let address, let repository = look.inventory.registry?.repositories.first(where: { $0.tagCount > 0 }) else {
            return false
        }
        let door = try RegistryDoor(try registries(), at: address)
        let nobody = "strata-asks-\(PathPart.random().text.prefix(32))"
        do throws(DistributionError) { return try door.delete(nobody, from: repository.name) == .absent } catch {
            // What is not known is not planned; why nobody answers is told when the plan is carried out.
            return false
        }
    }

    /// Carries out a plan about a registry's folder.
    func carryOutAtRegistry(
        _ plan: EnginePlan, _ address: String?, _ look: EngineLook?, _ stop: StopRequest,
        describe: @escaping (EngineControlError) -> String
    ) throws -> (outcome: ReclamationOutcome, failure: EngineControlError?, after: EngineLook) {
        let choice = EngineChoice(.registry, root: plan.engine.root)
        let door = try door(address ?? plan.engine.address, root: plan.engine.root)
        let root = try EngineLook.open(.registry, plan.engine.root)
        let now: RegistryNow
        do throws(EngineStoreError) { now = try RegistryNow(root) } catch {
            throw EngineError.store(.registry, root: plan.engine.root, error)
        }
        let repositories = plan.victims.compactMap(\.namespace)
        try RegistryProof(door, now).require(plan.engine, by: Array(Set(repositories)).sorted())
        let before = try look ?? self.look(choice)
        var execution = RegistryPlanExecution(
            plan, door, RegistryCheck(door, now), stop, describe: describe)
        let items = execution.run()
        let freed = try EngineBytes(before).goneLinks(of: plan, items)
        let done = ReclamationOutcome(
            planID: plan.id.text, items: items, predictedBytes: plan.freesBytes, freedBytes: freed, trashedBytes: 0,
            undoableUntil: nil)
        var (outcome, after) = try compared(done, since: before, choice)
        outcome.collection = ReclamationOutcome.Collection(
            bytes: Self.collectable(since: before, after), isDeletionOff: execution.isDeletionOff)
        return (outcome, execution.failure, after)
    }

    /// Allocated bytes of what no manifest needs any more that some did before.
    private static func collectable(since before: EngineLook, _ after: EngineLook) -> Int64 {
        guard let old = before.inventory.registry, let new = after.inventory.registry else { return 0 }
        let needed = new.taggedBlobs.union(new.untaggedBlobs)
        return old.taggedBlobs.union(old.untaggedBlobs).subtracting(needed).reduce(0) { $0 + before.disk.bytes(of: .blob($1)) }
    }
}
