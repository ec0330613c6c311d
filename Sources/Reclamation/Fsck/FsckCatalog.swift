import ContentStorage
import ImageStorage
import LayerArchive
import OCISpec
import Synchronization

/// The catalog's rows against what the layers say; with a repair, the rows that are wrong or missing are written anew.
///
/// Called from several threads.
final class CatalogCheck: Sendable {
    private struct State {
        var lines: [CheckFinding: RepairOutcome?] = [:]
        /// Layers of the store, and those of them whose index the catalog has.
        var layers: Set<Digest> = []
        var indexed: Set<Digest> = []
        var recorded: Set<Digest> = []
    }

    private let catalog: Catalog
    private let audit: CatalogAudit
    private let isRepairing: Bool
    private let state = Mutex(State())

    static let path = "catalog.sqlite"

    init(_ catalog: Catalog, _ audit: CatalogAudit, isRepairing: Bool) {
        self.catalog = catalog
        self.audit = audit
        self.isRepairing = isRepairing
        if isRepairing, case .broken = audit.state { catalog.startAnew() }
    }

    /// The blobs that the catalog calls layers.
    var claimedLayers: Set<Digest> { Set(audit.blobs().compactMap(Self.digest)) }

    /// Compares what is kept of a layer with its reading.
    func compare(_ digest: Digest, _ reading: ReadLayer) {
        let diffID = reading.facts.diffID
        var found = blobRow(digest, reading)
        let facts = audit.facts(diffID)
        if let facts, facts != reading.facts {
            found.append(finding(diffID, .text(Self.words(reading.facts)), .text(Self.words(facts))))
        }
        let index = audit.index(diffID)
        if let index, index != reading.encodedIndex, !EncodedIndex.isSame(index, reading.encodedIndex) {
            found.append(finding(diffID, .text(words(reading.encodedIndex)), .text(words(index))))
        }
        let isWhole = facts != nil && index != nil && audit.blob(digest) != nil
        let isFirst = state.withLock { state in
            state.layers.insert(diffID)
            if facts != nil, index != nil { state.indexed.insert(diffID) }
            return state.recorded.insert(diffID).inserted
        }
        var outcome: RepairOutcome?
        if isRepairing, !found.isEmpty || !isWhole {
            outcome = record(digest, reading, hasLayer: isFirst && (facts == nil || index == nil || !found.isEmpty))
        }
        let repair = outcome
        state.withLock { state in for finding in found { state.lines[finding] = repair } }
    }

    private func blobRow(_ digest: Digest, _ reading: ReadLayer) -> [CheckFinding] {
        guard let row = audit.blob(digest) else { return [] }
        var found: [CheckFinding] = []
        if row.diffID != reading.facts.diffID.description {
            found.append(finding(digest, .digest(reading.facts.diffID), .text(row.diffID)))
        }
        if row.compressedBytes != reading.compressedBytes {
            found.append(finding(digest, .bytes(reading.compressedBytes), .bytes(row.compressedBytes)))
        }
        if row.compression != reading.compression.rawValue {
            found.append(finding(digest, .text(reading.compression.rawValue), .text(row.compression)))
        }
        return found
    }

    private func record(_ digest: Digest, _ reading: ReadLayer, hasLayer: Bool) -> RepairOutcome {
        let diffID = reading.facts.diffID
        if hasLayer {
            // Analyses made from a wrong index are wrong as well.
            if audit.index(diffID) != nil { catalog.forgetLayer(diffID) }
            catalog.record(reading.facts, encodedIndex: reading.encodedIndex)
        }
        catalog.recordBlob(
            digest, compressedBytes: reading.compressedBytes, diffID: diffID, compression: reading.compression)
        return outcome(isDone: catalog.diffID(ofBlob: digest) == diffID && catalog.layerFacts(diffID) == reading.facts)
    }

    private func outcome(isDone: Bool) -> RepairOutcome {
        if let problem = catalog.problems.first { return .catalogUnwritable(problem.detail) }
        return isDone ? .catalogCorrected : .catalogUnwritable("the row did not stay")
    }

    /// Everything about the catalog; to be asked when all layers were compared.
    func lines() -> [CheckReport.Line] {
        compareRest()
        let (rows, layers, indexed) = state.withLock { ($0.lines, $0.layers, $0.indexed) }
        var lines = rows.map { CheckReport.Line(finding: $0.key, repair: $0.value) }
        if let finding = stateFinding(layers, indexed) {
            let repair = isRepairing ? outcome(isDone: layers.allSatisfy { catalog.hasLayerIndex($0) }) : nil
            lines.append(CheckReport.Line(finding: finding, repair: repair))
        }
        return lines
    }

    /// Layers that only the catalog knows: the index must be one, and the totals its own.
    private func compareRest() {
        let seen = state.withLock { $0.layers }
        for diffID in audit.layers().compactMap(Self.digest) where !seen.contains(diffID) {
            guard let index = audit.index(diffID) else { continue }
            var found: CheckFinding?
            if let totals = EncodedIndex.totals(index) {
                if let facts = audit.facts(diffID),
                    facts.entryCount != totals.entryCount || facts.contentBytes != totals.contentBytes
                {
                    var right = facts
                    right.entryCount = totals.entryCount
                    right.contentBytes = totals.contentBytes
                    found = finding(diffID, .text(Self.words(right)), .text(Self.words(facts)))
                }
            } else {
                found = finding(diffID, .text("a layer index"), .text(words(index)))
            }
            guard let found else { continue }
            var repair: RepairOutcome?
            if isRepairing {
                catalog.forgetLayer(diffID)
                repair = outcome(isDone: catalog.layerFacts(diffID) == nil)
            }
            let outcome = repair
            state.withLock { $0.lines[found] = outcome }
        }
    }

    private func stateFinding(_ layers: Set<Digest>, _ indexed: Set<Digest>) -> CheckFinding? {
        switch audit.state {
        case .missing:
            // A store without layers has nothing to keep.
            return layers.isEmpty ? nil : CheckFinding(.catalogMissing, Self.path, expected: .present, actual: .absent)
        case .broken(let detail):
            return CheckFinding(.catalogBroken, Self.path, expected: .text("a catalog"), actual: .text(detail))
        case .otherVersion(let found, let expected):
            return CheckFinding(
                .catalogOtherVersion, Self.path, expected: .text("version \(expected)"), actual: .text("version \(found)"))
        case .otherStore(let found, let expected):
            return CheckFinding(
                .catalogOtherStore, Self.path,
                expected: .text("the catalog of store \(expected.isEmpty ? "without ID" : expected)"),
                actual: .text("that of store \(found.isEmpty ? "without ID" : found)"))
        case .usable:
            guard indexed.count < layers.count else { return nil }
            return CheckFinding(
                .catalogIncomplete, Self.path, expected: .text("indexes of \(layers.count) layers"),
                actual: .text("of \(indexed.count)"))
        }
    }

    private func finding(_ digest: Digest, _ expected: CheckFinding.Value, _ actual: CheckFinding.Value) -> CheckFinding {
        CheckFinding(.catalogRow, Self.path, digest, claimedBy: Self.path, expected: expected, actual: actual)
    }

    private static func words(_ facts: LayerFacts) -> String {
        "tarBytes \(facts.tarBytes), contentBytes \(facts.contentBytes), entryCount \(facts.entryCount)"
    }

    private func words(_ index: [UInt8]) -> String {
        guard let totals = EncodedIndex.totals(index) else { return "\(index.count) bytes that are not a layer index" }
        let digest = Digest(hashing: index)
        return "an index of \(totals.entryCount) entries and \(totals.contentBytes) bytes, \(digest.short)"
    }

    /// A digest that the catalog kept; anything else is nobody's.
    private static func digest(_ text: String) -> Digest? { Digest(ifValid: text) }
}
