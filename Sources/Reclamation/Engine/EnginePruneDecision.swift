package import ContentStorage
package import EngineStores
import ImageStorage
package import OCISpec

/// What a policy removes from an engine's root: one pure function of a look, what is asked for and the moment.
///
/// Rules, budgets and the order of leaving are those of the store's own images (`ImageDecision`). Containers in any state keep their images, and
/// what is not known of an image never speaks for its removal.
package struct EnginePruneDecision {
    /// What whoever asked should know beside the plan.
    package var notes: [PruneDecision.Note] { images.notes }
    private var images: ImageDecision<LeavingEngineImages>

    /// Decides about the images of a look that `isMeant` holds for; the others stay, with the reason that it gives.
    ///
    /// `created` tells when the images were made that the policy's filters name, `space` what file system the root is on.
    package init(
        _ policy: PrunePolicy, _ inventory: EngineInventory, _ disk: EngineDisk, now: Timestamp,
        created: [String: Timestamp] = [:], space: FileSystemSpace? = nil,
        excluding reason: (EngineImage) -> String? = { _ in nil }
    ) {
        var place = LeavingEngineImages(inventory, disk)
        var meant: [ImageSummary] = []
        for image in inventory.images {
            let summary = image.summary
            if let reason = reason(image) { place.keep(summary, reason: reason) } else { meant.append(summary) }
        }
        images = ImageDecision(policy, meant, ImageAges(now: now), place)
        let context = ImageFilter.Context(now: now, created: created)
        images.applyRules(context)
        images.meet(context) { budget, freed in
            BudgetNeed(budget, storeBytes: disk.totalBytes - freed.store, space: space, goingBytes: freed.fileSystem)
        }
        images.finish()
    }

    /// The plan of what goes.
    package func plan(id: PlanID, of engine: EnginePlan.Engine) -> EnginePlan {
        EnginePlan(id: id, engine: engine, victims: images.place.victims, kept: images.place.kept)
    }

    /// Why every name goes or stays, in the order of the images.
    package func explanations() -> [ImageExplanation] { images.explanations() }
}
