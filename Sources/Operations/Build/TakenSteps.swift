import ContentStorage
import ImageBuild
import OCISpec
import Synchronization

/// The steps that a build has taken, for whoever wants to keep them elsewhere.
final class TakenSteps: Sendable {
    private let steps = Mutex<[CacheExchange.Step]>([])

    /// All of them, in an order that does not tell which stage was faster.
    var all: [CacheExchange.Step] {
        steps.withLock { $0 }.sorted { ($0.slot, $0.contents) < ($1.slot, $1.contents) }
    }

    func add(_ step: CachedStep, _ slot: Digest, _ contents: Digest) {
        let record = CacheRecord(step)
        steps.withLock { steps in
            guard !steps.contains(where: { $0.slot == slot && $0.contents == contents }) else { return }
            steps.append(CacheExchange.Step(slot: slot, contents: contents, record: record))
        }
    }
}

extension CacheRecord {
    /// A step as the store keeps it.
    init(_ step: CachedStep) {
        self.init(layer: step.layer?.descriptor, diffID: step.layer?.diffID, created: step.created, text: step.text)
    }
}
