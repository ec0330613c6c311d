package import LayerAnalysis
import OCISpec
import PackageDatabases
import TextValues

/// `diff` as text.
package enum DiffText {
    /// What differs, the sums first; at most `top` lines of each list.
    package static func text(_ diff: ImageDiff, _ style: TextStyle, top: Int) -> String {
        let parts = [
            heading(diff, style) + totals(diff.totals, style),
            layers(diff, style),
            paths(diff, style, top),
            packages(diff, style, top),
            config(diff, style),
            history(diff, style),
        ]
        return parts.filter { !$0.isEmpty }.joined(separator: "\n")
    }

    private static func heading(_ diff: ImageDiff, _ style: TextStyle) -> String {
        let names = diff.a.label + " → " + diff.b.label
        let platforms = [diff.a.platform, diff.b.platform].compactMap { $0 }
        let platform = Set(platforms).count == 1 ? platforms.prefix(1) : platforms[...]
        let verdict = diff.isEmpty ? "  " + style.paint("no differences", .good) : ""
        return style.paint(names, .heading) + "  " + PathText.printable(platform.joined(separator: " → ")) + verdict + "\n"
    }

    private static func totals(_ totals: DiffTotals, _ style: TextStyle) -> String {
        var table = TextTable([.init("BYTES"), .init("BEFORE", .right), .init("AFTER", .right), .init("CHANGE", .right)])
        for row in DiffRow.rows(totals) {
            table.add([
                .init(row.name), .init(ByteText.known(row.before)), .init(ByteText.known(row.after)),
                .init(row.change, row.delta.flatMap { $0 > 0 ? .bad : $0 < 0 ? .good : nil }),
            ])
        }
        return table.text(style) + (DiffRow.partialRemark(totals).map { style.paint($0, .notable) + "\n" } ?? "")
    }

    private static func layers(_ diff: ImageDiff, _ style: TextStyle) -> String {
        let same = diff.layers.filter { $0.change == .same }
        let others = diff.layers.filter { $0.change != .same }
        let shared = AnalysisText.counted(same.count, "layer")
        let heading =
            "\(shared) the same, \(ByteText.text(same.reduce(0) { $0 + $1.identity.compressedBytes })) compressed\n"
        guard !others.isEmpty else { return diff.layers.isEmpty ? "" : heading }
        var table = TextTable([
            .init(""), .init("LAYER", .right), .init("LIKE", .right), .init("COMPRESSED", .right), .init("CONTENT", .right),
            .init("NEW", .right), .init("CREATED BY", shrinksTo: 20),
        ])
        for layer in others {
            let isAdded = layer.change == .added
            let index = (isAdded ? layer.indexAfter : layer.indexBefore) ?? 0
            table.add([
                .init(isAdded ? "+" : "-", isAdded ? .notable : .quiet), .init("\(index)"),
                .init(layer.counterpart.map { "\($0)" } ?? "-"), .init(ByteText.text(layer.identity.compressedBytes)),
                .init(ByteText.known(layer.contentBytes)), .init(isAdded ? ByteText.known(layer.newBytes) : "-"),
                .init(AnalysisText.instruction(layer.identity.createdBy)),
            ])
        }
        let rewritten = others.filter { $0.change == .added && $0.rewrites }.map { layer in
            "layer \(layer.indexAfter ?? 0) stores \(ByteText.known(layer.knownBytes)) that other layers store already\n"
        }
        return heading + table.text(style) + rewritten.joined()
    }

    private static func paths(_ diff: ImageDiff, _ style: TextStyle, _ top: Int) -> String {
        guard !diff.paths.isEmpty else { return "" }
        var table = TextTable([
            .init("CHANGE", .right), .init("BEFORE", .right), .init("AFTER", .right), .init("HOW"),
            .init("PATH", shrinksTo: 20),
        ])
        let listed = largest(diff.paths, top)
        for path in listed.paths {
            table.add([
                .init(ByteText.signed(path.delta), path.delta > 0 ? .bad : path.delta < 0 ? .good : nil),
                .init(path.change == .added ? "-" : ByteText.text(path.bytesBefore)),
                .init(path.change == .removed ? "-" : ByteText.text(path.bytesAfter)), .init(how(path)),
                .init("/" + PathText.display(path.path)),
            ])
        }
        var text =
            (diff.totals.paths.map(counts) ?? "Paths, as far as the known layers tell\n")
            + (listed.count == 0 ? "" : table.text(style))
        if listed.count > top { text += "and \(listed.count - top) more; `--top N` shows them\n" }
        return text
    }

    private static func counts(_ totals: PathTotals) -> String {
        var parts: [String] = []
        if totals.addedCount > 0 { parts.append("\(totals.addedCount) added (\(ByteText.text(totals.addedBytes)))") }
        if totals.removedCount > 0 { parts.append("\(totals.removedCount) removed (\(ByteText.text(totals.removedBytes)))") }
        if totals.modifiedCount > 0 { parts.append("\(totals.modifiedCount) modified") }
        let metadata = totals.metadataCount - totals.timesOnlyCount
        if metadata > 0 { parts.append("\(metadata) with other metadata") }
        if totals.timesOnlyCount > 0 { parts.append("\(totals.timesOnlyCount) with other times only") }
        return "Paths: " + parts.joined(separator: ", ") + "\n"
    }

    /// What is worth a line: everything but a path of which only the time differs; the `top` largest changes, and how many there
    /// are of all.
    static func largest(_ paths: PathChanges, _ top: Int) -> (paths: [PathChange], count: Int) {
        let worth = paths.withoutPaths.enumerated().filter { $0.element.fields != .time }
        let places = worth.map { (place: $0.offset, weight: $0.element.weight) }.sorted { $0.weight > $1.weight }
        return (places.prefix(top).map { paths[$0.place] }, worth.count)
    }

    static func how(_ path: PathChange) -> String {
        path.fields.isEmpty ? path.change.rawValue : path.fields.names.joined(separator: ",")
    }

    private static func packages(_ diff: ImageDiff, _ style: TextStyle, _ top: Int) -> String {
        let problems = PackageText.notes(diff.packageProblems).map { "note: \($0)\n" }.joined()
        guard !diff.packages.isEmpty else { return problems }
        var table = TextTable([
            .init("CHANGE", .right), .init("PACKAGE", shrinksTo: 15), .init("BEFORE", shrinksTo: 12),
            .init("AFTER", shrinksTo: 12),
        ])
        let listed = largest(diff.packages)
        for package in listed.prefix(top) {
            table.add([
                .init(ByteText.signed(package.delta), package.delta > 0 ? .bad : package.delta < 0 ? .good : nil),
                .init("\(package.manager.rawValue) \(PathText.printable(package.name))"),
                .init(PathText.printable(package.before ?? "-")), .init(PathText.printable(package.after ?? "-")),
            ])
        }
        let more = listed.count > top ? "and \(listed.count - top) more; `--top N` shows them\n" : ""
        return "Packages: \(DiffRow.packageCounts(diff.packages))\n" + table.text(style) + more + problems
    }

    /// The largest change of bytes first, then by manager and name.
    static func largest(_ packages: [PackageChange]) -> [PackageChange] {
        packages.sorted { abs($0.delta) > abs($1.delta) }
    }

    private static func config(_ diff: ImageDiff, _ style: TextStyle) -> String {
        guard !diff.config.isEmpty else { return "" }
        var table = TextTable([.init("CONFIG", shrinksTo: 12), .init("BEFORE", shrinksTo: 15), .init("AFTER", shrinksTo: 15)])
        for line in diff.config {
            table.add([
                .init(PathText.printable(line.field)), .init(PathText.printable(line.before ?? "-")),
                .init(PathText.printable(line.after ?? "-")),
            ])
        }
        return table.text(style)
    }

    private static func history(_ diff: ImageDiff, _ style: TextStyle) -> String {
        guard !diff.history.isEmpty else { return "" }
        let lines = diff.history.map { step in
            let line = (step.isAdded ? "+ " : "- ") + AnalysisText.instruction(step.createdBy)
            return style.paint(TextColumns.cut(line, to: style.width), step.isAdded ? .notable : .quiet) + "\n"
        }
        return style.paint("HISTORY", .heading) + "\n" + lines.joined()
    }
}

/// A quantity before and after, as every form of the report shows it.
struct DiffRow {
    var name: String
    /// Bytes; nil where they are not known.
    var before: Int64?
    var after: Int64?

    var delta: Int64? {
        guard let before, let after else { return nil }
        return after - before
    }

    /// `+10MB (+8.3%)`; `0B` for nothing.
    var change: String {
        guard let before, let delta else { return ByteText.unknown }
        guard delta != 0 else { return "0B" }
        guard before > 0 else { return ByteText.signed(delta) }
        let percent = ByteText.percent(Double(delta) / Double(before))
        return ByteText.signed(delta) + " (" + (delta > 0 ? "+" : "") + percent + ")"
    }

    static func rows(_ totals: DiffTotals) -> [DiffRow] {
        [
            DiffRow(name: "visible", before: totals.visibleBytesBefore, after: totals.visibleBytesAfter),
            DiffRow(name: "stored by layers", before: totals.contentBytesBefore, after: totals.contentBytesAfter),
            DiffRow(name: "wasted", before: totals.wastedBytesBefore, after: totals.wastedBytesAfter),
            DiffRow(name: "compressed", before: totals.compressedBytesBefore, after: totals.compressedBytesAfter),
        ]
    }

    /// What of the two images is not known; nil where nothing is.
    static func partialRemark(_ totals: DiffTotals) -> String? {
        guard totals.isPartial else { return nil }
        let counts = (totals.unknownLayerCountBefore, totals.unknownLayerCountAfter)
        return counts == (0, 0)
            ? "partial: names that are not UTF-8 cannot be told apart"
            : "partial: the content of \(counts.0) layers before and \(counts.1) after is not known"
    }

    static func packageCounts(_ packages: [PackageChange]) -> String {
        let added = packages.filter { $0.before == nil }.count
        let removed = packages.filter { $0.after == nil }.count
        let counts = [("added", added), ("removed", removed), ("changed", packages.count - added - removed)]
        return counts.filter { $0.1 > 0 }.map { "\($0.1) \($0.0)" }.joined(separator: ", ")
    }
}

extension PathChange {
    /// Bytes that `b` shows there more than `a`.
    var delta: Int64 { bytesAfter - bytesBefore }
    /// How much a reader cares: bytes that came, went or were replaced.
    var weight: Int64 { change == .modified ? max(bytesBefore, bytesAfter) : abs(delta) }
}

extension PackageChange {
    /// Bytes that it occupies in `b` more than in `a`.
    var delta: Int64 { bytesAfter - bytesBefore }
}

extension LayerChange {
    /// Whether most of what it stores is nothing new.
    var rewrites: Bool {
        guard let knownBytes, let contentBytes else { return false }
        return knownBytes > contentBytes / 2 && knownBytes >= 1_000_000
    }

    /// Bytes of what it stores that is nothing the others have; nil where that is not known.
    var newBytes: Int64? {
        guard let knownBytes, let contentBytes else { return nil }
        return contentBytes - knownBytes
    }
}
