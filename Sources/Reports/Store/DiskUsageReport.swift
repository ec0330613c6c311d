import ImageStorage
package import OCISpec
package import Reclamation

/// `df`: what a store occupies, class by class, and what of it can go.
package struct DiskUsageReport {
    private let usage: DiskUsage

    /// A report of `usage`.
    package init(_ usage: DiskUsage) { self.usage = usage }

    /// Docker's table with a line for every class, and the total; with `isVerbose` also every image, orphan and stray file.
    package func text(_ style: TextStyle, now: Timestamp, isVerbose: Bool) -> String {
        var table = TextTable([
            .init("TYPE"), .init("TOTAL", .right), .init("ACTIVE", .right), .init("SIZE", .right), .init("RECLAIMABLE", .right),
        ])
        for line in usage.lines where line.isShown {
            table.add([
                .init(line.kind.title, line.kind == .unexplained && line.count > 0 ? .notable : nil), .init("\(line.count)"),
                .init(line.kind.isUsable ? "\(line.activeCount)" : ""), .init(ByteText.text(line.diskBytes)),
                .init(line.reclaimableText),
            ])
        }
        table.add(["Total", "", "", .init(ByteText.text(usage.totalBytes)), ""])
        var text = table.text(style)
        if isVerbose { text += images(style, now) + orphans(style) + strays(style) }
        return text
    }

    /// A table of the classes, for a comment or a page.
    package func markdown() -> String {
        let rows = usage.lines.filter { $0.isShown }.map { line in
            [
                line.kind.title, "\(line.count)", line.kind.isUsable ? "\(line.activeCount)" : "", ByteText.text(line.diskBytes),
                line.reclaimableText,
            ]
        }
        return MarkdownText.table(
            ["", ">total", ">active", ">size", ">reclaimable"],
            rows + [["**Total**", "", "", ByteText.text(usage.totalBytes), ""]])
    }

    /// A row for each class, bytes in full.
    package func csv() -> String {
        CSVText.text(
            ["class", "count", "activeCount", "diskBytes", "reclaimableBytes"],
            usage.lines.map { line in
                [line.kind.rawValue, "\(line.count)", "\(line.activeCount)", "\(line.diskBytes)", "\(line.reclaimableBytes)"]
            })
    }

    private func images(_ style: TextStyle, _ now: Timestamp) -> String {
        let images = usage.images()
        guard !images.isEmpty else { return "" }
        var table = TextTable([
            .init("IMAGE ID"), .init("SIZE", .right), .init("SHARED", .right), .init("UNIQUE", .right), .init("FREES", .right),
            .init("USERS", .right), .init("LAST USED"), .init("IMAGE"),
        ])
        for row in images {
            let names = row.image.names.map(\.familiar)
            table.add([
                .init(row.image.imageID.short), .init(ByteText.text(row.diskBytes)), .init(ByteText.text(row.sharedBytes)),
                .init(ByteText.text(row.uniqueBytes)), .init(ByteText.text(row.freesBytes)), .init("\(row.containerCount)"),
                .init(row.image.used.map { AgeText.text($0, now: now) } ?? "N/A"),
                .init((names.first ?? "<none>") + (row.image.isPinned ? " (pinned)" : "")),
            ])
            for name in names.dropFirst() { table.add(["", "", "", "", "", "", "", .init(name)]) }
        }
        return "\n" + style.paint("Images", .heading) + "\n" + table.text(style)
    }

    private func orphans(_ style: TextStyle) -> String {
        guard !usage.orphans.isEmpty else { return "" }
        return "\n" + style.paint("Orphaned blobs", .heading) + "\n" + usage.orphans.map { "\($0)\n" }.joined()
    }

    private func strays(_ style: TextStyle) -> String {
        guard !usage.strays.isEmpty else { return "" }
        var table = TextTable([.init("SIZE", .right), .init("PATH")])
        for stray in usage.strays { table.add([.init(ByteText.text(stray.diskBytes)), .init(stray.path)]) }
        return "\n" + style.paint("Unexplained", .heading) + "\n" + table.text(style)
    }

    /// The document that scripts read.
    package func json() -> JSONValue {
        JSONReport.document(
            "disk-usage",
            [
                "totalBytes": .integer(usage.totalBytes),
                "classes": .array(
                    usage.lines.map { line in
                        .object([
                            "class": .string(line.kind.rawValue), "count": .count(line.count),
                            "activeCount": .count(line.activeCount), "diskBytes": .integer(line.diskBytes),
                            "reclaimableBytes": .integer(line.reclaimableBytes),
                        ])
                    }),
                "reclaimedBy": .object(
                    Dictionary(
                        usage.lines.compactMap { line in
                            line.kind.command.map { (ExactText(line.kind.rawValue), JSONValue.string($0)) }
                        }, uniquingKeysWith: { first, _ in first })),
                "images": .array(usage.images().map(Self.json)),
                "unreadable": .array(usage.unreadable.map { .string($0.title) }),
            ])
    }

    private static func json(_ row: DiskUsage.ImageRow) -> JSONValue {
        let names = row.image.names.map(\.familiar)
        return .object([
            "name": .optional(names.first), "names": .array(names.map(JSONValue.string)),
            "imageID": .string(row.image.imageID.description), "diskBytes": .integer(row.diskBytes),
            "uniqueBytes": .integer(row.uniqueBytes), "sharedBytes": .integer(row.sharedBytes),
            "freesBytes": .integer(row.freesBytes), "containers": .count(row.containerCount),
            "lastUsed": .optional(row.image.used?.description), "imported": .optional(row.image.imported?.description),
            "pinned": .bool(row.image.isPinned),
        ])
    }
}

extension DiskUsage.Line {
    /// Empty where no command removes what is not needed.
    fileprivate var reclaimableText: String {
        kind.isReclaimable ? ByteText.part(reclaimableBytes, of: diskBytes) : ""
    }

    /// What the store has nothing of, and most have nothing of, is left out.
    fileprivate var isShown: Bool {
        switch kind {
        case .images, .layers, .containers, .buildCache, .catalog, .other: true
        case .volumes, .orphaned, .partial, .trash, .plans, .unexplained: count > 0 || diskBytes > 0
        }
    }
}

extension DiskUsage.Class {
    /// The command that removes what is called reclaimable; nil where nothing is.
    fileprivate var command: String? {
        switch self {
        case .images, .layers: "strata image prune -a"
        case .containers: "strata container prune"
        case .volumes: "strata volume prune"
        case .buildCache: "strata builder prune -a"
        case .orphaned, .partial: "strata gc --min-age 0s"
        case .trash: "strata gc --empty-trash"
        case .plans: "strata gc"
        case .catalog, .other, .unexplained: nil
        }
    }

    fileprivate var title: String {
        switch self {
        case .images: "Images"
        case .layers: "Unpacked layers"
        case .containers: "Containers"
        case .volumes: "Volumes"
        case .buildCache: "Build cache"
        case .orphaned: "Orphaned blobs"
        case .partial: "Partial downloads"
        case .trash: "Trash"
        case .plans: "Plans"
        case .catalog: "Catalog"
        case .other: "Store's own"
        case .unexplained: "Unexplained"
        }
    }

    /// Whether there is such a thing as using one of them.
    fileprivate var isUsable: Bool { [.images, .layers, .containers, .volumes, .buildCache, .partial].contains(self) }
    /// Whether some command removes what is not needed.
    fileprivate var isReclaimable: Bool { ![.catalog, .other, .unexplained].contains(self) }
}
