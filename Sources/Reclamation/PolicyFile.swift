// https://yaml.org/spec/1.2.2/

package import ImageStorage
import OCISpec
import SettingsFile
import TextPatterns

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
                try node.value("trash", expected: "a time such as 24h or 7d", DurationText.duration)
            } ?? .zero)
    }

    private static func patterns(_ node: Node) throws(PolicyFileError) -> [NamePattern] {
        var patterns: [NamePattern] = []
        for element in try node.elements("keep", expected: "a list of regular expressions") {
            guard let text = element.string else {
                throw element.error(.badValue(key: "keep", expected: "a regular expression"))
            }
            do throws(RegularExpressionError) {
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
            return try node.value(key, expected: "bytes such as 500MB or 20GiB", ByteCountText.bytes)
        }
        func percent(_ key: String) throws(PolicyFileError) -> Double? {
            guard let node = fields[key] else { return nil }
            return try node.value(key, expected: "a percentage such as 85%", percentage)
        }
        let budget = PrunePolicy.Budget(
            maxStoreBytes: try bytes("max-store"), highPercent: try percent("high"), lowPercent: try percent("low"),
            minFreeBytes: try bytes("min-free"))
        if let low = budget.lowPercent, low > budget.highPercent ?? -1 {
            throw (fields["low"] ?? node).error(.badValue(key: "low", expected: "a percentage that is not above `high`"))
        }
        return budget
    }

    private static func percentage(_ text: String) -> Double? {
        guard let value = Double(text.hasSuffix("%") ? String(text.dropLast()) : text), (0...100).contains(value) else {
            return nil
        }
        return value
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
    private static func filter(_ node: Node) throws(PolicyFileError) -> ImageFilter {
        guard let pairs = node.pairs else {
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
            for element in valueNode.list ?? [valueNode] {
                guard let value = element.string else {
                    throw element.error(.badValue(key: text, expected: "a value or a list of values"))
                }
                do throws(ImageFilterError) {
                    conditions.append(try ImageFilter.Condition(key, relation, value))
                } catch {
                    throw element.error(.own(.badFilter(error)))
                }
            }
        }
        return ImageFilter(conditions)
    }
}
