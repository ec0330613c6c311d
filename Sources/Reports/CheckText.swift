package import LayerAnalysis

/// `check` as text.
package enum CheckText {
    /// A line for each rule, failures first with what makes them, then remarks on allowances and the outcome.
    package static func text(_ result: CheckResult, _ style: TextStyle, top: Int) -> String {
        var text = style.paint(PathText.printable(result.image.label), .heading) + "  " + figures(result) + "\n"
        for rule in CheckOrder.rules(result) {
            text += style.paint(mark(rule.status), role(rule.status)) + "  "
            text += CheckWords.sentence(rule, against: result.against) + "\n"
            guard rule.status == .failed else { continue }
            for item in rule.items.prefix(top) {
                let line = "        " + pad(ByteText.text(item.bytes)) + "  " + CheckWords.item(item)
                text += TextTable.cut(line, to: style.width) + "\n"
            }
            if rule.items.count > top { text += "        and \(rule.items.count - top) more; `--top N` shows them\n" }
        }
        for remark in result.allowances.compactMap(CheckWords.remark) {
            text += style.paint("note", .notable) + "    \(remark)\n"
        }
        return text + style.paint(CheckWords.verdict(result), result.isPassed ? .good : .bad) + "\n"
    }

    private static func figures(_ result: CheckResult) -> String {
        guard let figures = result.compatible else {
            return "\(ByteText.text(result.totals.contentBytes)) stored by layers, "
                + "\(ByteText.text(result.totals.wastedBytes)) wasted, efficiency \(ByteText.percent(result.totals.efficiency))"
        }
        return "by dive's formula \(ByteText.text(figures.wastedBytes)) wasted, efficiency "
            + "\(ByteText.percent(figures.efficiency)) (truly \(ByteText.text(result.totals.wastedBytes)), "
            + "\(ByteText.percent(result.totals.efficiency)))"
    }

    private static func pad(_ text: String) -> String { String(repeating: " ", count: max(0, 7 - text.count)) + text }

    private static func mark(_ status: CheckResult.Status) -> String {
        switch status {
        case .passed: "pass"
        case .failed: "FAIL"
        case .allowed: "pass"
        case .notApplicable: "skip"
        }
    }

    private static func role(_ status: CheckResult.Status) -> TextStyle.Role {
        switch status {
        case .passed: .good
        case .failed: .bad
        case .allowed: .notable
        case .notApplicable: .quiet
        }
    }
}

/// The order in which rules are reported.
enum CheckOrder {
    /// Failures first, each part in the budget's order.
    static func rules(_ result: CheckResult) -> [CheckResult.RuleResult] {
        result.rules.filter { $0.status == .failed } + result.rules.filter { $0.status != .failed }
    }
}
