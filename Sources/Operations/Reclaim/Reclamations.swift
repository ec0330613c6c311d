import ContentStorage
package import ImageStorage
package import OCISpec
package import Reclamation
import StorageIO

/// What goes, decided and carried out.
extension Workspace {
    /// What `request` does to the store as it is, decided and not carried out; what that came up against is told.
    ///
    /// A document that an image needs and that cannot be read is an error: what is garbage cannot be told then.
    package func decide(_ request: PruneRequest) throws -> (plan: ReclamationPlan, decision: PruneDecision) {
        let generation = try store.content.index.generation()
        let now = Clock.now
        let look = try StoreLook(store, now: now)
        LeftMemory.keep(look)
        if let document = look.graph.unreadable.first { throw OperationError.nothingDeleted(document) }
        let filter = ImageFilter(request.images?.filters.flatMap(\.conditions) ?? [])
        let context = try store.context(for: filter, among: look.images, now: now)
        let bytes = try store.content.root.fileSystemBytes()
        let age = request.leftovers?.age(now: now)
        let foreignWrite = try age.flatMap { try store.content.foreignWrites.first(after: now.seconds - $0.components.seconds) }
        let decision = PruneDecision(
            request, look, now: now, created: context.created,
            space: FileSystemSpace(usedBytes: bytes.used, freeBytes: bytes.free), foreignWrite: foreignWrite)
        for note in decision.notes { tell(.decision(note)) }
        return (decision.plan(id: PlanID(), generation: generation.description), decision)
    }

    /// Carries out a plan; what changed since it was made, unless it was `isJustMade`, is skipped.
    ///
    /// Failures of single items are part of the outcome.
    package func carryOut(_ plan: ReclamationPlan, isJustMade: Bool) throws -> ReclamationOutcome {
        try PlanExecution(store, now: Clock.now).run(plan, isJustMade: isJustMade)
    }

    /// A plan of either kind.
    package enum ReadPlan: Sendable {
        /// About the store.
        case store(ReclamationPlan)
        /// About an engine's root.
        case engine(EnginePlan)
    }

    /// The plan of that ID, which the store keeps, or the one in a file; one of the store that has expired is an error.
    package func readPlan(_ text: String, now: Timestamp = Clock.now) throws -> (plan: ReadPlan, isStored: Bool) {
        var bytes: [UInt8]?
        if let id = PlanID(text) {
            if try store.content.plans.isExpired(id: id, now: now) { throw OperationError.planExpired(id) }
            bytes = try store.content.plans.read(id: id)
        }
        let found = try bytes ?? InputFile.bytes(text, limit: StoredPlans.limits.maxBytes)
        guard let found else { throw OperationError.noSuchPlan(text) }
        return (try PlanFile.parse(found, named: text), bytes != nil)
    }

    // MARK: Undo

    /// The plans of which something is in the trash, with the moment until which they can be undone.
    package func undoablePlans() throws(ImageError) -> [(plan: String, until: String)] { try Undo(store).available() }

    /// Brings back what a plan moved into the trash; nothing of it there is an error that lists the plans that there are.
    package func undo(plan: String) throws -> [Undo.Restored] {
        let undo = Undo(store)
        let restored = try undo.run(plan: plan) { _ throws(ContentError) in try openSession() }
        guard let restored else {
            throw OperationError.nothingToUndo(plan, available: try undo.available().map(\.plan))
        }
        return restored
    }
}

extension ReclamationOutcome {
    /// The failures that the operation ends with: an image that cannot be read, or what could not be removed.
    package var reasons: [OperationError] {
        if let document = unreadable.first { return [.nothingDeleted(document)] }
        let failed = items.compactMap(\.failure) + failures
        return failed.first.map { [.notRemoved(count: failed.count, $0)] } ?? []
    }
}
