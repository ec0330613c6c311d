// https://prometheus.io/docs/specs/om/open_metrics_spec/

package import OCISpec
package import Reclamation

/// What a store occupies and what the last prune did, as OpenMetrics text for a collector of files.
package struct MetricsReport {
    private let usage: DiskUsage?
    private let outcome: ReclamationOutcome
    private let store: String
    private let now: Timestamp

    /// A report of the store at an absolute path after `outcome`; nil `usage` where what it occupies cannot be told.
    package init(_ usage: DiskUsage?, _ outcome: ReclamationOutcome, store: String, now: Timestamp) {
        self.usage = usage
        self.store = store
        self.outcome = outcome
        self.now = now
    }

    /// The text; every figure a gauge, bytes as integers.
    ///
    /// Each has the store as a label, since one collector reads the files of all.
    package var text: String {
        (usage.map(storeFigures) ?? "")
            + gauge("strata_reclaim_freed_bytes", "Bytes that the last run freed.", outcome.freedBytes)
            + gauge("strata_reclaim_trashed_bytes", "Bytes that the last run moved into the trash.", outcome.trashedBytes)
            + gauge("strata_reclaim_removed", "Victims that the last run removed.", count(.removed))
            + gauge("strata_reclaim_skipped", "Victims that the last run skipped.", count(.skipped))
            + gauge("strata_reclaim_failed", "Victims that the last run could not remove.", count(.failed))
            + gauge("strata_reclaim_last_run_timestamp_seconds", "When the last run ended.", now.seconds) + "# EOF\n"
    }

    private func storeFigures(_ usage: DiskUsage) -> String {
        let lines = usage.lines
        return gauge("strata_store_bytes", "Allocated bytes of the store by class.", lines.map { ($0.kind, $0.diskBytes) })
            + gauge(
                "strata_store_reclaimable_bytes", "Bytes that removing all that nothing needs would free.",
                lines.map { ($0.kind, $0.reclaimableBytes) })
            + gauge("strata_store_items", "Images, layers, blobs or files by class.", lines.map { ($0.kind, Int64($0.count)) })
    }

    private func count(_ status: ReclamationOutcome.Status) -> Int64 { Int64(outcome.items.count { $0.status == status }) }

    private func gauge(_ name: String, _ help: String, _ value: Int64) -> String {
        head(name, help) + "\(name){\(storeLabel)} \(value)\n"
    }

    private func gauge(_ name: String, _ help: String, _ values: [(kind: DiskUsage.Class, value: Int64)]) -> String {
        head(name, help) + values.map { "\(name){\(storeLabel),class=\"\($0.kind.rawValue)\"} \($0.value)\n" }.joined()
    }

    /// The label with what its value must not hold escaped.
    private var storeLabel: String {
        let text = store.replacingScalars { scalar in
            switch scalar {
            case "\\": "\\\\"
            case "\"": "\\\""
            case "\n": "\\n"
            default: nil
            }
        }
        return "store=\"\(text)\""
    }

    private func head(_ name: String, _ help: String) -> String {
        let unit = ["bytes", "seconds"].first { name.hasSuffix("_\($0)") }
        return "# TYPE \(name) gauge\n" + (unit.map { "# UNIT \(name) \($0)\n" } ?? "") + "# HELP \(name) \(help)\n"
    }
}
