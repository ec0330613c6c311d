// https://github.com/wagoodman/dive#ci-integration
// https://github.com/wagoodman/dive/blob/v0.13.1/cmd/dive/cli/internal/options/ci.go

import SettingsFile
import TextValues

/// Which of dive's files one is: its file of rules, or its settings, which hold rules as well.
enum DiveFile: Hashable, Sendable {
    /// `.dive-ci`: keys in camel case, as they stand.
    case rules
    /// `.dive.yaml`: keys in kebab case, or in camel case as before, with letters of either case.
    case settings
    /// A file of any other name with `rules` and no `version`: it may be either.
    case unnamed

    /// The file that the path's last part names; nil for any other.
    init?(path: String) {
        let name = path.split(separator: "/").last ?? ""
        let stem = [".yaml", ".yml"].first(where: name.hasSuffix).map { name.dropLast($0.count) } ?? name
        if stem.hasSuffix(".dive-ci") {
            self = .rules
        } else if stem.count < name.count, stem == ".dive" || stem == "dive" {
            self = .settings
        } else {
            return nil
        }
    }
}

/// Reads dive's rules: three, of which two hold even when the file is silent.
///
/// What dive passes over is passed over, as the rules of plugins are: a file of that tool is right when that tool takes it.
enum DiveBudget {
    typealias Node = SettingsNode<BudgetProblem>

    /// One of the rules, by each of its keys.
    private struct Key {
        let camel: String
        let kebab: String

        static let efficiency = Key(camel: "lowestEfficiency", kebab: "lowest-efficiency")
        static let wastedBytes = Key(camel: "highestWastedBytes", kebab: "highest-wasted-bytes")
        static let userWasted = Key(camel: "highestUserWastedPercent", kebab: "highest-user-wasted-percent")
    }

    /// The rules that a document says, which is nil for an empty file; one that is disabled is none.
    static func budget(_ root: Node?, _ file: DiveFile) throws(BudgetFileError) -> Budget {
        var fields: [String: Node] = [:]
        if let rules = try value(of: "rules", in: root, file, expected: "a mapping with `rules`") {
            fields = try self.fields(of: rules, file)
        }
        var budget = Budget()
        let efficiency = setting(.efficiency, fields, file)
        if let ratio = try ratio(efficiency, otherwise: 0.9) {
            budget.rules.append(Budget.Rule(.minEfficiency, limit: .atLeast(ratio), line: efficiency?.node.line))
        }
        if let (key, node) = setting(.wastedBytes, fields, file), !isDisabled(node) {
            let bytes = try node.value(key, expected: "bytes such as 20MB, or `disabled`", { ByteCountText.bytes($0, .dive) })
            budget.rules.append(Budget.Rule(.maxWasted, limit: .amount(.bytes(bytes)), line: node.line))
        }
        let userWasted = setting(.userWasted, fields, file)
        if let ratio = try ratio(userWasted, otherwise: 0.1) {
            budget.rules.append(Budget.Rule(.maxUserWasted, limit: .amount(.ratio(ratio)), line: userWasted?.node.line))
        }
        return budget
    }

    /// Whether a file without dive's name is one of that tool: it has rules and no version.
    static func isMeant(_ root: Node?) -> Bool {
        let names = root?.pairs?.compactMap(\.key.string) ?? []
        return names.contains("rules") && !names.contains("version")
    }

    /// What a mapping says for `name`; nothing stands there for null.
    private static func value(
        of name: String, in node: Node?, _ file: DiveFile, expected: String
    ) throws(BudgetFileError) -> Node? {
        guard let node, !node.isNull else { return nil }
        guard let pairs = node.pairs else { throw node.error(.badValue(key: name, expected: expected)) }
        let value = pairs.last { matched($0.key, file) == name }?.value
        return value.flatMap { $0.isNull ? nil : $0 }
    }

    /// The rules by their keys, without those that are null.
    private static func fields(of rules: Node, _ file: DiveFile) throws(BudgetFileError) -> [String: Node] {
        guard let pairs = rules.pairs else {
            throw rules.error(.badValue(key: "rules", expected: "rules such as `lowestEfficiency: 0.9`"))
        }
        var fields: [String: Node] = [:]
        for (key, value) in pairs where !value.isNull {
            if let name = matched(key, file) { fields[name] = value }
        }
        return fields
    }

    /// A key as it is compared.
    private static func matched(_ key: Node, _ file: DiveFile) -> String? {
        file == .rules ? key.string : key.string?.lowercased()
    }

    /// What the file says of a rule, and under which key: the older one counts where both stand there.
    private static func setting(_ key: Key, _ fields: [String: Node], _ file: DiveFile) -> (key: String, node: Node)? {
        if file == .rules { return fields[key.camel].map { (key.camel, $0) } }
        let older = fields[key.camel.lowercased()]
        // To the settings an empty text of the older kind is the same as none.
        if let older, file == .unnamed || older.string != "" { return (key.camel, older) }
        return fields[key.kebab].map { (key.kebab, $0) }
    }

    private static func isDisabled(_ node: Node) -> Bool {
        guard let text = node.string else { return false }
        return ["", "disabled", "off", "false"].contains(text.withoutBlanks.lowercased())
    }

    private static func ratio(
        _ setting: (key: String, node: Node)?, otherwise: Double
    ) throws(BudgetFileError) -> Double? {
        guard let (key, node) = setting else { return otherwise }
        if isDisabled(node) { return nil }
        return try node.value(key, expected: "a number from 0 to 1, or `disabled`") { text in
            Double(text).flatMap { (0...1).contains($0) ? $0 : nil }
        }
    }
}
