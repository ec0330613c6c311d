// https://yaml.org/spec/1.2.2/

package import ImageStorage
import OCISpec
import Yams

/// What is wrong with a condition of a rule.
package typealias FilterProblem = ImageFilterError

/// Reads a policy file: YAML as docs/reclaim.md describes it, strictly, so that a typo never widens what goes.
package enum PolicyFile {
    /// The policy that a file's text says.
    package static func policy(parsing text: String) throws(PolicyFileError) -> PrunePolicy {
        let root = try compose(text)
        let top = try PolicyMapping(root, keys: ["version", "trash", "budget", "keep", "rules"])
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

    private static func compose(_ text: String) throws(PolicyFileError) -> Node {
        do {
            guard let root = try Yams.compose(yaml: text) else {
                throw PolicyFileError(line: 1, column: 1, problem: .missingKey("version"))
            }
            return root
        } catch let error as YamlError {
            throw PolicyFileError(error)
        } catch let error as PolicyFileError {
            throw error
        } catch {
            throw PolicyFileError(line: nil, column: nil, problem: .syntax("\(error)"))
        }
    }

    private static func patterns(_ node: Node) throws(PolicyFileError) -> [NamePattern] {
        var patterns: [NamePattern] = []
        for element in try node.elements("keep", expected: "a list of regular expressions") {
            patterns.append(try element.value("keep", expected: "a regular expression") { NamePattern($0) })
        }
        return patterns
    }

    private static func budget(_ node: Node) throws(PolicyFileError) -> PrunePolicy.Budget {
        let fields = try PolicyMapping(node, keys: ["max-store", "high", "low", "min-free"])
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
        let fields = try PolicyMapping(node, keys: ["name", "match", "action", "keep-last", "remove"])
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
            guard remove == nil, keepLast == nil else { throw node.error(.twoActions) }
            return PrunePolicy.Rule(name: name, match: match, action: .keep)
        }
        guard asked != nil || remove != nil || keepLast != nil else { throw node.error(.noAction) }
        return PrunePolicy.Rule(name: name, match: match, action: .remove(remove ?? ImageFilter()), keepLast: keepLast)
    }

    /// Conditions as `key: value`: a relation that a key alone can have goes without saying, `label!` is the other one.
    private static func filter(_ node: Node) throws(PolicyFileError) -> ImageFilter {
        guard let mapping = node.mapping else {
            throw node.error(.badValue(key: "conditions", expected: "keys and values such as `{ dangling: true }`"))
        }
        var conditions: [ImageFilter.Condition] = []
        for (keyNode, valueNode) in mapping {
            let text = keyNode.string ?? ""
            let isNegated = text.hasSuffix("!")
            guard let key = ImageFilter.Key(name: isNegated ? String(text.dropLast()) : text) else {
                let known = ImageFilter.Key.allCases.map(\.rawValue) + ["ref", "label!"]
                throw keyNode.error(.unknownKey(text, suggestion: Suggestion.nearest(to: text, among: known)))
            }
            let relation = isNegated ? ImageFilter.Relation.notEqual : key.relations[0]
            for element in valueNode.sequence.map(Array.init) ?? [valueNode] {
                guard let value = element.string else {
                    throw element.error(.badValue(key: text, expected: "a value or a list of values"))
                }
                do throws(ImageFilterError) {
                    conditions.append(try ImageFilter.Condition(key, relation, value))
                } catch {
                    throw element.error(.badFilter(error))
                }
            }
        }
        return ImageFilter(conditions)
    }
}

/// A mapping whose keys are all known.
private struct PolicyMapping {
    private var fields: [String: Node] = [:]

    init(_ node: Node, keys: [String]) throws(PolicyFileError) {
        guard let mapping = node.mapping else {
            throw node.error(.badValue(key: keys[0], expected: "keys and values: \(keys.joined(separator: ", "))"))
        }
        for (key, value) in mapping {
            guard let name = key.string, keys.contains(name) else {
                let text = key.string ?? ""
                throw key.error(.unknownKey(text, suggestion: Suggestion.nearest(to: text, among: keys)))
            }
            fields[name] = value
        }
    }

    subscript(_ key: String) -> Node? { fields[key] }
}

extension Node {
    fileprivate func error(_ problem: PolicyFileError.Problem) -> PolicyFileError {
        PolicyFileError(line: mark?.line, column: mark?.column, problem: problem)
    }

    /// The text of a scalar as it was written.
    fileprivate var string: String? { scalar?.string }

    fileprivate func elements(_ key: String, expected: String) throws(PolicyFileError) -> [Node] {
        guard let sequence else { throw error(.badValue(key: key, expected: expected)) }
        return Array(sequence)
    }

    fileprivate func value<T>(
        _ key: String, expected: String, _ parse: (String) -> T?
    ) throws(PolicyFileError) -> T {
        guard let string, let value = parse(string) else { throw error(.badValue(key: key, expected: expected)) }
        return value
    }
}

extension PolicyFileError {
    fileprivate init(_ error: YamlError) {
        switch error {
        case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _), .composer(_, let problem, let mark, _):
            self.init(line: mark.line, column: mark.column, problem: .syntax(problem))
        case .duplicatedKeysInMapping(let duplicates, let context):
            self.init(
                line: context.mark.line, column: context.mark.column,
                problem: .syntax("a key stands there twice: \(duplicates.joined(separator: ", "))"))
        default: self.init(line: nil, column: nil, problem: .syntax("\(error)"))
        }
    }
}

/// What a misspelt word may have been meant to be.
enum Suggestion {
    /// The nearest of `words`, when it is near enough: at most a third of its letters differ.
    static func nearest(to text: String, among words: [String]) -> String? {
        let best = words.map { (word: $0, distance: distance(text, $0)) }.min { ($0.distance, $0.word) < ($1.distance, $1.word) }
        guard let best, best.distance * 3 <= max(best.word.count, text.count) else { return nil }
        return best.word
    }

    /// How many letters must be added, left out or changed (Levenshtein).
    private static func distance(_ left: String, _ right: String) -> Int {
        let right = Array(right.lowercased())
        var row = Array(0...right.count)
        for (line, letter) in left.lowercased().enumerated() {
            var diagonal = row[0]
            row[0] = line + 1
            for column in right.indices {
                let cost = letter == right[column] ? diagonal : diagonal + 1
                diagonal = row[column + 1]
                row[column + 1] = min(cost, diagonal + 1, row[column] + 1)
            }
        }
        return row[right.count]
    }
}
