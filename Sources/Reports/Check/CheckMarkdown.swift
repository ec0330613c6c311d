package import LayerAnalysis

/// `check --format markdown`: a comment for a pull request.
package enum CheckMarkdown {
    /// A line for each rule; what makes failures is folded away.
    package static func text(_ result: CheckResult) -> String {
        var text = "### \(result.isPassed ? "✅" : "❌") Image check: \(MarkdownText.code(result.image.label))\n\n"
        text += MarkdownText.table(
            ["", "rule", ">measured", "limit"],
            CheckOrder.rules(result).map { rule in
                [
                    mark(rule.status), MarkdownText.code(CheckWords.title(rule.rule)),
                    rule.status == .undecided ? ByteText.unknown : CheckWords.text(rule.measured),
                    CheckWords.text(rule.rule.limit),
                ]
            })
        text += "\n"
        for rule in result.rules where rule.status.isFailure && !rule.items.isEmpty {
            let rows = rule.items.prefix(10).map { item in
                [ByteText.text(item.bytes), item.kind.rawValue, MarkdownText.code(CheckWords.item(item))]
            }
            text += MarkdownText.folded(
                HTMLPage.escaped("\(CheckWords.title(rule.rule)): what contributes most"),
                MarkdownText.table([">bytes", "", ""], rows))
        }
        for remark in result.allowances.compactMap(CheckWords.remark) { text += "⚠️ \(MarkdownText.plain(remark))\n\n" }
        return text + "\(CheckWords.verdict(result)).\n"
    }

    private static func mark(_ status: CheckResult.Status) -> String {
        switch status {
        case .passed: "✅"
        case .failed, .undecided: "❌"
        case .allowed: "⚠️"
        case .notApplicable: "➖"
        }
    }
}
