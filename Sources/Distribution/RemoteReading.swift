import ContentStorage
import Foundation
package import ImageStorage
package import OCISpec
import Synchronization

/// Reads an image in a registry without keeping it: only the indexes of its layers stay in the catalog.
///
/// A layer that is known by its diff ID, however it came, is not fetched.
package struct RemoteReading: Sendable {
    private let reference: Reference
    private let registries: Registries
    private let store: ImageStore
    private let tools: any TransferTools
    private let report: @Sendable (DistributionEvent) -> Void

    /// A reading of `reference`.
    package init(
        _ reference: Reference, from registries: Registries, _ store: ImageStore, tools: any TransferTools,
        report: @escaping @Sendable (DistributionEvent) -> Void
    ) {
        self.reference = reference.withDefaultTag
        self.registries = registries
        self.store = store
        self.tools = tools
        self.report = report
    }

    /// The documents alone, and a way to parts of the layers.
    package func look(_ platform: Platform?) throws(DistributionError) -> (image: RemotePlatformImage, parts: RemoteParts) {
        let (image, sources) = try resolve(platform)
        return (image, RemoteParts(sources: sources))
    }

    /// The image, its layers' indexes in the catalog.
    package func run(_ platform: Platform?, workerCount: Int) throws(DistributionError) -> RemotePlatformImage {
        let (image, sources) = try resolve(platform)
        var seen: Set<Digest> = []
        let pending = image.layers.filter { layer in
            seen.insert(layer.diffID).inserted && !store.catalog.hasLayerIndex(layer.diffID)
        }.sorted { $0.descriptor.size > $1.descriptor.size }
        for layer in pending { report(.layer(layer.descriptor.digest, .waiting(totalBytes: layer.descriptor.size))) }
        let next = Mutex(0)
        let failure = Mutex<DistributionError?>(nil)
        tools.onThreads(count: min(workerCount, pending.count)) { [self] _ in
            while failure.withLock({ $0 == nil }) {
                let number = next.withLock { next in
                    next += 1
                    return next - 1
                }
                guard number < pending.count else { return }
                do throws(DistributionError) { try read(pending[number], sources) { failure.withLock { $0 } } } catch {
                    failure.withLock { if $0 == nil { $0 = error } }
                }
            }
        }
        if let failure = failure.withLock({ $0 }) { throw failure }
        return image
    }

    private func resolve(
        _ platform: Platform?
    ) throws(DistributionError) -> (image: RemotePlatformImage, sources: [RemoteRepository]) {
        let (remote, sources) = try resolveRemote(reference, registries, store, nil, .one(platform), report: report)
        report(.resolved(remote.root))
        guard let image = remote.images.first else { throw .noSuchImage(reference.familiar) }
        return (image, sources)
    }

    private func read(
        _ layer: LayerRecord, _ sources: [RemoteRepository], gate: @escaping @Sendable () -> DistributionError?
    ) throws(DistributionError) {
        let digest = layer.descriptor.digest
        let found = try sources.firstThatGives(unless: { gate() != nil }) { source throws(DistributionError) in
            let stream = BlobStream(layer.descriptor, from: source, gate: gate) { [report] in
                report(.layer(digest, .advanced(bytes: $0)))
            }
            let found = try tools.readLayer(stream, of: digest, tap: nil)
            guard found.digest == digest else {
                throw .digestMismatch(
                    RequestLine(method: "GET", url: "\(source.client.name)/\(source.path)"), expected: digest,
                    actual: found.digest)
            }
            return found
        }
        guard found.facts.diffID == layer.diffID else {
            throw .diffIDMismatch(layer: digest, expected: layer.diffID, actual: found.facts.diffID)
        }
        found.record(store.catalog)
        report(.layer(digest, .complete))
    }
}
