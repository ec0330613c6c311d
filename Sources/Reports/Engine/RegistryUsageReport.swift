import EngineStores
import OCISpec
import Operations

/// What `df` says of a registry beside what it says of every engine: who reaches its blobs, what each repository has, and uploads.
struct RegistryUsageReport {
    private let usage: RegistryUsage
    /// How many uploads text shows without `-v`.
    private static let shownUploads = 10
    /// What the list of leaks is headed by.
    static let leaksTitle =
        "no manifest needs these; `registry garbage-collect CONFIG` removes the blobs, and the registry keeps the links for ever"

    init(_ usage: RegistryUsage) { self.usage = usage }

    /// The rows of a line that stands for several things in a registry; nil for any other.
    func cells(of line: EngineUsage.Line) -> [[TextTable.Cell]]? {
        switch line.kind {
        case .imageBlobs:
            let tagged = Self.row("Blobs reached by tags", usage.counts.tagged, usage.taggedBytes, nil)
            guard usage.counts.untagged > 0 else { return [tagged] }
            return [
                tagged, Self.row("Blobs of untagged manifests", usage.counts.untagged, usage.untaggedBytes, usage.untaggedBytes),
            ]
        case .imageMetadata: return [Self.row("Links", line.count, line.diskBytes, nil)]
        case .leaked:
            var rows: [[TextTable.Cell]] = []
            if usage.counts.collectable > 0 {
                rows.append(
                    Self.row(
                        "Blobs of no manifest", usage.counts.collectable, usage.collectableBytes, usage.collectableBytes,
                        isFault: true))
            }
            if usage.staleCount > 0 {
                rows.append(Self.row("Stale links", usage.staleCount, usage.staleBytes, nil, isFault: true))
            }
            return rows
        case .temporary: return [Self.row("Uploads", usage.uploads.count, line.diskBytes, nil)]
        default: return nil
        }
    }

    private static func row(
        _ title: String, _ count: Int, _ bytes: Int64, _ reclaimable: Int64?, isFault: Bool = false
    ) -> [TextTable.Cell] {
        [
            .init(title, isFault ? .notable : nil), .init("\(count)"), "", .init(ByteText.text(bytes)),
            .init(reclaimable.map { ByteText.part($0, of: bytes) } ?? ""),
        ]
    }

    /// What can come back, and by which commands.
    func sums(freed: Int64) -> String {
        var text = ""
        if freed > 0 {
            text +=
                "\nManifests without a tag take \(ByteText.text(freed)): `strata image prune --engine registry` deletes them, and the "
                + "collector then frees it.\n"
        }
        if usage.collectableBytes > 0 {
            text +=
                (text.isEmpty ? "\n" : "")
                + "No manifest needs \(ByteText.text(usage.collectableBytes)): `registry garbage-collect CONFIG` (without -m) frees it.\n"
        }
        return text
    }

    /// What each repository has, and what its leaving frees.
    func repositories(_ style: TextStyle) -> String {
        guard !usage.repositories.isEmpty else { return "" }
        var table = TextTable([
            .init("REPOSITORY"), .init("TAGS", .right), .init("MANIFESTS", .right), .init("UNTAGGED", .right),
            .init("LOGICAL", .right), .init("SHARED", .right), .init("FREES", .right), .init("NOTE"),
        ])
        for row in usage.repositories {
            table.add([
                .init(row.repository.name), .init("\(row.repository.tagCount)"), .init("\(row.repository.manifestCount)"),
                .init("\(row.repository.untaggedCount)"), .init(ByteText.text(row.logicalBytes)),
                .init(ByteText.text(row.sharedBytes)), .init(ByteText.text(row.exclusiveBytes)),
                .init(row.repository.doubt == nil ? "" : "not all can be read: nothing of it is removed"),
            ])
        }
        return "\n" + style.paint("Repositories", .heading) + "\n" + table.text(style)
    }

    /// Uploads that were begun and not ended, and what ends them.
    func uploads(_ style: TextStyle, _ now: Timestamp, _ isVerbose: Bool) -> String {
        guard !usage.uploads.isEmpty else { return "" }
        var table = TextTable([.init("SIZE", .right), .init("STARTED"), .init("CHANGED"), .init("PATH")])
        let shown = isVerbose ? usage.uploads[...] : usage.uploads.prefix(Self.shownUploads)
        for row in shown {
            table.add([
                .init(ByteText.text(row.diskBytes)),
                .init(row.upload.startedSeconds.map { AgeText.text(Timestamp(seconds: $0), now: now) } ?? "cancelled"),
                .init(AgeText.text(Timestamp(seconds: row.upload.changedSeconds), now: now)), .init(row.upload.path),
            ])
        }
        var text =
            "\n" + style.paint("Uploads", .heading)
            + ": begun and not ended; the registry removes those that were started a week ago (`storage.maintenance.uploadpurging`)\n"
        text += table.text(style)
        if shown.count < usage.uploads.count { text += "and \(usage.uploads.count - shown.count) more; see `-v`\n" }
        return text
    }

    /// What an upload is, and what ends it, in a sentence.
    static func words(_ upload: RegistryContents.Upload, _ now: Timestamp) -> String {
        let changed = AgeText.text(Timestamp(seconds: upload.changedSeconds), now: now)
        guard let started = upload.startedSeconds else {
            return "an upload that was cancelled, last changed \(changed): the registry never removes what is left of it"
        }
        let age = AgeText.text(Timestamp(seconds: started), now: now)
        return
            "an upload that was started \(age), last changed \(changed), and not ended: the registry removes it a week after its start "
            + "(`storage.maintenance.uploadpurging`)"
    }

    /// The same for scripts.
    var json: JSONValue {
        .object([
            "taggedBytes": .integer(usage.taggedBytes), "untaggedBytes": .integer(usage.untaggedBytes),
            "collectableBytes": .integer(usage.collectableBytes), "staleLinkBytes": .integer(usage.staleBytes),
            "taggedBlobs": .count(usage.counts.tagged), "untaggedBlobs": .count(usage.counts.untagged),
            "collectableBlobs": .count(usage.counts.collectable), "staleLinks": .count(usage.staleCount),
            "repositories": .array(
                usage.repositories.map { row in
                    .object([
                        "name": .string(row.repository.name), "tags": .count(row.repository.tagCount),
                        "manifests": .count(row.repository.manifestCount), "untagged": .count(row.repository.untaggedCount),
                        "logicalBytes": .integer(row.logicalBytes), "sharedBytes": .integer(row.sharedBytes),
                        "freesBytes": .integer(row.exclusiveBytes),
                        "unreadable": .optional(row.repository.doubt?.path),
                    ])
                }),
            "uploads": .array(
                usage.uploads.map { row in
                    .object([
                        "path": .string(row.upload.path), "repository": .string(row.upload.repository),
                        "diskBytes": .integer(row.diskBytes),
                        "started": .optional(row.upload.startedSeconds.map { Timestamp(seconds: $0).description }),
                        "changed": .string(Timestamp(seconds: row.upload.changedSeconds).description),
                    ])
                }),
        ])
    }
}
