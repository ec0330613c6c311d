import ContentStorage
import Foundation
package import ImageStorage
package import LayerArchive
package import OCISpec
import StorageIO
import Synchronization

/// Reads an image in a registry without keeping it: only the indexes of its layers stay in the catalog.
///
/// A layer is fetched unless a blob of its digest was read before; that its diff ID is known proves nothing of the blob.
package struct RemoteReading: Sendable {
    private let reference: Reference
    private let registries: Registries
    private let store: ImageStore
    private let reader: LayerReader
    private let report: @Sendable (DistributionEvent) -> Void

    /// A reading of `reference`; of the one layer that is read `kept` are the entries whose contents are to be kept.
    package init(
        _ reference: Reference, from registries: Registries, _ store: ImageStore, limits: ScanLimits, keeping kept: Set<Int> = [],
        report: @escaping @Sendable (DistributionEvent) -> Void
    ) {
        self.reference = reference.withDefaultTag
        self.registries = registries
        self.store = store
        reader = LayerReader(limits: limits, kept: kept)
        self.report = report
    }

    /// The documents alone, and a way to parts of the layers.
    package func look(_ platform: Platform?) throws(DistributionError) -> (image: RemotePlatformImage, parts: RemoteParts) {
        let (image, sources) = try resolve(platform)
        return (image, RemoteParts(sources: sources))
    }

    /// Of each layer of an image, whether it was read before; one that was, and is not what the image calls it, is an error.
    package func isKnown(_ image: RemotePlatformImage) throws(DistributionError) -> [Bool] {
        _ = try image.layers.oncePerBlob()
        var known: [Bool] = []
        for layer in image.layers { known.append(try store.catalog.isKnown(layer)) }
        return known
    }

    /// The image, its layers' indexes in the catalog, and the foreign layers that no server has.
    package func run(
        _ platform: Platform?, workerCount: Int
    ) throws(DistributionError) -> (image: RemotePlatformImage, absent: Set<Digest>) {
        let (image, sources) = try resolve(platform)
        var pending: [LayerRecord] = []
        for layer in try image.layers.oncePerBlob() where try !store.catalog.isKnown(layer) { pending.append(layer) }
        // The largest first, so that no long one is left alone at last.
        pending.sort { $0.descriptor.size > $1.descriptor.size }
        for layer in pending { report(.layer(layer.descriptor.digest, .waiting(totalBytes: layer.descriptor.size))) }
        let jobs = pending
        let next = Mutex(0)
        let halt = Halt()
        let servers = sources.map { $0.ending(with: halt) }
        let absent = Mutex<Set<Digest>>([])
        let workers = min(workerCount, pending.count)
        Threads.each(count: workers, workers: workers) { [self] _ in
            while halt.error == nil {
                let number = next.withLock { next in
                    next += 1
                    return next - 1
                }
                guard number < jobs.count else { return }
                let layer = jobs[number]
                do throws(DistributionError) { try read(layer, servers) } catch {
                    if error.isAbsence(of: layer.descriptor) {
                        absent.withLock { _ = $0.insert(layer.descriptor.digest) }
                        report(.layer(layer.descriptor.digest, .absent))
                    } else {
                        halt.end(error)
                    }
                }
            }
        }
        try halt.check()
        return (image, absent.withLock { $0 })
    }

    /// Reads one layer of the image again, known or not: for what the tools keep of it this time.
    package func read(_ layer: LayerRecord, of platform: Platform?) throws(DistributionError) {
        try read(layer, try resolve(platform).sources)
    }

    private func resolve(
        _ platform: Platform?
    ) throws(DistributionError) -> (image: RemotePlatformImage, sources: [RemoteRepository]) {
        let (remote, sources) = try resolveRemote(reference, registries, store, nil, .one(platform), report: report)
        report(.resolved(remote.root))
        guard let image = remote.images.first else { throw .noSuchImage(reference.familiar) }
        return (image, sources)
    }

    private func read(_ layer: LayerRecord, _ sources: [RemoteRepository]) throws(DistributionError) {
        let digest = layer.descriptor.digest
        let found = ReadLayer(
            try sources.scan(layer.descriptor, reader) { [report] in report(.layer(digest, .advanced(bytes: $0))) })
        guard found.facts.diffID == layer.diffID else {
            throw .diffIDMismatch(layer: digest, expected: layer.diffID, actual: found.facts.diffID)
        }
        store.catalog.record(found)
        report(.layer(digest, .complete))
    }
}
