import ContentStorage
import Glibc
import ImageStorage
import LayerArchive
import OCISpec
import StorageIO

/// A layer that the catalog knows by now, and in what form its bytes are held.
struct IngestedLayer: Sendable {
    var diffID: Digest
    var descriptor: Descriptor
}

/// Reads one layer once: verifies it, indexes it, and when importing writes it to the store.
///
/// What is known is not read.
struct LayerIngest: Sendable {
    let container: any MemberContainer
    let store: ImageStore
    /// Where blobs are written to; `nil` when only indexes are wanted.
    let session: IngestSession?
    let limits: ScanLimits
    let report: @Sendable (TransferEvent) -> Void

    /// What the catalog knows of `layer` by its digest alone; `nil` when its bytes have to be looked at.
    func known(_ layer: SourceLayer) throws(TransferError) -> IngestedLayer? {
        if let member = layer.member, member.isMade { return try knownByDiffID(layer, member) }
        guard let diffID = layer.diffID, let descriptor = layer.descriptor else { return nil }
        guard layer.member != nil else { return IngestedLayer(diffID: diffID, descriptor: descriptor) }
        guard try isKnown(descriptor.digest, bytes: descriptor.size, as: diffID), try isHeld(descriptor) else { return nil }
        return IngestedLayer(diffID: diffID, descriptor: descriptor)
    }

    /// A layer that would be made of its parts: what is made has the diff ID or is refused, so any blob of that layer will do.
    private func knownByDiffID(_ layer: SourceLayer, _ member: Member) throws(TransferError) -> IngestedLayer? {
        guard let diffID = layer.diffID, store.catalog.hasLayerIndex(diffID) else { return nil }
        let plain = Descriptor(mediaType: MediaType.layer, digest: diffID, size: member.size)
        guard session != nil else { return IngestedLayer(diffID: diffID, descriptor: plain) }
        let forms = store.catalog.blobs(ofDiffID: diffID).map {
            Descriptor(mediaType: Self.mediaType($0.compression), digest: $0.digest, size: $0.compressedBytes)
        }
        for descriptor in [plain] + forms where try isHeld(descriptor) {
            return IngestedLayer(diffID: diffID, descriptor: descriptor)
        }
        return nil
    }

    /// The layer of a docker archive, which names no digest: the config's diff ID is a claim, so the bytes are hashed where they may be
    /// those of a layer that is known; `nil` when they are not.
    ///
    /// Any blob of that layer that the store has will do then.
    private func knownByBytes(_ layer: SourceLayer, _ member: Member) throws(TransferError) -> IngestedLayer? {
        guard layer.descriptor == nil, let diffID = layer.diffID, store.catalog.hasLayerIndex(diffID) else { return nil }
        let forms = store.catalog.blobs(ofDiffID: diffID)
        let isLikely = store.catalog.layerFacts(diffID)?.tarBytes == member.size
        guard isLikely || forms.contains(where: { $0.compressedBytes == member.size }) else { return nil }
        let actual = try digest(of: member, named: Self.title(layer, member))
        // The digest of a tar as it is, is its diff ID.
        if actual != diffID, try !isKnown(actual, bytes: member.size, as: diffID) { return nil }
        let own = forms.first { $0.digest == actual }?.compression ?? .none
        var candidates = [Descriptor(mediaType: Self.mediaType(own), digest: actual, size: member.size)]
        if session != nil {
            candidates += forms.map {
                Descriptor(mediaType: Self.mediaType($0.compression), digest: $0.digest, size: $0.compressedBytes)
            }
        }
        for descriptor in candidates where try isHeld(descriptor) {
            report(.advanced(bytes: member.size))
            return IngestedLayer(diffID: diffID, descriptor: descriptor)
        }
        return nil
    }

    /// Whether the layer need not be read; a blob that is known to be another one is an error.
    private func isKnown(_ digest: Digest, bytes: Int64, as diffID: Digest) throws(TransferError) -> Bool {
        switch store.catalog.standing(ofBlob: digest, bytes: bytes, as: diffID) {
        case .known: true
        case .unread: false
        case .contradicted(let actual): throw mismatch(digest, diffID, actual)
        }
    }

    /// The digest of the member's bytes, which are read unless they are those that were read before.
    private func digest(of member: Member, named title: String) throws(TransferError) -> Digest {
        let range = try fileRange(of: member)
        if let known = range.flatMap(store.catalog.digest) { return known }
        let source = try container.source(of: member)
        let digest: Digest
        do { digest = try StreamHash.digest(of: source) } catch {
            throw .badLayer(path: container.path, layer: title, error)
        }
        try remember(digest, of: member, range)
        return digest
    }

    /// By what the member's bytes are known again; nil where they lie in a file of this process, or one that has just changed.
    private func fileRange(of member: Member) throws(TransferError) -> FileRange? {
        guard member.sparse == nil, !member.isMade else { return nil }
        let now = Timestamp(seconds: Int64(time(nil)))
        let file = try container.file(of: member)
        let status = try lift(try lift(try file.status(), to: ContentError.init), to: TransferError.content)
        return FileRange(status, offset: member.offset, bytes: member.size, now: now)
    }

    /// Remembers what the bytes were, where their file did not change while they were read.
    private func remember(_ digest: Digest, of member: Member, _ range: FileRange?) throws(TransferError) {
        guard let range, try fileRange(of: member) == range else { return }
        store.catalog.remember(digest, of: range)
    }

    private func isHeld(_ descriptor: Descriptor) throws(TransferError) -> Bool {
        guard let session else { return true }
        return try lift(try session.hold(descriptor.digest, size: descriptor.size), to: TransferError.content)
    }

    /// Reads `layer` from `member`, through to the catalog and, when importing, the store.
    func ingest(_ layer: SourceLayer, from member: Member) throws(TransferError) -> IngestedLayer {
        if let descriptor = layer.descriptor, MediaType.isEncryptedLayer(descriptor.mediaType) {
            throw .encryptedLayer(path: container.path, descriptor.digest, mediaType: descriptor.mediaType)
        }
        if !member.isMade, let known = try knownByBytes(layer, member) { return known }
        let range = layer.descriptor == nil ? try fileRange(of: member) : nil
        let writer = try makeWriter(layer)
        defer { writer?.discard() }
        let scan: LayerScan
        do { scan = try self.scan(member, named: Self.title(layer, member), writer) } catch {
            throw Self.error(error, of: layer, path: container.path)
        }
        try verify(scan, layer)
        if let writer {
            try lift(try writer.commit(digest: scan.digest, size: scan.compressedBytes), to: TransferError.content)
        }
        record(scan)
        report(.indexed(diffID: scan.diffID))
        try remember(scan.digest, of: member, range)
        for warning in scan.warnings { report(.warned(layer: scan.digest, warning)) }
        warnOfMediaType(scan, layer)
        let descriptor =
            layer.descriptor
            ?? Descriptor(
                mediaType: Self.mediaType(scan.compression), digest: scan.digest, size: scan.compressedBytes)
        return IngestedLayer(diffID: scan.diffID, descriptor: descriptor)
    }

    /// Reads a layer again, its bytes verified as before, and records its index with the contents of `entries` too.
    func reread(
        _ layer: SourceLayer, from member: Member, keeping entries: Set<Int>
    ) throws(TransferError) -> LayerDocuments? {
        let scan = try self.scan(member, named: Self.title(layer, member), nil, keeping: entries)
        try verify(scan, layer)
        record(scan)
        return scan.index.documents
    }

    /// What is wrong with a layer that cannot be read: that it is none, where its own type says so.
    private static func error(_ error: TransferError, of layer: SourceLayer, path: String) -> TransferError {
        guard case .badLayer = error, let descriptor = layer.descriptor, !MediaType.isLayer(descriptor.mediaType) else {
            return error
        }
        return .notATar(path: path, layer: descriptor.digest, mediaType: descriptor.mediaType)
    }

    private func makeWriter(_ layer: SourceLayer) throws(TransferError) -> BlobWriter? {
        guard let session else { return nil }
        return try lift(try session.makeWriter(expected: layer.descriptor?.digest), to: TransferError.content)
    }

    private func scan(
        _ member: Member, named title: String, _ writer: BlobWriter?, keeping kept: Set<Int> = []
    ) throws(TransferError) -> LayerScan {
        let source = try container.source(of: member)
        var reported: Int64 = 0
        let report = report
        do {
            return try LayerScanner.scan(
                source: source, limits: limits, keeping: kept, tap: writer.map { writer in { try writer.write($0) } },
                progress: { bytes in
                    report(.advanced(bytes: bytes - reported))
                    reported = bytes
                })
        } catch {
            if case .tapFailed(let cause) = error, let content = cause as? ContentError { throw .content(content) }
            throw .badLayer(path: container.path, layer: title, error)
        }
    }

    /// Compares what the documents claim with what the bytes are.
    private func verify(_ scan: LayerScan, _ layer: SourceLayer) throws(TransferError) {
        if let expected = layer.descriptor?.digest, expected.algorithm == .sha256, expected != scan.digest {
            throw .digestMismatch(path: container.path, expected: expected, actual: scan.digest)
        }
        if let diffID = layer.diffID, diffID != scan.diffID { throw mismatch(scan.digest, diffID, scan.diffID) }
    }

    private func mismatch(_ layer: Digest, _ expected: Digest, _ actual: Digest) -> TransferError {
        .diffIDMismatch(path: container.path, layer: layer, expected: expected, actual: actual)
    }

    private func record(_ scan: LayerScan) {
        store.catalog.record(scan)
    }

    private func warnOfMediaType(_ scan: LayerScan, _ layer: SourceLayer) {
        guard let mediaType = layer.descriptor?.mediaType else { return }
        let claims: Compression? =
            mediaType.hasSuffix("gzip")
            ? .gzip : mediaType.hasSuffix("zstd") ? .zstd : mediaType.hasSuffix("tar") ? Compression.none : nil
        if let claims, claims != scan.compression {
            report(.mislabelled(layer: scan.digest, mediaType: mediaType, actual: scan.compression))
        }
    }

    private static func title(_ layer: SourceLayer, _ member: Member) -> String {
        layer.descriptor?.digest.description ?? (member.name.isEmpty ? "the root file system" : member.title)
    }

    /// The media type of a layer whose source names none; compressions without a type of their own go by the plain one.
    private static func mediaType(_ compression: Compression) -> String {
        switch compression {
        case .gzip: MediaType.layerGzip
        case .zstd: MediaType.layerZstd
        case .none, .xz, .bzip2, .lz4, .compress: MediaType.layer
        }
    }
}
