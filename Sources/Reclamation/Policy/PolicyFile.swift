// https://yaml.org/spec/1.2.2/

package import ImageStorage
import OCISpec
import SettingsFile
import TextPatterns
import TextValues

/// What is wrong with a condition of a rule.
package typealias FilterProblem = ImageFilterError

/// Reads a policy file: YAML as docs/reclaim.md describes it, strictly, so that a typo never widens what goes.
package enum PolicyFile {
    private typealias Node = SettingsNode<PolicyProblem>

    /// The policy that a file's text says.
    package static func policy(parsing text: String) throws(PolicyFileError) -> PrunePolicy {
        let root = try Node(parsing: text)
        let top = try root.fields(["version", "trash", "budget", "keep", "rules"])
        guard let version = top["version"] else { throw PolicyFileError(line: 1, column: 1, problem: .missingKey("version")) }
        guard version.string == "1" else { throw version.error(.unknownVersion(version.string ?? "")) }
        guard let list = top["rules"] else { throw root.error(.missingKey("rules")) }
        var rules: [PrunePolicy.Rule] = []
        for rule in try list.elements("rules", expected: "a list of rules") { rules.append(try self.rule(rule)) }
        return PrunePolicy(
            rules: rules, keepPatterns: try top["keep"].map(patterns) ?? [],
            budget: try top["budget"].map(budget) ?? PrunePolicy.Budget(),
            trash: try top["trash"].map { node throws(PolicyFileError) in
                try node.value("trash", expected: "a time such as 24h or 7d") { DurationText.duration($0) }
            } ?? .zero)
    }

    private static func patterns(_ node: Node) throws(PolicyFileError) -> [NamePattern] {
        var patterns: [NamePattern] = []
        for element in try node.elements("keep", expected: "a list of regular expressions") {
            guard let text = element.string else {
                throw element.error(.badValue(key: "keep", expected: "a regular expression"))
            }
            do {
                patterns.append(try NamePattern(text))
            } catch {
                throw element.error(.own(.badPattern(text, error)))
            }
        }
        return patterns
    }

    private static func budget(_ node: Node) throws(PolicyFileError) -> PrunePolicy.Budget {
        let fields = try node.fields(["max-store", "high", "low", "min-free"])
        func bytes(_ key: String) throws(PolicyFileError) -> Int64? {
            guard let node = fields[key] else { return nil }
            return try node.value(key, expected: "bytes with their unit, such as 500MB or 20GiB", BudgetValues.bytes)
        }
        func percent(_ key: String) throws(PolicyFileError) -> Double? {
            guard let node = fields[key] else { return nil }
            let expected = BudgetValues.percentageExpected(insteadOf: node.string ?? "")
            return try node.value(key, expected: expected, BudgetValues.percentage)
        }
        let budget = PrunePolicy.Budget(
            maxStoreBytes: try bytes("max-store"), highPercent: try percent("high"), lowPercent: try percent("low"),
            minFreeBytes: try bytes("min-free"))
        if let low = budget.lowPercent, low > budget.highPercent ?? -1 {
            throw (fields["low"] ?? node).error(.badValue(key: "low", expected: "a percentage that is not above `high`"))
        }
        return budget
    }

    private static func rule(_ node: Node) throws(PolicyFileError) -> PrunePolicy.Rule {
        let fields = try node.fields(["name", "match", "action", "keep-last", "remove"])
        guard let nameNode = fields["name"] else { throw node.error(.missingKey("name")) }
        let name = try nameNode.value("name", expected: "a text") { $0.isEmpty ? nil : $0 }
        let match = try fields["match"].map(filter) ?? ImageFilter()
        let keepLast = try fields["keep-last"].map { node throws(PolicyFileError) in
            try node.value("keep-last", expected: "a number from 0 on") { text in Int(text).flatMap { $0 < 0 ? nil : $0 } }
        }
        let remove = try fields["remove"].map(filter)
        var asked: String?
        if let action = fields["action"] {
            asked = try action.value("action", expected: "`keep` or `remove`") { ["keep", "remove"].contains($0) ? $0 : nil }
        }
        if asked == "keep" {
            guard remove == nil, keepLast == nil else { throw node.error(.own(.twoActions)) }
            return PrunePolicy.Rule(name: name, match: match, action: .keep)
        }
        guard asked != nil || remove != nil || keepLast != nil else { throw node.error(.own(.noAction)) }
        return PrunePolicy.Rule(name: name, match: match, action: .remove(remove ?? ImageFilter()), keepLast: keepLast)
    }

    /// Conditions as `key: value`: a relation that a key alone can have goes without saying, `label!` is the other one.
    ///
    /// Several values of a key are alternatives. A mapping without conditions, and a key without values, would mean every image,
    /// which nobody writes so.
    private static func filter(_ node: Node) throws(PolicyFileError) -> ImageFilter {
        guard let pairs = node.pairs, !pairs.isEmpty else {
            throw node.error(.badValue(key: "conditions", expected: "keys and values such as `{ dangling: true }`"))
        }
        var conditions: [ImageFilter.Condition] = []
        for (keyNode, valueNode) in pairs {
            let text = keyNode.string ?? ""
            let isNegated = text.hasSuffix("!")
            guard let key = ImageFilter.Key(name: isNegated ? String(text.dropLast()) : text) else {
                let known = ImageFilter.Key.allCases.map(\.rawValue) + ["ref", "label!"]
                throw keyNode.error(.unknownKey(text, suggestion: Suggestion.nearest(to: text, among: known)))
            }
            let relation = isNegated ? ImageFilter.Relation.notEqual : key.relations[0]
            conditions.append(try condition(key, relation, text, valueNode))
        }
        return ImageFilter(conditions)
    }

    private static func condition(
        _ key: ImageFilter.Key, _ relation: ImageFilter.Relation, _ text: String, _ node: Node
    ) throws(PolicyFileError) -> ImageFilter.Condition {
        let elements = node.list ?? [node]
        guard elements.count == 1 || !elements.isEmpty && key.hasAlternatives else {
            throw node.error(.badValue(key: text, expected: key.hasAlternatives ? "a value or a list of values" : "one value"))
        }
        var values: [String] = []
        for element in elements {
            guard let value = element.string, !value.isEmpty else {
                throw element.error(.badValue(key: text, expected: "a value\(key.hasAlternatives ? " or a list of values" : "")"))
            }
            if key == .size, !value.split(separator: "|").allSatisfy({ BudgetValues.bytes(String($0)) != nil }) {
                throw element.error(.badValue(key: text, expected: "bytes with their unit, such as 500MB or 20GiB"))
            }
            do { _ = try ImageFilter.Condition(key, relation, value) } catch {
                throw element.error(.own(.badFilter(error)))
            }
            values.append(value)
        }
        do {
            return try ImageFilter.Condition(key, relation, values.joined(separator: "|"))
        } catch {
            throw node.error(.own(.badFilter(error)))
        }
    }
}

extension ImageFilter.Key {
    /// Whether several values can be meant as alternatives: of several bounds or sizes one would do, and nobody knows which.
    fileprivate var hasAlternatives: Bool {
        switch self {
        case .reference, .label, .dangling, .before, .since: true
        case .until, .imported, .used, .size: false
        }
    }
}
