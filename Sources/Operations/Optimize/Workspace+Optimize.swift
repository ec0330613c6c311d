import ContentStorage
import ImageStorage
import ImageTransfer
package import OCISpec

extension Workspace {
    /// Writes what `text` names in the store again without what nobody sees, and gives it a name; without one nothing is kept of it.
    ///
    /// Of an index every platform's image is written, or with a platform asked for that one alone. A run without a name finds out the
    /// same: layers are written and compressed to nowhere, and the store stays as it is.
    package func optimize(
        _ text: String, as name: Reference?, _ request: OptimizeRequest, at moment: Timestamp, _ progress: OperationProgress
    ) throws -> OptimizedRoot {
        let session = try name.map { _ in try openSession() }
        let root = try store.resolve(text)
        _ = try session?.hold(root.digest)
        let stacks = try StoredStacks(store)
        let result = try rewrite(root, request, stacks, LayerWork(self, request.form, session: session), progress)
        if let name {
            store.noteUse(of: root, at: Clock.now)
            try publish(result.image, names: [name], at: moment)
        }
        return result
    }

    /// Writes a manifest, or all that an index lists, again.
    func rewrite(
        _ root: Descriptor, _ request: OptimizeRequest, _ stacks: StoredStacks, _ work: LayerWork, _ progress: OperationProgress
    ) throws -> OptimizedRoot {
        let parts = options.platform == nil ? try store.parts(of: root) : nil
        var written: [Digest: OptimizedImage] = [:]
        var order: [Digest] = []
        for manifest in try parts?.images ?? [store.load(root, platform: options.platform).descriptor]
        where written[manifest.digest] == nil {
            written[manifest.digest] = try image(manifest, request, stacks, work, progress)
            order.append(manifest.digest)
        }
        let images = order.compactMap { written[$0] }
        guard let parts else {
            guard let image = images.first else { throw ImageError.noSuchImage(root.digest.description) }
            return OptimizedRoot(
                images: images, isIndex: false, artifactCount: 0, absentCount: 0, before: image.before, after: image.after,
                image: image.image, isUnchanged: image.isUnchanged)
        }
        guard !images.isEmpty else { throw ImageError.noSuchPlatform(root.digest, wanted: nil, available: []) }
        let index = try IndexRewriting(root, parts, written)
        if let session = work.session { try index.store(session) }
        return OptimizedRoot(
            images: images, isIndex: true, artifactCount: index.isUnchanged ? 0 : parts.artifactCount,
            absentCount: index.isUnchanged ? 0 : parts.absentCount,
            before: .init(
                images.map { ($0.before, $0.blobsBefore.layers, $0.blobsBefore.documents) }, index: root),
            after: .init(
                images.map { ($0.after, $0.blobsAfter.layers, $0.blobsAfter.documents) }, index: index.image.descriptor),
            image: index.image, isUnchanged: index.isUnchanged)
    }

    private func image(
        _ manifest: Descriptor, _ request: OptimizeRequest, _ stacks: StoredStacks, _ work: LayerWork,
        _ progress: OperationProgress
    ) throws -> OptimizedImage {
        _ = try work.session?.hold(manifest.digest)
        let record = try store.load(manifest, takesAnyAlone: true)
        _ = try work.session?.hold(record.imageID)
        for layer in record.layers { _ = try work.session?.hold(layer.descriptor.digest) }
        let scanned = try indexed(record, progress)
        return try ImageRewriting(self, record, scanned, request, stacks, work, progress).run(stacks)
    }
}

/// An index whose images were written again.
private struct IndexRewriting {
    let image: WrittenImage
    let isUnchanged: Bool
    private let bytes: [UInt8]

    init(_ root: Descriptor, _ parts: ImageStore.IndexParts, _ written: [Digest: OptimizedImage]) throws {
        isUnchanged = written.values.allSatisfy(\.isUnchanged)
        var index = parts.index
        index.mediaType = MediaType.index
        index.oddEntries = []
        index.manifests = parts.images.compactMap { old in
            guard let new = written[old.digest]?.image.descriptor else { return nil }
            var entry = old
            (entry.mediaType, entry.digest, entry.size) = (new.mediaType, new.digest, new.size)
            entry.data = nil
            return entry
        }
        bytes = isUnchanged ? [] : try encodeDocument(index)
        let digest = isUnchanged ? root.digest : Digest(hashing: bytes)
        image = WrittenImage(
            imageID: digest,
            descriptor: Descriptor(
                mediaType: isUnchanged ? root.mediaType : MediaType.index, digest: digest,
                size: isUnchanged ? root.size : Int64(bytes.count)))
    }

    func store(_ session: IngestSession) throws {
        if !isUnchanged { _ = try session.store(bytes) }
    }
}
