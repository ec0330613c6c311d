import ContentStorage
import ImageStorage
import LayerArchive
import OCISpec
import StorageIO
import Synchronization

/// What reading a blob whole told.
struct BlobVerdict: Sendable {
    enum Content: Sendable {
        case good
        case corrupt(actual: Digest)
        case notAFile
        case unreadable(ContentError)
    }

    /// What the file was when it was read.
    let status: FileStatus
    let content: Content
    /// What the layer in it is, or why it is none; nil for what nobody calls a layer.
    var layer: Result<ReadLayer, UnreadableLayer>?
}

/// Reads every blob, several at a time, those that somebody calls a layer through to their entries.
struct BlobReader: Sendable {
    let content: ContentStore
    let limits: ScanLimits
    /// The sentence for a layer that cannot be read.
    let words: @Sendable (LayerArchiveError) -> String
    let report: @Sendable (CheckEvent) -> Void
    /// What is to be done with a layer's reading while its index is at hand; the index is let go afterwards.
    let onLayer: @Sendable (Digest, ReadLayer) -> Void

    /// The verdicts of `digests`; what vanished meanwhile has none.
    func read(_ digests: [Digest], layers: Set<Digest>) -> [Digest: BlobVerdict] {
        // The largest first, so that no long one is left for the end.
        let jobs = digests.map { (digest: $0, size: size($0)) }.sorted { ($1.size, $0.digest) < ($0.size, $1.digest) }
        report(.began(totalBytes: jobs.reduce(0) { $0 + $1.size }))
        let verdicts = Shared()
        Threads.each(count: jobs.count, workers: Threads.processorCount) { number in
            let digest = jobs[number].digest
            guard let verdict = verdict(digest, isLayer: layers.contains(digest)) else { return }
            verdicts.set(digest, verdict)
        }
        return verdicts.all
    }

    private func size(_ digest: Digest) -> Int64 {
        // Sizes decide about the order alone.
        do throws(StorageError) { return try content.blobs.status(of: digest)?.sizeBytes ?? 0 } catch { return 0 }
    }

    /// The verdict of one blob; nil when it is gone.
    func verdict(_ digest: Digest, isLayer: Bool) -> BlobVerdict? {
        do throws(StorageError) {
            guard let status = try content.blobs.status(of: digest) else { return nil }
            guard status.kind == .file else { return BlobVerdict(status: status, content: .notAFile) }
            let blob: OpenedBlob
            do { blob = try content.blobs.open(digest) } catch {
                if case .blobAbsent = error { return nil }
                return BlobVerdict(status: status, content: .unreadable(error))
            }
            do {
                return try verdict(digest, blob, isLayer: isLayer)
            } catch {
                return BlobVerdict(status: status, content: .unreadable(.storage(error)))
            }
        } catch {
            // Not even its status can be read: the walk tells of it where something needs the blob.
            return nil
        }
    }

    private func verdict(_ digest: Digest, _ blob: OpenedBlob, isLayer: Bool) throws(StorageError) -> BlobVerdict {
        let status = try blob.file.status()
        guard isLayer else { return try hashed(digest, blob, status, layer: nil, isCounted: true) }
        let kept: ReadLayer
        do {
            var reading = try ReadLayer(blob, digest, limits: limits) { report(.advanced(bytes: $0)) }
            if digest.algorithm == .sha256 {
                guard reading.digest == digest else {
                    return BlobVerdict(status: status, content: .corrupt(actual: reading.digest))
                }
                onLayer(digest, reading)
                reading.encodedIndex = []
                return BlobVerdict(status: status, content: .good, layer: .success(reading))
            }
            kept = reading
        } catch {
            // Damaged bytes may stop the reading before the digest is known.
            return try hashed(digest, blob, status, layer: .failure(UnreadableLayer(words: words(error))), isCounted: false)
        }
        // The reading tells SHA-256 only.
        let verdict = try hashed(digest, blob, status, layer: .success(kept), isCounted: false)
        if case .good = verdict.content { onLayer(digest, kept) }
        return verdict
    }

    private func hashed(
        _ digest: Digest, _ blob: OpenedBlob, _ status: FileStatus, layer: Result<ReadLayer, UnreadableLayer>?,
        isCounted: Bool
    ) throws(StorageError) -> BlobVerdict {
        let actual = try Digest(hashing: blob.file, with: digest.algorithm) { bytes in
            if isCounted { report(.advanced(bytes: bytes)) }
        }
        let isGood = actual == digest
        return BlobVerdict(status: status, content: isGood ? .good : .corrupt(actual: actual), layer: isGood ? layer : nil)
    }

    /// A dictionary that several threads fill.
    private final class Shared: Sendable {
        private let verdicts = Mutex<[Digest: BlobVerdict]>([:])
        var all: [Digest: BlobVerdict] { verdicts.withLock { $0 } }
        func set(_ digest: Digest, _ verdict: BlobVerdict) { verdicts.withLock { $0[digest] = verdict } }
    }
}
