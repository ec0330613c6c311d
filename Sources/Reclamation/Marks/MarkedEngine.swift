package import EngineStores
import ImageStorage
package import OCISpec

/// An engine's root of which a person marks things: what exactly these free together, and what keeps them.
///
/// A value of one look. Every figure comes from the plan that takes the marked things, so it is what carrying that out frees.
package struct MarkedEngine: Sendable {
    let pristine: LeavingEngineImages
    let images: [Digest: EngineImage]
    let summaries: [Digest: ImageSummary]
    let records: Set<String>
    /// Whether the engine removes some images only after others.
    let imagesKeepImages: Bool
    private let refusals: [Digest: MarkRefusal]
    private let everything: MarkRefusal?

    /// Nothing is marked yet.
    ///
    /// `everything` keeps all of it, `refusal` single images whatever is marked.
    package init(
        _ inventory: EngineInventory, _ disk: EngineDisk, everything: MarkRefusal? = nil,
        _ refusal: (EngineImage) -> MarkRefusal? = { _ in nil }
    ) {
        pristine = LeavingEngineImages(inventory, disk)
        images = Dictionary(inventory.images.map { ($0.mark, $0) }) { first, _ in first }
        summaries = images.mapValues { $0.summary(of: inventory.engine) }
        records = Set(inventory.buildRecords.map(\.id))
        imagesKeepImages = pristine.imagesKeepImages
        self.everything = everything
        refusals = images.compactMapValues { image in refusal(image) ?? (image.isPinned ? .pinned : nil) }
    }

    /// What these marks come to.
    package func removal(of marks: Set<EngineMark>) -> EngineRemoval { EngineRemoval(self, marks) }

    /// What keeps something whatever else is marked; nil where nothing does.
    func refusal(of mark: EngineMark) -> MarkRefusal? {
        if let everything { return everything }
        switch mark {
        case .image(let image): return images[image] == nil ? .gone : refusals[image]
        case .name(let name, let image): return images[image]?.names.contains(name) == true ? refusals[image] : .gone
        case .record(let id): return records.contains(id) ? nil : .gone
        }
    }
}
