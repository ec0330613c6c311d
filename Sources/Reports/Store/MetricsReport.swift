// https://prometheus.io/docs/specs/om/open_metrics_spec/

import EngineStores
package import OCISpec
package import Operations
package import Reclamation

/// What a store occupies and what the last prune did, as OpenMetrics text for a collector of files.
package struct MetricsReport {
    private let lines: [Line]
    private let outcome: ReclamationOutcome
    private let labels: String
    /// What the figures of bytes are about: the word in their names, and in a sentence.
    private let subject: (word: String, title: String)
    private let now: Timestamp

    /// What one class of bytes occupies.
    private struct Line {
        let kind: String
        let diskBytes: Int64
        let reclaimableBytes: Int64
        let count: Int
    }

    /// A report of the store at an absolute path after `outcome`; nil `usage` where what it occupies cannot be told.
    package init(_ usage: DiskUsage?, _ outcome: ReclamationOutcome, store: String, now: Timestamp) {
        lines = (usage?.lines ?? []).map {
            Line(kind: $0.kind.rawValue, diskBytes: $0.diskBytes, reclaimableBytes: $0.reclaimableBytes, count: $0.count)
        }
        labels = Self.label("store", store)
        subject = ("store", "the store")
        self.outcome = outcome
        self.now = now
    }

    /// A report of an engine's root after `outcome`.
    package init(_ usage: EngineUsage, _ outcome: ReclamationOutcome, now: Timestamp) {
        lines = usage.lines.map {
            Line(kind: $0.kind.rawValue, diskBytes: $0.diskBytes, reclaimableBytes: $0.reclaimableBytes, count: $0.count)
        }
        subject = ("engine", "the engine's root")
        labels = Self.label("engine", usage.look.kind.rawValue) + "," + Self.label("root", usage.look.root)
        self.outcome = outcome
        self.now = now
    }

    /// The text; every figure a gauge, bytes as integers.
    ///
    /// Each has the store, or the engine and its root, as a label, since one collector reads the files of all.
    package var text: String {
        figures
            + gauge("strata_reclaim_freed_bytes", "Bytes that the last run freed.", outcome.freedBytes)
            + gauge("strata_reclaim_trashed_bytes", "Bytes that the last run moved into the trash.", outcome.trashedBytes)
            + gauge("strata_reclaim_removed", "Victims that the last run removed.", count(.removed))
            + gauge("strata_reclaim_skipped", "Victims that the last run skipped.", count(.skipped))
            + gauge("strata_reclaim_failed", "Victims that the last run could not remove.", count(.failed))
            + gauge("strata_reclaim_last_run_timestamp_seconds", "When the last run ended.", now.seconds) + "# EOF\n"
    }

    private var figures: String {
        guard !lines.isEmpty else { return "" }
        return gauge(
            "strata_\(subject.word)_bytes", "Allocated bytes of \(subject.title) by class.", lines.map { ($0.kind, $0.diskBytes) }
        )
            + gauge(
                "strata_\(subject.word)_reclaimable_bytes", "Bytes that removing all that nothing needs would free.",
                lines.map { ($0.kind, $0.reclaimableBytes) })
            + gauge(
                "strata_\(subject.word)_items", "Images, layers, blobs or files by class.",
                lines.map { ($0.kind, Int64($0.count)) })
    }

    private func count(_ status: ReclamationOutcome.Status) -> Int64 { Int64(outcome.items.count { $0.status == status }) }

    private func gauge(_ name: String, _ help: String, _ value: Int64) -> String {
        head(name, help) + "\(name){\(labels)} \(value)\n"
    }

    private func gauge(_ name: String, _ help: String, _ values: [(kind: String, value: Int64)]) -> String {
        head(name, help) + values.map { "\(name){\(labels),class=\"\($0.kind)\"} \($0.value)\n" }.joined()
    }

    /// A label with what its value must not hold escaped.
    private static func label(_ name: String, _ value: String) -> String {
        let text = value.replacingScalars { scalar in
            switch scalar {
            case "\\": "\\\\"
            case "\"": "\\\""
            case "\n": "\\n"
            default: nil
            }
        }
        return "\(name)=\"\(text)\""
    }

    private func head(_ name: String, _ help: String) -> String {
        let unit = ["bytes", "seconds"].first { name.hasSuffix("_\($0)") }
        return "# TYPE \(name) gauge\n" + (unit.map { "# UNIT \(name) \($0)\n" } ?? "") + "# HELP \(name) \(help)\n"
    }
}
