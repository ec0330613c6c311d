package import ContentStorage
package import EngineStores
import ImageStorage
package import OCISpec

/// What is asked of an engine's root; what is nil is left alone.
package struct EnginePruneRequest: Sendable {
    /// Which images and names.
    package var images: PrunePolicy?
    /// Which containers, of those that do not run.
    package var containers: ContainerSelection?
    /// Which records of the build cache.
    package var cache: CacheSelection?
    /// Whether what leaked goes; nothing else goes then.
    package var takesLeaks = false

    /// Whether nothing but the build cache is asked for.
    package var isForCacheAlone: Bool { images == nil && containers == nil && cache != nil }

    /// A request from its parts.
    package init(images: PrunePolicy? = nil, containers: ContainerSelection? = nil, cache: CacheSelection? = nil) {
        self.images = images
        self.containers = containers
        self.cache = cache
    }
}

/// What a request removes from an engine's root: one pure function of a look, what is asked for and the moment.
///
/// Rules, budgets and the order of leaving are those of the store's own images (`ImageDecision`). Containers in any state keep their images, but for those
/// that are asked for and go first, and what is not known of an image never speaks for its removal. The build cache goes after what rules remove and before a budget is asked.
package struct EnginePruneDecision {
    /// What whoever asked should know beside the plan.
    package var notes: [PruneDecision.Note] { images?.notes ?? [] }
    private var images: ImageDecision<LeavingEngineImages>?
    private var place: LeavingEngineImages

    /// Decides; of the images those stay for which `excluding` gives a reason.
    ///
    /// `created` tells when the images were made that the policy's filters name, `came` when images came to the root, by their marks, `space`
    /// what file system the root is on. `keeping` gives what keeps an image whatever the policy, which is about all images of its repository
    /// all the same. `leftovers` are images, by their marks, that a run which was ended before was about to remove.
    package init(
        _ request: EnginePruneRequest, _ inventory: EngineInventory, _ disk: EngineDisk, now: Timestamp,
        created: [String: Timestamp] = [:], space: FileSystemSpace? = nil,
        came: [Digest: Timestamp] = [:], removesSingleNames: Bool = true, keeping keeper: (EngineImage) -> String? = { _ in nil },
        leftovers: Set<Digest> = [], excluding reason: (EngineImage) -> String? = { _ in nil }
    ) {
        place = LeavingEngineImages(inventory, disk, removesSingleNames: removesSingleNames, keeping: keeper)
        if request.takesLeaks {
            place.removeLeaks(of: inventory, disk)
            return
        }
        if let containers = request.containers { place.removeContainers(containers, now: now) }
        let context = ImageFilter.Context(now: now, created: created)
        if let policy = request.images {
            var meant: [ImageSummary] = []
            for image in inventory.images {
                var summary = image.summary(of: inventory.engine)
                summary.imported = came[image.mark]
                if let reason = reason(image) { place.keep(summary, reason: reason) } else { meant.append(summary) }
            }
            meant.removeAll { leftovers.contains($0.digest) && place.take(leftover: $0) }
            var decision = ImageDecision(policy, meant, ImageAges(now: now), place)
            decision.applyRules(context)
            (images, place) = (decision, decision.place)
        }
        if let cache = request.cache { place.removeCache(cache, now: now) }
        guard var decision = images else { return }
        decision.place = place
        decision.meet(context) { budget, freed in
            BudgetNeed(budget, storeBytes: disk.totalBytes - freed.store, space: space, goingBytes: freed.fileSystem)
        }
        decision.finish()
        (images, place) = (decision, decision.place)
    }

    /// The plan of what goes.
    package func plan(id: PlanID, of engine: EnginePlan.Engine) -> EnginePlan {
        EnginePlan(id: id, engine: engine, victims: place.victims, kept: place.kept)
    }

    /// Why every name goes or stays, in the order of the images.
    package func explanations() -> [ImageExplanation] { images?.explanations() ?? [] }
}
