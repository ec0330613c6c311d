import ContentStorage
import ImageStorage
import LayerArchive
import OCISpec

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

    /// What the catalog knows of `layer`; `nil` when it has to be read.
    func known(_ layer: SourceLayer) throws(TransferError) -> IngestedLayer? {
        guard let diffID = layer.diffID else { return nil }
        guard let descriptor = layer.descriptor else { return try knownByDiffID(diffID, layer) }
        guard layer.member != nil else { return IngestedLayer(diffID: diffID, descriptor: descriptor) }
        guard let actual = store.catalog.diffID(ofBlob: descriptor.digest) else { return nil }
        guard actual == diffID else { throw mismatch(descriptor.digest, diffID, actual) }
        guard store.catalog.hasLayerIndex(diffID), try isHeld(descriptor) else { return nil }
        return IngestedLayer(diffID: diffID, descriptor: descriptor)
    }

    /// A docker archive names layers by diff ID: any blob of that layer that the store has will do, else the same bytes.
    private func knownByDiffID(_ diffID: Digest, _ layer: SourceLayer) throws(TransferError) -> IngestedLayer? {
        guard store.catalog.hasLayerIndex(diffID) else { return nil }
        let blobs = store.catalog.blobs(ofDiffID: diffID)
        let same = blobs.filter { $0.compressedBytes == layer.member?.size }
        for blob in same + (session == nil ? [] : blobs) {
            let descriptor = Descriptor(
                mediaType: Self.mediaType(blob.compression), digest: blob.digest, size: blob.compressedBytes)
            if try isHeld(descriptor) { return IngestedLayer(diffID: diffID, descriptor: descriptor) }
        }
        return nil
    }

    private func isHeld(_ descriptor: Descriptor) throws(TransferError) -> Bool {
        guard let session else { return true }
        return try inStore { () throws(ContentError) in try session.hold(descriptor.digest, size: descriptor.size) }
    }

    /// Reads `layer` from `member`, through to the catalog and, when importing, the store.
    func ingest(_ layer: SourceLayer, from member: Member) throws(TransferError) -> IngestedLayer {
        if let descriptor = layer.descriptor, MediaType.isEncryptedLayer(descriptor.mediaType) {
            throw .encryptedLayer(path: container.path, descriptor.digest)
        }
        let writer = try makeWriter(layer)
        defer { writer?.discard() }
        let scan = try scan(member, named: Self.title(layer, member), writer)
        try verify(scan, layer)
        if let writer {
            try inStore { () throws(ContentError) in try writer.commit(digest: scan.digest, size: scan.compressedBytes) }
        }
        record(scan)
        for warning in scan.warnings { report(.warned(layer: scan.digest, warning)) }
        warnOfMediaType(scan, layer)
        let descriptor =
            layer.descriptor
            ?? Descriptor(
                mediaType: Self.mediaType(scan.compression), digest: scan.digest, size: scan.compressedBytes)
        return IngestedLayer(diffID: scan.diffID, descriptor: descriptor)
    }

    private func makeWriter(_ layer: SourceLayer) throws(TransferError) -> BlobWriter? {
        guard let session else { return nil }
        return try inStore { () throws(ContentError) in try session.makeWriter(expected: layer.descriptor?.digest) }
    }

    private func scan(
        _ member: Member, named title: String, _ writer: BlobWriter?
    ) throws(TransferError) -> LayerScan {
        let source = try container.source(of: member)
        var reported: Int64 = 0
        let report = report
        do throws(LayerArchiveError) {
            return try LayerScanner.scan(
                source: source, limits: limits, tap: writer.map { writer in { try writer.write($0) } },
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
        layer.descriptor?.digest.description ?? (member.name.isEmpty ? "the root file system" : member.name)
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
