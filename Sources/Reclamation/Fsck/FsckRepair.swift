import ContentStorage
import ImageStorage
import OCISpec
import StorageIO

/// Repairs what a check found, as far as no byte is lost by it; the catalog is repaired while it is compared.
///
/// Each step is one rename or one update under the store's locks, so a repair may be killed anywhere and begun again.
struct StoreRepair {
    private let content: ContentStore
    private let catalog: Catalog
    private var outcomes: [CheckFinding: RepairOutcome] = [:]
    private var before: [CheckFinding]

    init(_ check: StoreCheck) {
        content = check.content
        catalog = check.catalog
        before = check.findings()
    }

    /// Repairs, checks what was touched again, and tells what became of every finding.
    consuming func run(_ check: inout StoreCheck) -> [CheckReport.Line] {
        writeMarker()
        setAside(&check)
        setContainersAside()
        restore(&check)
        correctIndex(check)
        removeSessions()
        removeCacheFiles(check)
        check.examine()
        let after = check.findings()
        let left = Set(after)
        let known = Set(before)
        let old = before.compactMap { finding -> CheckReport.Line? in
            let outcome = outcomes[finding] ?? sameBlob(finding)
            guard left.contains(finding) else {
                // What went without our doing was another process's work, and is no finding.
                return outcome?.isDone == true ? CheckReport.Line(finding: finding, repair: outcome) : nil
            }
            return CheckReport.Line(finding: finding, repair: outcome?.isDone == true ? nil : outcome)
        }
        let new = after.filter { !known.contains($0) && $0.code.severity == .damage }
        return old + new.map { CheckReport.Line(finding: $0, repair: outcomes[$0]) }
    }

    /// What became of the blob that the finding is about: a wrong length goes with the blob that had it.
    private func sameBlob(_ finding: CheckFinding) -> RepairOutcome? {
        guard let digest = finding.digest else { return nil }
        return outcomes.first { $0.key.digest == digest && $0.key.code != .duplicateName && $0.value.isDone }?.value
    }

    /// Runs one step; its failure is told with the finding and keeps no other step from being taken.
    private static func attempt(_ body: () throws(ContentError) -> RepairOutcome?) -> RepairOutcome? {
        do { return try body() } catch { return .failed(error) }
    }

    private mutating func writeMarker() {
        // Without an index the store is damaged, and nothing is completed.
        guard !before.contains(where: { [.indexMissing, .indexUnreadable].contains($0.code) }) else { return }
        for finding in before where finding.code == .markerMissing {
            outcomes[finding] = Self.attempt { () throws(ContentError) in
                try content.marker.write()
                return .written
            }
        }
    }

    /// Moves blobs that are not what their name says out of the way, so that the next import writes good ones.
    private mutating func setAside(_ check: inout StoreCheck) {
        for finding in before where [.corruptBlob, .notAFile].contains(finding.code) {
            guard let digest = finding.digest, let verdict = check.verdicts[digest] else { continue }
            outcomes[finding] = Self.attempt { () throws(ContentError) in
                let record = try Self.record(digest, verdict, finding.path)
                guard let path = try content.blobs.setAside(digest, seen: verdict.status, record: record) else { return nil }
                catalog.forgetBlob(digest)
                check.forget(digest)
                return .setAside(path: path)
            }
        }
    }

    /// Moves containers whose record cannot be read out of the way, with all that they changed, and damaged notes of last runs.
    ///
    /// A container that keeps its image and lacks something else stays: what it changed may still be wanted.
    private mutating func setContainersAside() {
        for finding in before where [.containerRecord, .containerIncomplete].contains(finding.code) {
            guard case .container(let damage) = finding.actual, finding.code == .containerRecord || !damage.isOfRecord else {
                continue
            }
            outcomes[finding] = Self.attempt { () throws(ContentError) in
                let record = try Self.record(of: damage)
                return try content.containers.setAside(damage, record: record).map { RepairOutcome.setAside(path: $0) }
            }
        }
    }

    private struct ContainerNote: Encodable {
        let kind = "set-aside-container"
        let schemaVersion = 1
        let path: String
    }

    private static func record(of damage: ContainerDamage) throws(ContentError) -> [UInt8] {
        let path = damage.isOfRecord ? "\(StoredContainers.folderName)/\(damage.id)" : damage.path
        do throws(DocumentError) { return try encodeDocument(ContainerNote(path: path)) } catch {
            throw .containerDamaged(damage)
        }
    }

    private struct Record: Encodable {
        let kind = "set-aside-blob"
        let schemaVersion = 1
        let path: String
        let digest: Digest
        let actualDigest: Digest?
        let bytes: Int64
    }

    private static func record(_ digest: Digest, _ verdict: BlobVerdict, _ path: String) throws(ContentError) -> [UInt8] {
        var actual: Digest?
        if case .corrupt(let digest) = verdict.content { actual = digest }
        do {
            return try encodeDocument(
                Record(path: path, digest: digest, actualDigest: actual, bytes: verdict.status.sizeBytes))
        } catch {
            throw .damaged(.index, path: path, error)
        }
    }

    /// Brings lost blobs back from the trash and from abandoned sessions; a document that came back may tell of more.
    private mutating func restore(_ check: inout StoreCheck) {
        while true {
            check.examine()
            for finding in check.findings() where !before.contains(finding) && finding.code.severity == .damage {
                before.append(finding)
            }
            guard !check.walk.missing.isEmpty else { return }
            let restored: [Digest: String]
            do { restored = try restoreRound(check.walk.missing) } catch {
                for finding in before where finding.isMissing { outcomes[finding] = .failed(error) }
                return
            }
            if restored.isEmpty { return }
            for finding in before where finding.isMissing {
                if let digest = finding.digest, let path = restored[digest] { outcomes[finding] = .restored(from: path) }
            }
        }
    }

    private func restoreRound(_ missing: [Digest: Descriptor]) throws(ContentError) -> [Digest: String] {
        var restored: [Digest: String] = [:]
        let sizes = Set(missing.values.map(\.size))
        for candidate in try content.blobs.candidates() {
            let named = missing.keys.filter { candidate.name.contains($0.hex) }
            guard sizes.contains(candidate.status.sizeBytes) || !named.isEmpty else { continue }
            for algorithm in Set(missing.keys.map(\.algorithm)) {
                guard let file = try content.blobs.open(candidate) else { break }
                let digest = try lift(try Digest(hashing: file, with: algorithm), to: ContentError.init)
                guard missing[digest] != nil, restored[digest] == nil else { continue }
                if try content.blobs.restore(digest, from: candidate) { restored[digest] = candidate.path }
            }
        }
        return restored
    }

    /// Corrects sizes that a blob's own digest refutes, and settles names that two entries bear.
    private mutating func correctIndex(_ check: StoreCheck) {
        let sizes = before.filter { finding in
            guard finding.code == .entrySizeMismatch, let digest = finding.digest else { return false }
            return check.verdicts[digest]?.isGood == true
        }
        let names = before.filter { $0.code == .duplicateName }
        guard !sizes.isEmpty || !names.isEmpty else { return }
        let actual = check.verdicts.filter { $0.value.isGood }.mapValues(\.status.sizeBytes)
        var failure: ContentError?
        do throws(ContentError) {
            try content.index.update { index throws(ContentError) in
                for place in index.manifests.indices {
                    if let size = actual[index.manifests[place].digest] { index.manifests[place].size = size }
                }
                NameCheck.resolve(&index)
            }
        } catch {
            failure = error
        }
        for finding in sizes { outcomes[finding] = failure.map { .failed($0) } ?? .entryCorrected }
        for finding in names { outcomes[finding] = failure.map { .failed($0) } ?? .nameResolved }
    }

    /// Sessions with bytes stay: the next import clears them, or takes them up where they may be resumed.
    private mutating func removeSessions() {
        for finding in before where finding.code == .abandonedSession {
            outcomes[finding] = Self.attempt { () throws(ContentError) in
                guard let name = PathPart(finding.path.dropFirst("ingest/".count)) else { return nil }
                return try content.sessions.removeWithoutBytes(name) ? .removed : nil
            }
        }
    }

    /// Records of steps are derived: without one a step is taken again.
    ///
    /// What went with a blob that was just moved goes as well.
    private mutating func removeCacheFiles(_ check: StoreCheck) {
        for finding in check.findings() where finding.isOfCache {
            if !before.contains(finding) { before.append(finding) }
            outcomes[finding] = Self.attempt { () throws(ContentError) in
                try content.buildCache.removeFile(finding.path) ? .removed : nil
            }
        }
    }
}

extension CheckFinding {
    fileprivate var isMissing: Bool { [.danglingEntry, .missingBlob, .containerImage].contains(code) }

    /// Whether it is about a file of the build cache that nothing is lost with.
    fileprivate var isOfCache: Bool {
        code == .cacheRecord || code == .cacheLost || (code == .leftover && path.hasPrefix("cache/"))
    }
}
