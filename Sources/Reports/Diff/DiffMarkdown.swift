package import LayerAnalysis
import PackageDatabases
import TextValues

/// `diff --format markdown`: a comment for a pull request, short whatever the images are.
package enum DiffMarkdown {
    /// The comment; at most `top` lines of each list.
    package static func text(_ diff: ImageDiff, top: Int = 10) -> String {
        let names = "\(MarkdownText.code(diff.a.label)) → \(MarkdownText.code(diff.b.label))"
        var text = "### Image diff: \(names)\n\n"
        if diff.isEmpty { return text + "No differences.\n" + notes(diff, top) }
        text += MarkdownText.table(
            ["", ">before", ">after", ">change"],
            DiffRow.rows(diff.totals).map { row in
                let isLarger = row.delta.map { $0 > 0 } ?? false
                return [
                    row.name, ByteText.known(row.before), ByteText.known(row.after), isLarger ? "**\(row.change)**" : row.change,
                ]
            })
        text += "\n"
        if let remark = DiffRow.partialRemark(diff.totals) { text += MarkdownText.plain(remark) + "\n\n" }
        text += MarkdownText.folded("Layers: \(layerCounts(diff.layers))", layers(diff.layers.filter { $0.change != .same }, top))
        text += MarkdownText.folded("Paths: \(pathCounts(diff.totals.paths))", paths(diff.paths, top))
        text += MarkdownText.folded(
            "Packages: \(DiffRow.packageCounts(diff.packages))", packages(diff.packages, top))
        text += notes(diff, top)
        text += MarkdownText.folded("Config: \(diff.config.count) changed", config(diff.config, top))
        return text
    }

    private static func layerCounts(_ layers: [LayerChange]) -> String {
        let counts = Dictionary(grouping: layers, by: \.change).mapValues(\.count)
        return "\(counts[.same] ?? 0) the same, \(counts[.added] ?? 0) added, \(counts[.removed] ?? 0) removed"
    }

    private static func pathCounts(_ totals: PathTotals?) -> String {
        guard let totals else { return "as far as the known layers tell" }
        return "\(totals.addedCount) added, \(totals.removedCount) removed, \(totals.modifiedCount) modified, "
            + "\(totals.metadataCount) with other metadata"
    }

    private static func layers(_ layers: [LayerChange], _ top: Int) -> String {
        let rows = layers.prefix(top).map { layer in
            [
                layer.change == .added ? "+" : "−", "\((layer.change == .added ? layer.indexAfter : layer.indexBefore) ?? 0)",
                ByteText.known(layer.contentBytes), layer.change == .added ? ByteText.known(layer.newBytes) : "",
                MarkdownText.code(TextColumns.cut(AnalysisText.instruction(layer.identity.createdBy), to: 100)),
            ]
        }
        return MarkdownText.table(["", ">layer", ">content", ">new", "created by"], rows) + MarkdownText.more(layers.count, top)
    }

    private static func paths(_ all: PathChanges, _ top: Int) -> String {
        let listed = DiffText.largest(all, top)
        let rows = listed.paths.map { path in
            [ByteText.signed(path.delta), DiffText.how(path), MarkdownText.code("/" + PathText.display(path.path))]
        }
        return MarkdownText.table([">change", "how", "path"], rows) + MarkdownText.more(listed.count, top)
    }

    private static func packages(_ all: [PackageChange], _ top: Int) -> String {
        let rows = DiffText.largest(all).prefix(top).map { package in
            [
                ByteText.signed(package.delta), "\(package.manager.rawValue) \(MarkdownText.plain(package.name))",
                MarkdownText.plain(package.before ?? ""), MarkdownText.plain(package.after ?? ""),
            ]
        }
        return MarkdownText.table([">change", "package", "before", "after"], rows) + MarkdownText.more(all.count, top)
    }

    /// Why packages may be missing: never folded away, since the list above does not tell.
    private static func notes(_ diff: ImageDiff, _ top: Int) -> String {
        let notes = PackageText.notes(diff.packageProblems)
        guard !notes.isEmpty else { return "" }
        return "\n" + notes.prefix(top).map { "- note: \(MarkdownText.plain($0))\n" }.joined()
            + MarkdownText.more(notes.count, top) + "\n"
    }

    private static func config(_ lines: [ConfigChangeLine], _ top: Int) -> String {
        let rows = lines.prefix(top).map { line in
            [line.field, line.before ?? "", line.after ?? ""].map { MarkdownText.code(TextColumns.cut($0, to: 80)) }
        }
        return MarkdownText.table(["field", "before", "after"], rows) + MarkdownText.more(lines.count, top)
    }
}
