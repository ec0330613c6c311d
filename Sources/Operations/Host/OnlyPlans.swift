package import ContentStorage
import ImageStorage
import OCISpec
package import Reclamation

extension Workspace {
    /// A plan of exactly what `texts` name; what of it does not go is kept in the plan with `describe`'s reason.
    package func plan(only texts: [String], trash: Duration, _ describe: (MarkRefusal) -> String) throws -> ReclamationPlan {
        let generation = try store.content.index.generation()
        let marked = try markedStore(now: Clock.now)
        if let document = marked.look.graph.unreadable.first { throw OperationError.nothingDeleted(document) }
        let marks = try texts.reduce(into: Set<StoreMark>()) { $0.insert(try marked.mark(named: $1)) }
        return marked.removal(of: marks).plan(id: PlanID(), generation: generation.description, trash: trash, describe)
    }

    /// The store as it is, of which nothing is marked yet.
    func markedStore(now: Timestamp) throws -> MarkedStore {
        let look = try StoreLook(store)
        LeftMemory.keep(look)
        let since = now.seconds - LeftoverSelection.usualAge.components.seconds
        return MarkedStore(look, now: now, foreignWrite: try store.content.foreignWrites.first(after: since))
    }
}

extension EnginePruning {
    /// A plan of exactly what `texts` name of an engine's root, with the look that it was made of.
    package func plan(
        only texts: [String], _ choice: EngineChoice, namespace: String?, _ describe: (MarkRefusal) -> String
    ) throws -> (plan: EnginePlan, look: EngineLook) {
        let look = try EngineLook(choice, roots, memory)
        try Self.requireKnown(look)
        // Whether the engine runs is asked when the plan is carried out.
        let marked = MarkedEngine(look.inventory, look.disk, leaks: nil) { image in
            Self.reasonToLeave(image, look.kind, namespace).map(MarkRefusal.kept)
        }
        let marks = try texts.reduce(into: Set<EngineMark>()) { $0.insert(try marked.mark(named: $1)) }
        return (marked.removal(of: marks).plan(id: PlanID(), of: engine(look), describe), look)
    }
}
