import OCISpec
package import SettingsFile
import TextPatterns
import TextValues

/// What is wrong with a budget file, and where.
package typealias BudgetFileError = SettingsError<BudgetProblem>

/// What only a budget file can have wrong.
package enum BudgetProblem: Hashable, Sendable {
    /// It limits nothing.
    case noRules
    /// A rule on paths or packages without a limit.
    case noLimit
    /// An allowance for a rule that does not exist, and one that may be meant.
    case unknownRule(String, suggestion: String?)
    /// An allowance for a part of what is one figure.
    case nothingToMatch(String)
}

/// Reads budget files: ours as docs/check.md describes them, and dive's as dive reads them.
package enum BudgetFile {
    private typealias Node = SettingsNode<BudgetProblem>

    /// The budget that the text of the file at `path` says.
    ///
    /// A file with one of dive's names is dive's, whatever is in it; of any other, what it says decides.
    package static func budget(parsing text: String, path: String = "") throws(BudgetFileError) -> Budget {
        if let file = DiveFile(path: path) { return try DiveBudget.budget(try Node.first(in: text), file) }
        let root = try Node(parsing: text)
        if DiveBudget.isMeant(root) { return try DiveBudget.budget(root, .unnamed) }
        let scalars = Budget.RuleName.allCases.map(\.rawValue).filter { $0 != "path" && $0 != "package" }
        let top = try root.fields(["version"] + scalars + ["paths", "packages", "allow"])
        guard let version = top["version"] else { throw BudgetFileError(line: 1, column: 1, problem: .missingKey("version")) }
        guard version.string == "1" else { throw version.error(.unknownVersion(version.string ?? "")) }
        var budget = Budget()
        for name in Budget.RuleName.allCases {
            guard let node = top[name.rawValue] else { continue }
            budget.rules.append(Budget.Rule(name, limit: try limit(name, node), line: node.line))
        }
        budget.rules += try patterns(.path, top["paths"]) + patterns(.package, top["packages"])
        for node in try top["allow"]?.elements("allow", expected: "a list of allowances") ?? [] {
            budget.allowances.append(try allowance(node))
        }
        guard !budget.rules.isEmpty else { throw root.error(.own(.noRules)) }
        return budget
    }

    /// The limit of a rule on one figure.
    private static func limit(_ name: Budget.RuleName, _ node: Node) throws(BudgetFileError) -> Budget.Rule.Limit {
        let expected = Budget.expected(name)
        return try node.value(name.rawValue, expected: expected) { Budget.limit(name, $0) }
    }

    private static func patterns(_ name: Budget.RuleName, _ node: Node?) throws(BudgetFileError) -> [Budget.Rule] {
        let key = name == .path ? "paths" : "packages"
        var rules: [Budget.Rule] = []
        for element in try node?.elements(key, expected: "a list of rules such as `{ match: …, max: 1MB }`") ?? [] {
            let fields = try element.fields(["match", "max", "forbid"])
            guard let match = fields["match"] else { throw element.error(.missingKey("match")) }
            let pattern = try match.value("match", expected: "a pattern") { text in
                name == .path && PathGlob(text) == nil || text.isEmpty ? nil : text
            }
            let isForbidden =
                try fields["forbid"]?.value("forbid", expected: "`true`") { $0 == "true" ? true : nil } ?? false
            let max = try fields["max"]?.value("max", expected: "bytes such as 500kB or 20MiB") { ByteCountText.bytes($0) }
            guard isForbidden != (max != nil) else { throw element.error(.own(.noLimit)) }
            rules.append(
                Budget.Rule(
                    name, pattern: pattern, limit: max.map { .amount(.bytes($0)) } ?? .forbidden, line: element.line))
        }
        return rules
    }

    private static func allowance(_ node: Node) throws(BudgetFileError) -> Budget.Allowance {
        let fields = try node.fields(["rule", "match", "reason", "expires"])
        guard let ruleNode = fields["rule"] else { throw node.error(.missingKey("rule")) }
        guard let reasonNode = fields["reason"] else { throw node.error(.missingKey("reason")) }
        guard let expiresNode = fields["expires"] else { throw node.error(.missingKey("expires")) }
        let text = ruleNode.string ?? ""
        guard let rule = Budget.RuleName(rawValue: text) else {
            let names = Budget.RuleName.allCases.map(\.rawValue)
            throw ruleNode.error(.own(.unknownRule(text, suggestion: Suggestion.nearest(to: text, among: names))))
        }
        let pattern = try fields["match"]?.value("match", expected: "a pattern") { $0.isEmpty ? nil : $0 }
        if pattern != nil, !rule.hasItems {
            throw fields["match"]?.error(.own(.nothingToMatch(text))) ?? node.error(.own(.noLimit))
        }
        let reason = try reasonNode.value("reason", expected: "a text") { $0.isEmpty ? nil : $0 }
        let expires = try expiresNode.value("expires", expected: "a day such as 2030-12-31, or `never`") { text in
            text == "never" || Self.endOfDay(text) != nil ? text : nil
        }
        return Budget.Allowance(
            rule, pattern: pattern, reason: reason, end: Self.endOfDay(expires), expires: expires == "never" ? nil : expires,
            line: node.line)
    }

    /// The moment at which a day is over in Greenwich.
    private static func endOfDay(_ text: String) -> Timestamp? {
        guard text.utf8.count == 10, let start = Timestamp(parsing: "\(text)T00:00:00Z") else { return nil }
        return Timestamp(seconds: start.seconds + 86_400)
    }
}

extension Budget {
    /// What a rule on one figure takes, in words.
    package static func expected(_ name: RuleName) -> String {
        switch name {
        case .maxLayers: "a number from 0 on"
        case .minEfficiency: "a part such as 95% or 0.95"
        case .maxUserWasted: "a percentage such as 10%, or bytes such as 20MB"
        case .maxWasted, .maxGrowth: "bytes such as 20MB, or a percentage such as 5%"
        case .maxSize, .maxVisible, .maxCompressed, .maxLayer, .path, .package: "bytes such as 500MB or 20GiB"
        }
    }

    /// The limit that `text` says for a rule on one figure; nil where it says none.
    package static func limit(_ name: RuleName, _ text: String) -> Rule.Limit? {
        switch name {
        case .maxLayers:
            guard let count = Int(text), count >= 0 else { return nil }
            return .count(count)
        case .minEfficiency:
            guard let ratio = percentage(text) ?? Double(text), (0...1).contains(ratio) else { return nil }
            return .atLeast(ratio)
        case .maxWasted, .maxUserWasted, .maxGrowth:
            if let ratio = percentage(text) { return .amount(.ratio(ratio)) }
            return ByteCountText.bytes(text).map { .amount(.bytes($0)) }
        case .maxSize, .maxVisible, .maxCompressed, .maxLayer, .path, .package:
            return ByteCountText.bytes(text).map { .amount(.bytes($0)) }
        }
    }

    private static func percentage(_ text: String) -> Double? {
        guard text.hasSuffix("%"), let value = Double(text.dropLast()), value >= 0, value.isFinite else { return nil }
        return value / 100
    }
}
