package import EngineStores
package import OCISpec
package import Operations
import Reclamation

/// `df --engine`: what an engine's root takes, class by class, and what of it can go.
package struct EngineUsageReport: Sendable {
    private let usage: EngineUsage
    private let answer: EngineProbe.Answer
    /// How many leaks text shows without `-v`.
    private static let shownLeaks = 10

    /// A report of `usage`; `answer` is what the engine says of itself.
    package init(_ usage: EngineUsage, _ answer: EngineProbe.Answer) {
        self.usage = usage
        self.answer = answer
    }

    private var inventory: EngineInventory { usage.look.inventory }
    private var registry: RegistryUsageReport? { RegistryUsage(usage.look).map { RegistryUsageReport($0) } }

    /// A heading, and docker's table with a line for every class that there is; with `isVerbose` also every image and leak.
    package func text(_ style: TextStyle, now: Timestamp, isVerbose: Bool) -> String {
        var table = TextTable([
            .init("TYPE"), .init("TOTAL", .right), .init("ACTIVE", .right), .init("SIZE", .right), .init("RECLAIMABLE", .right),
        ])
        for line in usage.lines where line.count > 0 || line.diskBytes > 0 {
            if let cells = registry?.cells(of: line) {
                for row in cells { table.add(row) }
                continue
            }
            table.add([
                .init(line.kind.title, line.kind.isFault ? .notable : nil), .init(shows(line) ? "\(line.count)" : ""),
                .init(shows(line) ? line.activeCount.map { "\($0)" } ?? "" : ""), .init(ByteText.text(line.diskBytes)),
                .init(line.reclaimableText),
            ])
        }
        table.add(["Total", "", "", .init(ByteText.text(usage.totalBytes)), ""])
        return heading(style) + table.text(style) + sums(style)
            + (isVerbose ? (registry?.repositories(style) ?? "") + images(style, now) : "")
            + leaks(style, now, isVerbose) + (registry?.uploads(style, now, isVerbose) ?? "") + elsewhere(style)
    }

    private func heading(_ style: TextStyle) -> String {
        let name = "\(usage.look.kind.title) at \(usage.look.root)"
        return style.paint(PathText.printable(name), .heading) + PathText.printable(" (\(inventory.driver))") + "\n"
    }

    /// Whether it is known how many there are of a class.
    private func shows(_ line: EngineUsage.Line) -> Bool {
        line.kind.isCounted && (inventory.isDriverKnown || line.kind == .volumes)
    }

    /// What the removal of images frees.
    private func sums(_ style: TextStyle) -> String {
        guard inventory.isDriverKnown else { return "" }
        if let registry { return registry.sums(freed: usage.imagesReclaimableBytes) }
        let (now, more) = (usage.imagesReclaimableBytes, usage.withBuildCacheBytes)
        guard now > 0 || more > 0 else { return "" }
        var text = "\nImages that no container uses take \(ByteText.text(now)) that would be freed"
        if more != now { text += "; \(ByteText.text(more)) with the build cache" }
        return text + ".\n"
    }

    private func images(_ style: TextStyle, _ now: Timestamp) -> String {
        guard !usage.images.isEmpty else { return "" }
        let hasCache = usage.images.contains { $0.figures.buildCacheHoldsBytes > 0 }
        var columns: [TextTable.Column] = [
            .init("IMAGE ID"), .init("SIZE", .right), .init("SHARED", .right), .init("UNIQUE", .right), .init("FREES", .right),
        ]
        if hasCache { columns.append(.init("CACHE HOLDS", .right)) }
        // Nobody knows who pulls from a registry.
        let hasUses = inventory.registry == nil
        if hasUses { columns += [.init("USERS", .right), .init("LAST USED")] }
        columns.append(.init("IMAGE"))
        var table = TextTable(columns)
        for row in usage.images {
            var cells: [TextTable.Cell] = [
                .init(row.image.id.short), .init(ByteText.text(row.figures.diskBytes)), .init(ByteText.text(row.sharedBytes)),
                .init(ByteText.text(row.figures.uniqueBytes)), .init(ByteText.text(row.figures.freesBytes)),
            ]
            if hasCache { cells.append(.init(ByteText.text(row.figures.buildCacheHoldsBytes))) }
            let names = row.image.names
            if hasUses { cells += [.init("\(row.containerCount)"), .init(row.image.lastUse?.text(now) ?? "N/A")] }
            cells.append(.init(ShortName.text(names.first ?? (hasUses ? "<none>" : row.image.label))))
            table.add(cells)
            for name in names.dropFirst() {
                table.add(Array(repeating: "", count: columns.count - 1) + [TextTable.Cell(ShortName.text(name))])
            }
        }
        return "\n" + style.paint("Images", .heading) + "\n" + table.text(style)
    }

    private func leaks(_ style: TextStyle, _ now: Timestamp, _ isVerbose: Bool) -> String {
        guard !usage.leaks.isEmpty else { return "" }
        var table = TextTable([.init("SIZE", .right), .init("CHANGED"), .init("REASON"), .init("PATH")])
        let shown = isVerbose ? usage.leaks[...] : usage.leaks.prefix(Self.shownLeaks)
        for row in shown {
            table.add([
                .init(ByteText.text(row.diskBytes)), .init(AgeText.text(Timestamp(seconds: row.leak.changedSeconds), now: now)),
                .init(row.leak.reason.words), .init(row.leak.path),
            ])
        }
        let title =
            inventory.registry == nil
            ? "nothing needs these, and \(usage.look.kind.removerOfLeaks) them" : RegistryUsageReport.leaksTitle
        var text = "\n" + style.paint("Leaked", .heading) + ": \(title)\n"
        text += table.text(style)
        if shown.count < usage.leaks.count { text += "and \(usage.leaks.count - shown.count) more; see `-v`\n" }
        // Only while the engine does not run is it certain that it is not about to need them.
        let command = "strata system prune --engine \(usage.look.kind.rawValue)=\(usage.look.root) --engine-stopped"
        let condition = usage.look.kind == .podman ? "when no podman runs" : "with \(usage.look.kind.title) stopped"
        return text + PathText.printable("\(condition), `\(command)` removes them") + "\n"
    }

    private func elsewhere(_ style: TextStyle) -> String {
        guard !usage.look.elsewhere.isEmpty else { return "" }
        var table = TextTable([.init("SIZE", .right), .init("REASON"), .init("PATH")])
        for place in usage.look.elsewhere {
            table.add([.init(ByteText.text(place.diskBytes)), .init(place.reason.words), .init(place.path)])
        }
        return "\n" + style.paint("Elsewhere", .heading) + ": outside of the root, and not in the table\n" + table.text(style)
    }

    /// A table of the classes, for a comment or a page.
    package func markdown() -> String {
        let rows = usage.lines.filter { $0.count > 0 || $0.diskBytes > 0 }.map { line in
            [
                line.kind.title, line.kind.isCounted ? "\(line.count)" : "", line.activeCount.map { "\($0)" } ?? "",
                ByteText.text(line.diskBytes), line.reclaimableText,
            ]
        }
        return MarkdownText.table(
            ["", ">total", ">active", ">size", ">reclaimable"],
            rows + [["**Total**", "", "", ByteText.text(usage.totalBytes), ""]])
    }

    /// The columns of `csvRows`.
    package static let csvColumns = ["engine", "root", "class", "count", "activeCount", "diskBytes", "reclaimableBytes"]

    /// A row for each class, bytes in full.
    package var csvRows: [[String]] {
        usage.lines.map { line in
            [
                usage.look.kind.rawValue, usage.look.root, line.kind.rawValue, "\(line.count)",
                line.activeCount.map { "\($0)" } ?? "", "\(line.diskBytes)", "\(line.reclaimableBytes)",
            ]
        }
    }

    /// The documents of several engines in one.
    package static func json(_ reports: [EngineUsageReport]) -> JSONValue {
        JSONReport.document("disk-usages", ["engines": .array(reports.map { $0.json() })])
    }

    /// The document that scripts read.
    package func json() -> JSONValue {
        var fields = self.fields
        if let registry { fields["registry"] = registry.json }
        return JSONReport.document("disk-usage", fields)
    }

    private var fields: JSONFields {
        [
            "engine": EngineListReport.json(usage.look, answer), "totalBytes": .integer(usage.totalBytes),
            "classes": .array(
                usage.lines.map { line in
                    .object([
                        "class": .string(line.kind.rawValue), "count": .count(line.count),
                        "activeCount": .optional(line.activeCount), "diskBytes": .integer(line.diskBytes),
                        "reclaimableBytes": .integer(line.reclaimableBytes),
                    ])
                }),
            "imagesReclaimableBytes": .integer(usage.imagesReclaimableBytes),
            "reclaimableWithBuildCacheBytes": .integer(usage.withBuildCacheBytes),
            "images": .array(usage.images.map(Self.json)),
            "leaks": .array(
                usage.leaks.map { row in
                    .object([
                        "path": .string(row.leak.path), "diskBytes": .integer(row.diskBytes),
                        "reason": .string(row.leak.reason.rawValue),
                        "changed": .string(Timestamp(seconds: row.leak.changedSeconds).description),
                    ])
                }),
            "elsewhere": .array(
                usage.look.elsewhere.map { place in
                    .object([
                        "path": .string(place.path), "diskBytes": .integer(place.diskBytes),
                        "reason": .string(place.reason.rawValue),
                    ])
                }),
            "unreadable": .array(inventory.problems.map { .string($0.path) }),
            "settled": .bool(inventory.isSettled),
        ]
    }

    private static func json(_ row: EngineUsage.ImageRow) -> JSONValue {
        let names = row.image.names
        return .object([
            "name": .optional(names.first ?? (row.image.isOfRegistry ? row.image.label : nil)),
            "names": .array(names.map(JSONValue.string)),
            "namespace": .optional(row.image.namespace), "imageID": .string(row.image.id.description),
            "diskBytes": .integer(row.figures.diskBytes), "uniqueBytes": .integer(row.figures.uniqueBytes),
            "sharedBytes": .integer(row.sharedBytes), "freesBytes": .integer(row.figures.freesBytes),
            "buildCacheHoldsBytes": .integer(row.figures.buildCacheHoldsBytes), "containers": .count(row.containerCount),
            "lastUsed": .optional(row.image.lastUse.map { Timestamp(seconds: $0.seconds).description }),
            "lastUsedBy": .optional(row.image.lastUse?.evidence.rawValue), "imported": .null,
            "pinned": .bool(row.image.isPinned),
        ])
    }
}

extension EngineUsage.Line {
    /// Empty where no command removes what is not needed.
    fileprivate var reclaimableText: String {
        kind.isReclaimable ? ByteText.part(reclaimableBytes, of: diskBytes) : ""
    }
}

extension EngineKind {
    /// What people call it.
    package var title: String {
        switch self {
        case .docker: "Docker"
        case .podman: "podman"
        case .containerd: "containerd"
        case .buildkit: "BuildKit"
        case .registry: "Registry"
        }
    }
}

extension EngineImage.Use {
    /// How long ago, and how it is known.
    func text(_ now: Timestamp) -> String { AgeText.text(Timestamp(seconds: seconds), now: now) }
}

extension EngineKind {
    /// Who removes what leaked, as the beginning of a sentence that ends with what.
    var removerOfLeaks: String {
        self == .containerd ? "only the next collection removes" : "no command of \(title) removes"
    }
}

extension EnginePlaceElsewhere.Reason {
    /// Why it belongs to the engine, in a few words.
    fileprivate var words: String {
        switch self {
        case .leftByPodman: "left by a killed pull or load"
        case .containerdOfDocker: "Docker's images, in containerd"
        }
    }
}

extension DiskClass {
    /// What the class is called in tables.
    var title: String {
        switch self {
        case .imageLayers: "Image layers"
        case .imageBlobs: "Image blobs"
        case .imageMetadata: "Image metadata"
        case .containerLayers: "Containers"
        case .containerLogs: "Container logs"
        case .volumes: "Volumes"
        case .buildCache: "Build cache"
        case .engineOwn: "Engine's own"
        case .temporary: "Temporary"
        case .leaked: "Leaked"
        case .unexplained: "Unexplained"
        }
    }

    /// Whether things of it are counted.
    fileprivate var isCounted: Bool { ![.containerLogs, .engineOwn, .temporary, .unexplained].contains(self) }
    /// Whether something of it may be needed by nobody.
    fileprivate var isReclaimable: Bool { ![.engineOwn, .temporary, .unexplained].contains(self) }
    fileprivate var isFault: Bool { self == .leaked || self == .unexplained }
}
