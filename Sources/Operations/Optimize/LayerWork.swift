import ContentStorage
import ImageBuild
import ImageStorage
import ImageTransfer
import LayerAnalysis
import LayerArchive
import OCISpec
import Synchronization

/// Makes the layers of images that are written again: into a session of the store, or to nowhere.
///
/// A blob that several images have is packed anew once.
final class LayerWork: Sendable {
    /// What came out.
    struct Made: Sendable {
        var descriptor: Descriptor
        var diffID: Digest
        /// Bytes of its tar; nil where that is not known.
        var tarBytes: Int64?
        var index: LayerIndex
    }

    private let workspace: Workspace
    private let form: LayerForm
    /// Nil where nothing is to be kept.
    let session: IngestSession?
    /// Blobs that stay whatever is asked: images have them that are not written again.
    private let frozen: Set<Digest>
    private let done = Mutex<[Digest: Made]>([:])

    init(_ workspace: Workspace, _ form: LayerForm, session: IngestSession?, frozen: Set<Digest> = []) {
        self.workspace = workspace
        self.form = form
        self.session = session
        self.frozen = frozen
    }

    /// A layer of these entries, packed in place of one of this media type; `indexes` and `digests` are those of the image's layers.
    func write(
        _ entries: [RewrittenEntry], _ indexes: [LayerIndex], _ digests: [Digest], like mediaType: String
    ) throws -> Made {
        let limits = workspace.options.limits
        let copy = try LayerCopy(
            entries, indexes, digests, workspace.store.content, limits: limits, latest: form.latestSeconds)
        let packing = form.packing(like: mediaType)
        return try make(packing) { sink in
            try LayerAssembly.assemble(into: sink, packing: packing, limits: limits) { try copy.write(to: $0) }
        }
    }

    /// A layer that stays as it is in the tree; its blob becomes another one where it is not packed as asked, or has times that are too late.
    ///
    /// `number` is its place in the image.
    func refresh(_ layer: ScannedLayer, _ number: Int, _ indexes: [LayerIndex], _ digests: [Digest]) throws -> Made {
        let index = indexes[number]
        let isLate = form.latestSeconds.map { latest in
            zip(index.mtimeSeconds, index.mtimeNanoseconds).contains { $0 > latest || ($0 == latest && $1 > 0) }
        }
        let isPacked = form.isPacked(layer.descriptor) || frozen.contains(layer.descriptor.digest)
        if isPacked, isLate != true { return Made(descriptor: layer.descriptor, diffID: layer.diffID, index: index) }
        let digest = layer.descriptor.digest
        if let known = done.withLock({ $0[digest] }) { return known }
        let made: Made
        // A table in the tar goes with the blob that it is of.
        if isLate == true || form.table != nil || TableOfContents.isClaimed(.estargz, by: layer.descriptor) {
            made = try write(RewrittenEntry.all(of: index, layer: number), indexes, digests, like: layer.descriptor.mediaType)
        } else {
            made = try repack(layer)
        }
        done.withLock { $0[digest] = made }
        return made
    }

    private func repack(_ layer: ScannedLayer) throws -> Made {
        let packing = form.packing(like: layer.descriptor.mediaType)
        let digest = layer.descriptor.digest
        var stored: Digest?
        let made = try make(packing) { sink in
            let outcome = try workspace.store.content.readingLayer(digest) { source throws(LayerArchiveError) in
                Result { try LayerAssembly.repack(source, into: sink, packing: packing, limits: workspace.options.limits) }
            }
            do {
                let (layer, actual) = try outcome.get()
                stored = actual
                return layer
            } catch let error as LayerArchiveError {
                if case .tapFailed = error { throw error }
                throw TransferError.badLayer(path: workspace.store.content.path, layer: digest.description, error)
            }
        }
        guard made.diffID == layer.diffID else { throw ContentError.blobCorrupt(digest, actual: stored ?? digest) }
        return made
    }

    private func make(
        _ packing: LayerPacking, _ assemble: (@escaping LayerAssembly.Sink) throws -> AssembledLayer
    ) throws -> Made {
        let maker = session.map {
            LayerMaker(store: workspace.store, session: $0, packing: packing, limits: workspace.options.limits)
        }
        let made = try maker?.keep(assemble) ?? assemble { _ in }
        return Made(
            descriptor: form.noted(made.descriptor(packing), packing), diffID: made.scan.diffID, tarBytes: made.scan.tarBytes,
            index: made.scan.index)
    }
}
