package import LayerAnalysis
import TextValues

/// `check` as text.
package enum CheckText {
    /// A line for each rule, failures first with what makes them, then remarks on allowances and the outcome.
    package static func text(_ result: CheckResult, _ style: TextStyle, top: Int) -> String {
        var text = style.paint(result.image.label, .heading) + "  " + figures(result) + "\n"
        for rule in CheckOrder.rules(result) {
            text += style.paint(mark(rule.status), role(rule.status)) + "  "
            text += PathText.printable(CheckWords.sentence(rule, against: result.against)) + "\n"
            guard rule.status.isFailure else { continue }
            for item in rule.items.prefix(top) {
                let line = "        " + pad(ByteText.text(item.bytes)) + "  " + CheckWords.item(item)
                text += TextColumns.cut(line, to: style.width) + "\n"
            }
            if rule.items.count > top { text += "        and \(rule.items.count - top) more; `--top N` shows them\n" }
        }
        for remark in result.allowances.compactMap(CheckWords.remark) {
            text += style.paint("note", .notable) + "    \(PathText.printable(remark))\n"
        }
        return text + style.paint(CheckWords.verdict(result), result.isPassed ? .good : .bad) + "\n"
    }

    private static func figures(_ result: CheckResult) -> String {
        guard let figures = result.compatible else {
            return "\(ByteText.known(result.totals.contentBytes)) stored by layers, "
                + "\(ByteText.known(result.totals.wastedBytes)) wasted, efficiency \(AnalysisText.efficiency(result.totals))"
        }
        return "by dive's formula \(ByteText.text(figures.wastedBytes)) wasted, efficiency "
            + "\(ByteText.percent(figures.efficiency)) (truly \(ByteText.known(result.totals.wastedBytes)), "
            + "\(AnalysisText.efficiency(result.totals)))"
    }

    private static func pad(_ text: String) -> String { String(repeating: " ", count: max(0, 7 - text.count)) + text }

    private static func mark(_ status: CheckResult.Status) -> String {
        switch status {
        case .passed: "pass"
        case .failed, .undecided: "FAIL"
        case .allowed: "pass"
        case .notApplicable: "skip"
        }
    }

    private static func role(_ status: CheckResult.Status) -> TextStyle.Role {
        switch status {
        case .passed: .good
        case .failed, .undecided: .bad
        case .allowed: .notable
        case .notApplicable: .quiet
        }
    }
}

/// The order in which rules are reported.
enum CheckOrder {
    /// Failures first, each part in the budget's order.
    static func rules(_ result: CheckResult) -> [CheckResult.RuleResult] {
        result.rules.filter { $0.status.isFailure } + result.rules.filter { !$0.status.isFailure }
    }
}
