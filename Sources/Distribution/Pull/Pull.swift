package import ContentStorage
package import ImageStorage
package import LayerArchive
package import OCISpec
import StorageIO
import Synchronization

/// What a pull did.
package struct PulledImage: Sendable {
    /// What the name meant when the pull began.
    package let image: RemoteImage
    /// Whether the name stood for the same image before, and all of it was there.
    package let isUpToDate: Bool
    /// Bytes of layers and other blobs that came over the network.
    package let fetchedBytes: Int64
}

/// How to pull.
package struct PullOptions: Sendable {
    /// Of an index: which of its images are fetched.
    package var platforms = PlatformChoice.one(nil)
    /// Whether layers are read and indexed while they come.
    package var isIndexing = true
    /// Blobs fetched at a time.
    package var workerCount = 4

    /// The default options.
    package init() {}
}

/// Brings an image from a registry into the store.
///
/// Blobs become visible one by one as each is whole; the name comes last, in one update of the index, when everything that it
/// reaches is on the disk. After an error the store has no new name; blobs that are whole stay and are not fetched again, and of
/// those that are not the first part stays for whoever pulls them next. What it finds damaged in the store it replaces.
package struct Pull: Sendable {
    private let reference: Reference
    private let registries: Registries
    private let store: ImageStore
    private let session: IngestSession
    private let reader: LayerReader
    private let options: PullOptions
    private let report: @Sendable (DistributionEvent) -> Void

    /// A pull of `reference` within `session`, which stays the caller's to end, or after an error to suspend.
    package init(
        _ reference: Reference, from registries: Registries, into store: ImageStore, session: IngestSession,
        limits: ScanLimits, _ options: PullOptions, report: @escaping @Sendable (DistributionEvent) -> Void
    ) {
        self.reference = reference.withDefaultTag
        self.registries = registries
        self.store = store
        self.session = session
        reader = LayerReader(limits: limits)
        self.options = options
        self.report = report
    }

    /// Pulls; blocks the calling thread and works on others.
    package func run(at moment: Timestamp) throws(DistributionError) -> PulledImage {
        let (image, sources) = try resolveRemote(
            reference, registries, store, session, options.platforms, report: report)
        report(.resolved(image.root))
        let old = try lift(
            try store.names().last { $0.name == .reference(reference) }?.descriptor.digest, to: DistributionError.images)
        let fetch = BlobFetch(
            sources: sources, store: store, session: session, reader: reader, isIndexing: options.isIndexing, report: report)
        let layers = image.images.flatMap(\.layers)
        let fetchedBytes = try fetch.run(layers: layers, blobs: image.blobs, workerCount: options.workerCount)
        var isNew = fetchedBytes > 0
        for document in image.documents {
            if image.damaged.contains(document.descriptor.digest) {
                report(.damaged(document.descriptor.digest))
                isNew = true
                try lift(try session.replace(document.bytes), to: DistributionError.content)
                continue
            }
            let isThere = try lift(
                try session.hold(document.descriptor.digest, size: Int64(document.bytes.count)), to: DistributionError.content)
            if isThere { continue }
            isNew = true
            _ = try lift(try session.store(document.bytes), to: DistributionError.content)
        }
        try lift(try store.setName(reference, image.root, at: moment), to: DistributionError.images)
        let isUpToDate = !isNew && old == image.root.digest
        if !isUpToDate { store.catalog.recordImported(image.root.digest, at: moment) }
        return PulledImage(image: image, isUpToDate: isUpToDate, fetchedBytes: fetchedBytes)
    }
}

/// What a name stands for by the first of the servers that may have it and does, with that one and those that may help it out.
func resolveRemote(
    _ reference: Reference, _ registries: Registries, _ store: ImageStore, _ session: IngestSession?,
    _ platforms: PlatformChoice, report: @Sendable (DistributionEvent) -> Void
) throws(DistributionError) -> (image: RemoteImage, sources: [RemoteRepository]) {
    try registries.ask(reference, report) { source throws(DistributionError) in
        var resolver = RemoteResolver(reference, at: source, store, session)
        return try resolver.resolve(platforms)
    }
}

extension Registries {
    /// Asks the servers that may have what a name stands for, one after another.
    ///
    /// Returns what the first one says that has it, and that one with those that may help it out. The last one's failure is thrown, and one
    /// that no other server could do better with.
    func ask<Answer>(
        _ reference: Reference, _ report: @Sendable (DistributionEvent) -> Void,
        _ question: (RemoteRepository) throws(DistributionError) -> Answer
    ) throws(DistributionError) -> (Answer, sources: [RemoteRepository]) {
        let sources = try sources(reference)
        for (number, source) in sources.enumerated() {
            do throws(DistributionError) {
                return (try question(source), Array(sources[number...]))
            } catch {
                guard number + 1 < sources.count, error.mayDifferElsewhere else { throw error }
                report(.mirrorFailed(source.client.name, error))
            }
        }
        throw .noSuchImage(reference.familiar)
    }
}

extension DistributionError {
    /// Whether another server may do better: not where the image itself, or this machine, is at fault.
    var mayDifferElsewhere: Bool {
        switch self {
        case .network, .refused, .busy, .loginNeeded, .wrongCredentials, .noSuchImage, .absentManifest, .badChallenge,
            .badToken, .badAnswer, .badRedirect, .digestMismatch, .sizeMismatch, .tooLong, .openCredentials, .badDocument,
            .unknownMediaType:
            true
        default: false
        }
    }
}
