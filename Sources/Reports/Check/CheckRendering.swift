import ContentStorage
package import OCISpec
package import Reclamation

/// `fsck` as text and as JSON.
package struct CheckRendering {
    private let report: CheckReport
    private let corrupt: Set<Digest>
    /// The sentence for a failure that a finding carries.
    private let words: (CheckFinding.Value) -> String?

    /// A rendering of `report`; `words` gives the sentence for a value that holds an error.
    package init(_ report: CheckReport, words: @escaping (CheckFinding.Value) -> String?) {
        self.report = report
        corrupt = Set(report.lines.filter { $0.finding.code == .corruptBlob }.compactMap(\.finding.digest))
        self.words = words
    }

    /// A line for each finding, below it what was done or what to do, and a summary.
    package func text(_ style: TextStyle) -> String {
        report.lines.map { lines($0, style) }.joined() + summary(style)
    }

    private func lines(_ line: CheckReport.Line, _ style: TextStyle) -> String {
        let finding = line.finding
        let severity = finding.code.severity
        let role: TextStyle.Role = line.isRepaired ? .good : severity == .damage ? .bad : .notable
        var text = "  \(finding.code.rawValue)  " + thing(finding)
        text += ": expected \(value(finding.expected))"
        if let claimedBy = finding.claimedBy, claimedBy != finding.path { text += " (\(claimedBy))" }
        text += ", found \(value(finding.actual))"
        text = style.paint(severity.rawValue, role) + PathText.printable(text) + "\n"
        if let repair = line.repair { text += "    " + PathText.printable(sentence(repair)) + "\n" }
        if let advice = advice(line) { text += "    hint: \(PathText.printable(advice))\n" }
        return text
    }

    /// The file, and the digest where the path does not tell it.
    private func thing(_ finding: CheckFinding) -> String {
        guard let digest = finding.digest, !finding.path.hasSuffix(digest.hex) else { return finding.path }
        return "\(finding.path) \(digest)"
    }

    private func summary(_ style: TextStyle) -> String {
        var text = "\(counted(report.blobCount, "blob")) of \(ByteText.text(report.blobBytes)) and "
        text += "\(counted(report.layerCount, "layer")) read, \(report.entryCount) in index.json: "
        let role: TextStyle.Role = report.damageCount > 0 ? .bad : .good
        text += style.paint(report.damageCount > 0 ? "\(report.damageCount) damaged" : "no damage", role)
        if report.repairedCount > 0 { text += ", \(report.repairedCount) repaired" }
        if report.noteCount > 0 { text += ", " + counted(report.noteCount, "note") }
        return text + "\n"
    }

    private func counted(_ count: Int, _ noun: String) -> String { "\(count) \(noun)\(count == 1 ? "" : "s")" }

    /// The findings and the totals.
    package func json() -> JSONValue {
        JSONReport.document(
            "store-check",
            [
                "findings": .array(report.lines.map(json)),
                "totals": .object([
                    "blobCount": .count(report.blobCount), "blobBytes": .integer(report.blobBytes),
                    "layerCount": .count(report.layerCount), "entryCount": .count(report.entryCount),
                    "damageCount": .count(report.damageCount), "noteCount": .count(report.noteCount),
                    "repairedCount": .count(report.repairedCount),
                ]),
            ])
    }

    private func json(_ line: CheckReport.Line) -> JSONValue {
        let finding = line.finding
        return .object([
            "code": .string(finding.code.rawValue), "severity": .string(finding.code.severity.rawValue),
            "path": .string(finding.path), "digest": .optional(finding.digest?.description),
            "claimedBy": .optional(finding.claimedBy),
            "expected": .string(value(finding.expected)), "actual": .string(value(finding.actual)),
            "repaired": .bool(line.isRepaired), "repair": .optional(line.repair.map(sentence)),
            "advice": .optional(advice(line)),
        ])
    }

    private func value(_ value: CheckFinding.Value) -> String {
        switch value {
        case .absent: "nothing"
        case .present: "the file"
        case .bytes(let bytes): "\(bytes) bytes"
        case .digest(let digest): digest.description
        case .layers(let count): counted(count, "layer")
        case .text(let text): text
        case .document, .container, .failure: words(value) ?? "an error"
        }
    }

    private func sentence(_ repair: RepairOutcome) -> String {
        switch repair {
        case .setAside(let path): "repaired: moved to \(path)"
        case .restored(let path): "repaired: put back from \(path)"
        case .entryCorrected: "repaired: index.json has the blob's own size now"
        case .nameResolved: "repaired: the later entry keeps the name"
        case .catalogCorrected: "repaired: made anew from the layers"
        case .written: "repaired: written"
        case .removed: "repaired: removed; it held no byte of a blob"
        case .failed(let error): "not repaired: \(words(.failure(error)) ?? "an error")"
        case .catalogUnwritable(let detail): "not repaired: the catalog cannot be written: \(detail)"
        }
    }

    private func advice(_ line: CheckReport.Line) -> String? {
        if line.isRepaired { return nil }
        // A wrong length of a damaged blob is not the document's fault.
        let isDamaged = line.finding.code == .sizeMismatch && line.finding.digest.map(corrupt.contains) == true
        return wayOut(line.finding) ?? (isDamaged ? .corruptBlob : line.finding.code).advice(isRepair: report.isRepair)
    }

    /// How to be rid of a container that cannot be used.
    private func wayOut(_ finding: CheckFinding) -> String? {
        let id = PathText.printable(String(finding.path.split(separator: "/").dropFirst().first ?? ""))
        switch finding.code {
        case .containerIncomplete:
            guard case .container(let damage) = finding.actual, damage.isOfRecord else {
                return "`strata fsck --repair` moves the file to the trash; the container stays"
            }
            return "its image is kept, and it cannot be run; `strata rm \(id)` removes the container, with what it changed"
        case .containerRecord:
            return """
                `strata rm \(id)` removes the container, with what it changed; `strata fsck --repair` moves it to the trash
                """
        case .containerImage: return "import or pull its image again, or remove the container with `strata rm \(id.prefix(12))`"
        default: return nil
        }
    }
}

extension CheckFinding.Code {
    /// The next step; after a repair, the one that the repair could not take.
    fileprivate func advice(isRepair: Bool) -> String? {
        switch self {
        case .indexMissing, .indexUnreadable: "restore index.json from a copy; the blobs are not changed"
        case .formatUnreadable: "restore strata.json from a copy"
        case .markerUnreadable: "move the file away, then run `strata fsck --repair`"
        case .markerMissing, .corruptBlob, .notAFile, .entrySizeMismatch, .catalogRow, .duplicateName, .catalogMissing,
            .catalogBroken, .catalogOtherVersion, .catalogOtherStore, .catalogIncomplete, .cacheRecord, .cacheLost:
            isRepair ? "run the repair again when nothing else uses the store" : "`strata fsck --repair` repairs it"
        case .danglingEntry, .missingBlob:
            isRepair
                ? "import or pull the image again with `strata scan PATH`; its bytes are not in the store"
                : "`strata fsck --repair` looks for the bytes in trash and ingest; else import or pull the image again"
        case .sizeMismatch, .layerCountMismatch, .diffIDMismatch, .unreadableDocument:
            "the document or its blob is wrong at its source: import another build of the image"
        case .unreadableLayer: "the blob is as it was built; if a limit stopped it, raise it with `--max-tar` or `--max-ratio`"
        case .unreadable: "check that the file can be read, and that the disk is healthy"
        case .abandonedSession: "the next command that imports removes it, or resumes it"
        case .leftover: "the next command that needs the path overwrites it"
        case .stray: "nothing in the store uses it; move it or keep it"
        case .orphan: "harmless; an import that needs the blob uses it again"
        case .trash: "kept by an earlier command; remove it if it is not needed"
        case .formatMissing: "the next command that writes to the store adds it"
        case .badName: "rename the image, or leave it: it can be used by its ID"
        case .oddEntry:
            """
            it stays as it is, and nothing is collected meanwhile; `strata rmi` removes it by the ID in brackets, or the image \
            that lists it
            """
        case .mediaTypeMismatch, .mislabelledLayer, .containerRecord, .containerImage, .containerIncomplete: nil
        }
    }
}
