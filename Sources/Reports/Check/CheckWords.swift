import LayerAnalysis
import OCISpec

/// The results of a check in words: the one place for its sentences, whatever the format.
enum CheckWords {
    /// The rule as people refer to it: `max-size`, `path /var/cache/**`.
    static func title(_ rule: Budget.Rule) -> String {
        rule.pattern.map { "\(rule.name.rawValue) \($0)" } ?? rule.name.rawValue
    }

    /// What a figure of the rule is.
    static func subject(_ name: Budget.RuleName) -> String {
        switch name {
        case .maxSize: "stored by layers"
        case .maxVisible: "visible"
        case .maxCompressed: "compressed"
        case .maxLayer: "in the largest layer"
        case .maxLayers: "layers"
        case .maxWasted: "wasted"
        case .maxUserWasted: "wasted above the base image"
        case .minEfficiency: "efficiency"
        case .maxGrowth: "more"
        case .path: "visible there"
        case .package: "in packages"
        }
    }

    /// A figure; bytes in full where somebody may want to put them into the budget.
    static func text(_ quantity: CheckResult.Quantity?) -> String {
        switch quantity {
        case .bytes(let bytes)?: ByteText.text(bytes)
        case .ratio(let ratio)?: ratio.map { $0.isFinite ? ByteText.percent($0) : "not a number" } ?? "from nothing"
        case .count(let count)?: "\(count)"
        case nil: "n/a"
        }
    }

    /// A limit.
    static func text(_ limit: Budget.Rule.Limit) -> String {
        switch limit {
        case .amount(.bytes(let bytes)): "at most \(ByteText.text(bytes))"
        case .amount(.ratio(let ratio)): "at most \(ByteText.percent(ratio))"
        case .count(let count): "at most \(count)"
        case .atLeast(let ratio): "at least \(ByteText.percent(ratio))"
        case .forbidden: "none wanted"
        }
    }

    /// One sentence for a rule.
    static func sentence(_ result: CheckResult.RuleResult, against baseline: Baseline?) -> String {
        var text = "\(title(result.rule)): "
        switch result.status {
        case .undecided: return text + "cannot be decided, \(whyUndecided(result.rule.name)); \(self.text(result.rule.limit))"
        case .allowed where result.measured == nil: return text + "cannot be decided, allowed for now"
        case .notApplicable: return text + "not applicable, \(whyNot(result.rule.name))"
        case .passed, .failed, .allowed: text += "\(self.text(result.measured)) \(unit(result))"
        }
        if result.rule.name == .maxGrowth, let baseline { text += " than \(PathText.printable(baseline.label))" }
        text += ", \(self.text(result.rule.limit))"
        return result.status == .allowed ? text + ", allowed for now" : text
    }

    private static func whyUndecided(_ name: Budget.RuleName) -> String {
        switch name {
        case .maxGrowth: "since the content of a layer of one of the images is not known"
        case .package: "since the packages of a layer are not known"
        default: "since the content of a layer is not known"
        }
    }

    private static func unit(_ result: CheckResult.RuleResult) -> String {
        guard result.rule.limit != .forbidden else { return result.rule.name == .package ? "packages" : "files" }
        return subject(result.rule.name)
    }

    private static func whyNot(_ name: Budget.RuleName) -> String {
        switch name {
        case .maxUserWasted: "no base image is known (`--base` names one)"
        case .minEfficiency, .maxWasted: "the layers store no content"
        case .maxGrowth: "there is nothing to compare with"
        default: "there is nothing to measure"
        }
    }

    /// The sentence for a rule and below it its largest contributors, `limit` at most.
    static func paragraph(_ result: CheckResult.RuleResult, against baseline: Baseline?, limit: Int = .max) -> String {
        let lines = result.items.prefix(limit).map { "\(ByteText.text($0.bytes))  \(item($0))" }
        return ([sentence(result, against: baseline)] + lines).joined(separator: "\n")
    }

    /// One contributor: `8.42MB  /usr/share/doc/x  (layer 3)`.
    static func item(_ item: CheckResult.Item) -> String {
        let label = PathText.display(item.label)
        switch item.kind {
        case .layer: return "layer \(item.layer ?? 0): \(AnalysisText.instruction(label.isEmpty ? nil : label))"
        case .path: return label + (item.layer.map { " (layer \($0))" } ?? "")
        case .package: return label
        }
    }

    /// What is to be said of an allowance; nil where it does its work.
    static func remark(_ result: CheckResult.AllowanceResult) -> String? {
        let allowance = result.allowance
        let what = allowance.pattern.map { "\(allowance.rule.rawValue) \($0)" } ?? allowance.rule.rawValue
        switch result.status {
        case .used: return nil
        case .unused: return "the allowance for \(what) (\(allowance.reason)) is not needed any more"
        case .expired: return "the allowance for \(what) (\(allowance.reason)) expired after \(allowance.expires ?? "")"
        }
    }

    /// The outcome in a line.
    static func verdict(_ result: CheckResult) -> String {
        let words: [(CheckResult.Status, String)] = [
            (.failed, "failed"), (.undecided, "undecided"), (.passed, "passed"), (.allowed, "allowed"),
            (.notApplicable, "not applicable"),
        ]
        let parts = words.compactMap { status, word -> String? in
            let count = result.rules.filter { $0.status == status }.count
            return count > 0 ? "\(count) \(word)" : nil
        }
        let count = AnalysisText.counted(result.rules.count, "rule")
        return parts.isEmpty ? count : "\(count): " + parts.joined(separator: ", ")
    }
}
