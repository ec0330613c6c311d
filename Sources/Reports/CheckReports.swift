package import LayerAnalysis
package import OCISpec

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

/// `check --format json`.
package enum CheckJSON {
    /// The document.
    package static func document(_ result: CheckResult) -> JSONValue {
        JSONReport.document(
            "image-check",
            [
                "image": AnalysisJSON.image(result.image),
                "totals": AnalysisJSON.totals(result.totals),
                "passed": .bool(result.isPassed),
                "against": result.against.map(against) ?? .null,
                "compatibleFigures": result.compatible.map(figures) ?? .null,
                "rules": .array(result.rules.map { rule($0, against: result.against) }),
                "allowances": .array(result.allowances.map(allowance)),
            ])
    }

    private static func against(_ baseline: Baseline) -> JSONValue {
        .object([
            "label": .string(baseline.label), "contentBytes": .integer(baseline.contentBytes),
            "visibleBytes": .integer(baseline.visibleBytes), "compressedBytes": .integer(baseline.compressedBytes),
        ])
    }

    private static func figures(_ figures: DiveFigures) -> JSONValue {
        .object([
            "efficiency": .number(figures.efficiency), "wastedBytes": .integer(figures.wastedBytes),
            "userWastedRatio": figures.userWastedRatio.isFinite ? .number(figures.userWastedRatio) : .null,
        ])
    }

    private static func rule(_ result: CheckResult.RuleResult, against baseline: Baseline?) -> JSONValue {
        .object([
            "rule": .string(result.rule.name.rawValue),
            "match": .optional(result.rule.pattern),
            "status": .string(result.status.rawValue),
            "message": .string(CheckWords.sentence(result, against: baseline)),
            "measured": result.measured.map(quantity) ?? .null,
            "limit": limit(result.rule.limit),
            "items": .array(result.items.map(item)),
        ])
    }

    private static func quantity(_ quantity: CheckResult.Quantity) -> JSONValue {
        switch quantity {
        case .bytes(let bytes): .object(["bytes": .integer(bytes)])
        case .ratio(let ratio): .object(["ratio": ratio.map { $0.isFinite ? .number($0) : .null } ?? .null])
        case .count(let count): .object(["count": .count(count)])
        }
    }

    private static func limit(_ limit: Budget.Rule.Limit) -> JSONValue {
        switch limit {
        case .amount(.bytes(let bytes)): .object(["maxBytes": .integer(bytes)])
        case .amount(.ratio(let ratio)): .object(["maxRatio": .number(ratio)])
        case .count(let count): .object(["maxCount": .count(count)])
        case .atLeast(let ratio): .object(["minRatio": .number(ratio)])
        case .forbidden: .object(["maxCount": .integer(0)])
        }
    }

    private static func item(_ item: CheckResult.Item) -> JSONValue {
        .object([
            "type": .string(item.kind.rawValue), "label": .string(PathText.text(item.label).text),
            "layer": .optional(item.layer.map(Int64.init)), "bytes": .integer(item.bytes),
        ])
    }

    private static func allowance(_ result: CheckResult.AllowanceResult) -> JSONValue {
        .object([
            "rule": .string(result.allowance.rule.rawValue), "match": .optional(result.allowance.pattern),
            "reason": .string(result.allowance.reason), "expires": .optional(result.allowance.expires),
            "status": .string(result.status.rawValue), "bytes": .integer(result.bytes),
        ])
    }
}

/// `check --format markdown`: a comment for a pull request.
package enum CheckMarkdown {
    /// A line for each rule; what makes failures is folded away.
    package static func text(_ result: CheckResult) -> String {
        var text = "### \(result.isPassed ? "✅" : "❌") Image check: \(MarkdownText.code(result.image.label))\n\n"
        text += MarkdownText.table(
            ["", "rule", ">measured", "limit"],
            CheckOrder.rules(result).map { rule in
                [
                    mark(rule.status), MarkdownText.code(CheckWords.title(rule.rule)), CheckWords.text(rule.measured),
                    CheckWords.text(rule.rule.limit),
                ]
            })
        text += "\n"
        for rule in result.rules where rule.status == .failed && !rule.items.isEmpty {
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
        case .failed: "❌"
        case .allowed: "⚠️"
        case .notApplicable: "➖"
        }
    }
}
