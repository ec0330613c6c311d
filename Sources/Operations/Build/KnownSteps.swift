package import ContentStorage
import Distribution
package import OCISpec

/// The steps of another cache.
package struct KnownSteps: Sendable {
    /// Where the layers of the steps are.
    enum Origin: Sendable {
        /// In a layout.
        case layout(ContentStore)
        /// In a registry.
        case registry(RemoteArtifact)
    }

    let origin: Origin
    private let records: [Digest: [Digest: CacheRecord]]

    init(_ steps: [CacheExchange.Step], in origin: Origin) {
        self.origin = origin
        records = Dictionary(grouping: steps, by: \.slot).mapValues { steps in
            Dictionary(steps.map { ($0.contents, $0.record) }) { _, last in last }
        }
    }

    /// Whether there is any record of a step, whatever its inputs.
    package func has(_ slot: Digest) -> Bool { records[slot] != nil }

    /// The record of a step with these inputs; nil where there is none.
    package func record(_ slot: Digest, _ contents: Digest) -> CacheRecord? { records[slot]?[contents] }
}
