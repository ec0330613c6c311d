// https://github.com/wagoodman/dive#ci-integration

import OCISpec
import SettingsFile

/// Reads a `.dive-ci`: three rules, of which two hold even when the file is silent.
enum DiveBudget {
    typealias Node = SettingsNode<BudgetProblem>

    private static let lowestEfficiency = "lowestEfficiency"
    private static let highestWastedBytes = "highestWastedBytes"
    private static let highestUserWastedPercent = "highestUserWastedPercent"

    /// The rules of the file; one that is `disabled` is none.
    static func budget(_ root: Node) throws(BudgetFileError) -> Budget {
        let keys = [lowestEfficiency, highestWastedBytes, highestUserWastedPercent]
        // Other keys of the file are that tool's own settings.
        let rules = root.pairs?.first { $0.key.string == "rules" }?.value
        let fields = try rules?.fields(keys) ?? [:]
        var budget = Budget()
        if let ratio = try ratio(fields[lowestEfficiency], lowestEfficiency, otherwise: 0.9) {
            budget.rules.append(
                Budget.Rule(.minEfficiency, limit: .atLeast(ratio), line: fields[lowestEfficiency]?.line))
        }
        if let node = fields[highestWastedBytes], node.string != "disabled" {
            let bytes = try node.value(highestWastedBytes, expected: "bytes such as 20MB, or `disabled`", bytes)
            budget.rules.append(Budget.Rule(.maxWasted, limit: .amount(.bytes(bytes)), line: node.line))
        }
        if let ratio = try ratio(fields[highestUserWastedPercent], highestUserWastedPercent, otherwise: 0.1) {
            budget.rules.append(
                Budget.Rule(.maxUserWasted, limit: .amount(.ratio(ratio)), line: fields[highestUserWastedPercent]?.line))
        }
        return budget
    }

    private static func ratio(_ node: Node?, _ key: String, otherwise: Double) throws(BudgetFileError) -> Double? {
        guard let node else { return otherwise }
        if node.string == "disabled" { return nil }
        return try node.value(key, expected: "a number from 0 to 1, or `disabled`") { text in
            Double(text).flatMap { (0...1).contains($0) ? $0 : nil }
        }
    }

    /// That tool also takes `20M` and `20Mi`.
    private static func bytes(_ text: String) -> Int64? { ByteCountText.bytes(text) ?? ByteCountText.bytes(text + "B") }
}
