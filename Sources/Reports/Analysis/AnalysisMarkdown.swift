package import LayerAnalysis
import TextValues

/// `analyze --format markdown`, and each image of `scan --format markdown`: short enough for a comment.
package enum AnalysisMarkdown {
    /// The image with its sums, its layers and at most `top` lines of each list.
    package static func text(_ analysis: ImageAnalysis, top: Int = 10) -> String {
        var text = "### Image \(MarkdownText.code(analysis.image.label))\n\n"
        text += totals(analysis.totals) + "\n"
        if let remark = AnalysisText.partialRemark(analysis.totals) { text += MarkdownText.plain(remark) + "\n\n" }
        text += MarkdownText.folded("Layers: \(analysis.layers.count)", layers(analysis))
        text += MarkdownText.folded(
            "Wasted: \(ByteText.known(analysis.totals.wastedBytes)) at \(AnalysisText.counted(analysis.wastedPaths.count, "path"))",
            wasted(analysis.wastedPaths, top))
        text += MarkdownText.folded(
            "Same content more than once: \(AnalysisText.counted(analysis.duplicates.count, "group"))",
            duplicates(analysis.duplicates, top))
        text += MarkdownText.folded(
            "Left over: \(AnalysisText.counted(analysis.hints.count, "hint"))", hints(analysis.hints, top))
        return text
    }

    private static func totals(_ totals: AnalysisTotals) -> String {
        MarkdownText.table(
            [">visible", ">stored by layers", ">wasted", ">efficiency", ">compressed"],
            [
                [
                    ByteText.known(totals.visibleBytes), ByteText.known(totals.contentBytes),
                    ByteText.known(totals.wastedBytes), AnalysisText.efficiency(totals), ByteText.text(totals.compressedBytes),
                ]
            ])
    }

    private static func layers(_ analysis: ImageAnalysis) -> String {
        MarkdownText.table(
            [">layer", ">compressed", ">content", ">hidden", "created by"],
            analysis.layers.map { layer in
                [
                    "\(layer.index)", ByteText.text(layer.identity.compressedBytes),
                    ByteText.known(layer.figures.contentBytes), ByteText.known(layer.figures.hiddenBytes),
                    MarkdownText.code(TextColumns.cut(AnalysisText.instruction(layer.identity.createdBy), to: 100)),
                ]
            })
    }

    private static func wasted(_ paths: [WastedPath], _ top: Int) -> String {
        let rows = paths.prefix(top).map { path in
            [
                ByteText.text(path.wastedBytes), path.causes.map(\.cause.name).joined(separator: ", "),
                path.layers.map { "\($0)" }.joined(separator: ", "), MarkdownText.code("/" + PathText.display(path.path)),
            ]
        }
        return MarkdownText.table([">wasted", "cause", ">stored in", "path"], rows) + MarkdownText.more(paths.count, top)
    }

    private static func duplicates(_ groups: [DuplicateGroup], _ top: Int) -> String {
        let rows = groups.prefix(top).map { group in
            [
                ByteText.text(group.extraBytes), "\(group.copies)",
                MarkdownText.code("/" + PathText.display(group.paths.first ?? []))
                    + (group.paths.count > 1 ? " and \(group.paths.count - 1) more" : ""),
            ]
        }
        return MarkdownText.table([">extra", ">copies", "same content at"], rows) + MarkdownText.more(groups.count, top)
    }

    private static func hints(_ hints: [Hint], _ top: Int) -> String {
        let rows = hints.prefix(top).map { hint in
            [ByteText.text(hint.bytes), "\(hint.layer)", MarkdownText.plain(hint.rule), MarkdownText.plain(hint.advice)]
        }
        return MarkdownText.table([">bytes", ">layer", "what", "advice"], rows) + MarkdownText.more(hints.count, top)
    }
}
