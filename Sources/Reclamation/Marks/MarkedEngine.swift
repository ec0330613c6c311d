package import EngineStores
import ImageStorage
package import OCISpec
import StorageIO

/// An engine's root of which a person marks things: what exactly these free together, and what keeps them.
///
/// A value of one look. Every figure comes from the plan that takes the marked things, so it is what carrying that out frees.
package struct MarkedEngine: Sendable {
    let pristine: LeavingEngineImages
    let images: [Digest: EngineImage]
    let summaries: [Digest: ImageSummary]
    let records: Set<String>
    let containers: [PathPart: EngineContainer]
    let inventory: EngineInventory
    let disk: EngineDisk
    /// Whether the engine removes some images only after others.
    let imagesKeepImages: Bool
    private let refusals: [Digest: MarkRefusal]
    private let leaks: [String: EngineLeak]
    private let engineRefusal: MarkRefusal?
    private let leakRefusal: MarkRefusal?

    /// Nothing is marked yet.
    ///
    /// `engine` keeps all that the engine would remove, `leaks` what leaked, `refusal` single images whatever is marked.
    package init(
        _ inventory: EngineInventory, _ disk: EngineDisk, engine: MarkRefusal? = nil, leaks: MarkRefusal? = .engineRuns,
        _ refusal: (EngineImage) -> MarkRefusal? = { _ in nil }
    ) {
        self.inventory = inventory
        self.disk = disk
        pristine = LeavingEngineImages(inventory, disk)
        images = Dictionary(inventory.images.map { ($0.mark, $0) }) { first, _ in first }
        summaries = images.mapValues { $0.summary(of: inventory.engine) }
        records = Set(inventory.buildRecords.map(\.id))
        containers = Dictionary(inventory.containers.map { ($0.id, $0) }) { first, _ in first }
        imagesKeepImages = pristine.imagesKeepImages
        self.leaks = Dictionary(inventory.leaks.map { ($0.path, $0) }) { first, _ in first }
        (engineRefusal, leakRefusal) = (engine, leaks)
        refusals = images.compactMapValues { image in refusal(image) ?? (image.isPinned ? .pinned : nil) }
    }

    /// What these marks come to.
    package func removal(of marks: Set<EngineMark>) -> EngineRemoval { EngineRemoval(self, marks) }

    /// What one of them frees while everything else stays; what cannot go frees nothing.
    package func freesBytes(of mark: EngineMark) -> Int64 { removal(of: [mark]).freesBytes }

    /// Whether an image goes by the marks of its names, whether it is marked itself or not.
    func goesByNames(_ image: Digest, _ marks: Set<EngineMark>) -> Bool {
        guard let tags = images[image]?.tags, !tags.isEmpty else { return false }
        return tags.allSatisfy { marks.contains(.name($0, image)) }
    }

    /// What keeps something whatever else is marked; nil where nothing does.
    func refusal(of mark: EngineMark) -> MarkRefusal? {
        if case .leak(let path) = mark {
            guard let leak = leaks[path] else { return .gone }
            if !leak.isRemovable(of: inventory.engine) { return .kept("it is in the engine's list of layers") }
            return leakRefusal
        }
        if let engineRefusal { return engineRefusal }
        switch mark {
        case .image(let image): return images[image] == nil ? .gone : refusals[image]
        case .name(let name, let image): return images[image]?.names.contains(name) == true ? refusals[image] : .gone
        case .record(let id): return records.contains(id) ? nil : .gone
        case .container(let id):
            guard let container = containers[id] else { return .gone }
            guard inventory.tellsStoppedContainers, let isRunning = container.isRunning else { return .stateUnknown }
            return isRunning ? .running : nil
        case .leak: return .gone
        }
    }
}
