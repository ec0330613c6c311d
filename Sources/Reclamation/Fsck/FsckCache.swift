import ContentStorage
import ImageStorage
import OCISpec
import StorageIO

/// What the build cache claims: records of steps, the layers that they name, and what nobody knows.
struct CacheCheck {
    private let content: ContentStore
    private var files: [CacheFile] = []
    private var failure: StorageError?

    private static let cachePath = "cache"

    /// Looks through the cache of the store at `content`.
    init(_ content: ContentStore) {
        self.content = content
        do { files = try content.buildCache.files() } catch { failure = error }
    }

    /// The layers that records keep.
    var layers: Set<Digest> { Set(records.compactMap(\.entry.record.layer?.digest)) }

    private var records: [(path: String, entry: CacheEntry)] {
        files.compactMap { file in
            if case .record(let entry) = file.kind { (file.path, entry) } else { nil }
        }
    }

    /// What is wrong, now that the blobs were read.
    func findings(_ verdicts: [Digest: BlobVerdict]) -> [CheckFinding] {
        var found = files.compactMap(finding)
        for (path, entry) in records { if let finding = finding(path, entry.record, verdicts) { found.append(finding) } }
        if let failure {
            found.append(
                CheckFinding(
                    .unreadable, Self.cachePath, expected: .text("a directory"), actual: .failure(.storage(failure))))
        }
        return found
    }

    private func finding(_ file: CacheFile) -> CheckFinding? {
        switch file.kind {
        case .record: nil
        case .unreadable(let error):
            CheckFinding(.cacheLost, file.path, expected: .text("the record of a step"), actual: .document(error))
        case .remnant: CheckFinding(.leftover, file.path, expected: .absent, actual: .text("what a killed build was writing"))
        case .stray:
            CheckFinding(.stray, file.path, expected: .absent, actual: .text("a name that the build cache does not have"))
        }
    }

    private func finding(_ path: String, _ record: CacheRecord, _ verdicts: [Digest: BlobVerdict]) -> CheckFinding? {
        guard let layer = record.layer, let diffID = record.diffID else { return nil }
        guard let verdict = verdicts[layer.digest] else {
            // A record that went with its layer is none any more.
            guard isThere(path) else { return nil }
            return CheckFinding(
                .cacheLost, path, layer.digest, claimedBy: path, expected: .bytes(layer.size), actual: .absent)
        }
        guard verdict.isGood, let reading = verdict.layer else { return nil }
        switch reading {
        case .success(let reading):
            if reading.facts.diffID == diffID { return nil }
            return CheckFinding(
                .cacheRecord, path, layer.digest, claimedBy: path, expected: .digest(diffID),
                actual: .digest(reading.facts.diffID))
        case .failure(let error):
            return CheckFinding(
                .cacheRecord, path, layer.digest, claimedBy: path, expected: .text(layer.mediaType), actual: .text(error.words))
        }
    }

    private func isThere(_ path: String) -> Bool {
        // What cannot be looked at has not gone.
        do throws(StorageError) { return try content.root.status(path) != nil } catch { return true }
    }
}
