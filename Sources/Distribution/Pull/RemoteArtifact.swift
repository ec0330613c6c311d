package import ContentStorage
package import ImageStorage
package import LayerArchive
package import OCISpec
import StorageIO

/// What a registry has under a name that need not be an image: a manifest, a config of whatever type, and layers that are fetched when
/// somebody wants them.
package struct RemoteArtifact: Sendable {
    /// How people call it.
    package let title: String
    /// What the name stands for.
    package let manifest: ImageManifest
    /// The server that has it, and those that may help it out.
    private let sources: [RemoteRepository]

    /// Asks for the manifest; nil where the registry has none of that name, or an index.
    package init?(
        _ reference: Reference, from registries: Registries, report: @Sendable (DistributionEvent) -> Void
    ) throws(DistributionError) {
        let reference = reference.withDefaultTag
        let title = reference.familiar
        let name = reference.digest?.description ?? reference.tag ?? Reference.defaultTag
        let document: RemoteDocument
        do throws(DistributionError) {
            (document, sources) = try registries.ask(reference, report) { source throws(DistributionError) in
                try source.document(name, expecting: nil, title: title)
            }
        } catch {
            guard case .noSuchImage = error else { throw error }
            return nil
        }
        let decoded: ImageDocument
        do { decoded = try decodeDocument(ImageDocument.self, from: document.bytes, limits: .stored) } catch {
            throw .badDocument(title, error)
        }
        guard case .manifest(let manifest) = decoded else { return nil }
        self.title = title
        self.manifest = manifest
    }

    /// The config's bytes, which have the digest that the manifest names.
    package func config() throws(DistributionError) -> [UInt8] {
        guard let source = sources.first else { throw .noSuchImage(title) }
        return try source.blob(manifest.config)
    }

    /// Brings a layer into the store, verified and indexed; `session` holds it then.
    package func fetch(
        _ layer: LayerRecord, into store: ImageStore, _ session: IngestSession, limits: ScanLimits,
        report: @escaping @Sendable (DistributionEvent) -> Void
    ) throws(DistributionError) {
        let fetch = BlobFetch(
            sources: sources, store: store, session: session, reader: LayerReader(limits: limits), isIndexing: true,
            report: report)
        _ = try fetch.run(layers: [layer], blobs: [], workerCount: 1)
    }
}
