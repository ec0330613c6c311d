package import LayerAnalysis
package import OCISpec

/// `check --format json`.
package enum CheckJSON {
    /// The document.
    package static func document(_ result: CheckResult) -> JSONValue {
        JSONReport.document(
            "image-check",
            [
                "image": AnalysisJSON.image(result.image),
                "isPartial": .bool(result.totals.isPartial),
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
            "label": .string(baseline.label), "contentBytes": .optional(baseline.contentBytes),
            "visibleBytes": .optional(baseline.visibleBytes), "compressedBytes": .integer(baseline.compressedBytes),
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
