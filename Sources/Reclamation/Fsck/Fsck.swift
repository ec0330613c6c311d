package import ContentStorage
import ImageStorage
package import LayerArchive
import OCISpec
import StorageIO

/// `fsck`: recomputes every claim of a store and tells all that do not hold.
///
/// Nothing is believed that was learned before: every document is followed anew, every blob hashed, every layer decompressed.
/// Without a repair nothing is written. Other processes may work on the store meanwhile: what they make or take away is no
/// finding.
package struct StoreCheck {
    let content: ContentStore
    let catalog: Catalog
    let isRepairing: Bool
    private let report: @Sendable (CheckEvent) -> Void
    private let catalogCheck: CatalogCheck
    private let reader: BlobReader

    private(set) var verdicts: [Digest: BlobVerdict] = [:]
    private(set) var walk: DocumentWalk
    private var tree: StoreTree
    private var cache: CacheCheck
    /// What live sessions count on.
    private var held: Set<Digest>? = []

    /// A check of the store at `content`, layers read within `limits`; with `isRepairing` what can be repaired is.
    ///
    /// `words` are what a finding says of a layer that cannot be read.
    package init(
        _ content: ContentStore, limits: ScanLimits, isRepairing: Bool,
        words: @escaping @Sendable (LayerArchiveError) -> String, report: @escaping @Sendable (CheckEvent) -> Void
    ) {
        self.content = content
        self.isRepairing = isRepairing
        self.report = report
        let catalog = ImageStore(content: content).catalog
        self.catalog = catalog
        let check = CatalogCheck(catalog, CatalogAudit(content), isRepairing: isRepairing)
        catalogCheck = check
        reader = BlobReader(content: content, limits: limits, words: words, report: report) { check.compare($0, $1) }
        walk = DocumentWalk(content)
        tree = StoreTree(content)
        cache = CacheCheck(content)
    }

    /// Checks, and repairs; blocks the calling thread and works on others.
    package mutating func run() -> CheckReport {
        examine()
        var lines: [CheckReport.Line]
        if isRepairing {
            lines = StoreRepair(self).run(&self)
        } else {
            lines = findings().map { CheckReport.Line(finding: $0) }
        }
        lines += catalogCheck.lines()
        catalog.close()
        return CheckReport(
            lines: Self.sorted(lines), blobCount: verdicts.count,
            blobBytes: verdicts.values.reduce(0) { $0 + $1.status.sizeBytes },
            layerCount: verdicts.values.count { $0.layer != nil }, entryCount: walk.entries.count, isRepair: isRepairing)
    }

    /// Reads what was not read yet, until the documents name nothing new.
    mutating func examine() {
        let claimed = catalogCheck.claimedLayers
        for _ in 0..<5 {
            // In this order: a blob that is listed was held before it came, so what is neither held nor reached is nobody's.
            tree = StoreTree(content)
            held = liveHolds()
            cache = CacheCheck(content)
            walk = DocumentWalk.settled(content)
            let layers = Set(walk.layers.keys).union(claimed).union(cache.layers)
            let unread = Set(tree.blobs).union(walk.reached).filter { digest in
                guard let verdict = verdicts[digest] else { return true }
                // What was read before somebody called it a layer.
                return layers.contains(digest) && verdict.layer == nil && verdict.isGood
            }
            let new = reader.read(Array(unread), layers: layers)
            verdicts.merge(new) { $1 }
            if new.isEmpty { break }
        }
        confirm()
    }

    /// Forgets what was read of a blob that was moved or has come back.
    mutating func forget(_ digest: Digest) { verdicts[digest] = nil }

    /// Reads again what was damaged and was replaced meanwhile, and drops what is gone.
    private mutating func confirm() {
        for (digest, verdict) in verdicts {
            let now: FileStatus?
            // What was found of it stands.
            do throws(StorageError) { now = try content.blobs.status(of: digest) } catch { continue }
            if now == nil {
                verdicts[digest] = nil
            } else if now != verdict.status, !verdict.isGood {
                verdicts[digest] = reader.verdict(digest, isLayer: walk.layers[digest] != nil || cache.layers.contains(digest))
            }
        }
    }

    /// What live sessions count on; nil where that cannot be told.
    private func liveHolds() -> Set<Digest>? {
        do throws(StorageError) {
            return try content.sessions.all().reduce(into: []) { if $1.isLive { $0.formUnion($1.holds) } }
        } catch {
            // Then no blob is called an orphan.
            return nil
        }
    }

    /// All findings but those about the catalog.
    func findings() -> [CheckFinding] {
        markers() + walk.findings + NameCheck.findings(walk.entries) + blobFindings() + layerFindings() + orphans()
            + tree.findings + cache.findings(verdicts)
    }

    private func blobFindings() -> [CheckFinding] {
        verdicts.compactMap { digest, verdict in
            let path = BlobPath.path(digest)
            switch verdict.content {
            case .good: return nil
            case .corrupt(let actual):
                return CheckFinding(.corruptBlob, path, digest, expected: .digest(digest), actual: .digest(actual))
            case .notAFile:
                let kind = verdict.status.kind == .directory ? "a directory" : "a symlink or device"
                return CheckFinding(.notAFile, path, digest, expected: .text("a regular file"), actual: .text(kind))
            case .unreadable(let error):
                return CheckFinding(.unreadable, path, digest, expected: .digest(digest), actual: .failure(error))
            }
        }
    }

    /// Each claim about a layer against its bytes; those of a damaged blob say nothing.
    private func layerFindings() -> [CheckFinding] {
        var found: Set<CheckFinding> = []
        for (digest, claims) in walk.layers {
            guard let layer = verdicts[digest]?.layer else { continue }
            let path = BlobPath.path(digest)
            for claim in claims {
                switch layer {
                case .failure(let error):
                    found.insert(
                        CheckFinding(
                            .unreadableLayer, path, digest, claimedBy: claim.claimedBy, expected: .text(claim.mediaType),
                            actual: .text(error.words)))
                case .success(let reading):
                    if let diffID = claim.diffID, diffID != reading.facts.diffID {
                        found.insert(
                            CheckFinding(
                                .diffIDMismatch, path, digest, claimedBy: claim.claimedBy, expected: .digest(diffID),
                                actual: .digest(reading.facts.diffID)))
                    }
                    if let claimed = Self.compression(claim.mediaType), claimed != reading.compression {
                        found.insert(
                            CheckFinding(
                                .mislabelledLayer, path, digest, claimedBy: claim.claimedBy, expected: .text(claim.mediaType),
                                actual: .text("compression \(reading.compression.rawValue)")))
                    }
                }
            }
        }
        return Array(found)
    }

    private static func compression(_ mediaType: String) -> Compression? {
        mediaType.hasSuffix("gzip")
            ? .gzip : mediaType.hasSuffix("zstd") ? .zstd : mediaType.hasSuffix("tar") ? Compression.none : nil
    }

    /// Blobs that nothing reaches, the build cache among those who might; where a document or a session cannot be read nobody can
    /// tell.
    private func orphans() -> [CheckFinding] {
        guard walk.isComplete, let held else { return [] }
        let kept = walk.reached.union(held).union(cache.layers)
        return verdicts.compactMap { digest, verdict in
            guard !kept.contains(digest), verdict.isGood else { return nil }
            return CheckFinding(
                .orphan, BlobPath.path(digest), digest, expected: .text("an image that reaches it"),
                actual: .text("none; \(verdict.status.sizeBytes) bytes"))
        }
    }

    private func markers() -> [CheckFinding] {
        var found: [CheckFinding] = []
        do {
            if try content.readFormat() == nil {
                found.append(CheckFinding(.formatMissing, "strata.json", expected: .present, actual: .absent))
            }
        } catch {
            found.append(CheckFinding(.formatUnreadable, "strata.json", expected: .text("format 1"), actual: Self.value(error)))
        }
        let name = ImageLayoutMarker.fileName
        let expected = CheckFinding.Value.text("imageLayoutVersion \(ImageLayoutMarker.currentVersion)")
        let bytes: [UInt8]?
        do { bytes = try content.root.readFile(name, limit: 64 << 10) } catch {
            return found + [CheckFinding(.markerUnreadable, name, expected: expected, actual: .failure(.storage(error)))]
        }
        guard let bytes else { return found + [CheckFinding(.markerMissing, name, expected: .present, actual: .absent)] }
        do {
            let version = try decodeDocument(ImageLayoutMarker.self, from: bytes).imageLayoutVersion
            if version != ImageLayoutMarker.currentVersion {
                found.append(
                    CheckFinding(.markerUnreadable, name, expected: expected, actual: .text("imageLayoutVersion \(version)")))
            }
        } catch {
            found.append(CheckFinding(.markerUnreadable, name, expected: expected, actual: .document(error)))
        }
        return found
    }

    private static func value(_ error: ContentError) -> CheckFinding.Value {
        if case .damaged(_, _, let detail) = error { return .document(detail) }
        return .failure(error)
    }

    private static func sorted(_ lines: [CheckReport.Line]) -> [CheckReport.Line] {
        func key(_ line: CheckReport.Line) -> (Int, String, String, String) {
            let finding = line.finding
            return (
                finding.code.severity == .damage ? 0 : 1, finding.path, finding.code.rawValue,
                "\(finding.digest?.description ?? "") \(finding.claimedBy ?? "") \(finding.actual)"
            )
        }
        return lines.map { (key($0), $0) }.sorted { $0.0 < $1.0 }.map(\.1)
    }
}

extension BlobVerdict {
    var isGood: Bool {
        if case .good = content { return true }
        return false
    }
}
