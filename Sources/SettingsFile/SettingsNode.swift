// https://yaml.org/spec/1.2.2/

import Yams

/// A place of a settings file: YAML read strictly, so that a typo is told instead of passed over.
package struct SettingsNode<Own: Hashable & Sendable> {
    /// What every reading of a place may throw, with line and column.
    package typealias Failure = SettingsError<Own>

    private let node: Node

    private init(_ node: Node) { self.node = node }

    /// The top of the document that `text` holds; an empty one lacks `version`.
    package init(parsing text: String) throws(Failure) {
        guard let root = try Self.parsed({ try Yams.compose(yaml: text) }) else {
            throw Failure(line: 1, column: 1, problem: .missingKey("version"))
        }
        node = root
    }

    /// The top of the first document that `text` holds, as programs read it that look no further; nil where there is none.
    package static func first(in text: String) throws(Failure) -> SettingsNode? {
        try parsed { try Yams.Parser(yaml: text).nextRoot() }.map { SettingsNode($0) }
    }

    private static func parsed(_ parse: () throws -> Node?) throws(Failure) -> Node? {
        do {
            return try parse()
        } catch let error as YamlError {
            throw Failure(error)
        } catch {
            throw Failure(line: nil, column: nil, problem: .syntax("\(error)"))
        }
    }

    /// The line it begins in, from 1.
    package var line: Int? { node.mark?.line }

    /// `problem`, here.
    package func error(_ problem: Failure.Problem) -> Failure {
        Failure(line: node.mark?.line, column: node.mark?.column, problem: problem)
    }

    /// The text of a scalar as it was written; nil for anything else.
    package var string: String? { node.scalar?.string }

    /// Whether nothing is written there, or one of YAML's words for it.
    package var isNull: Bool {
        guard let scalar = node.scalar, scalar.style == .plain else { return false }
        return ["", "~", "null", "Null", "NULL"].contains(scalar.string)
    }

    /// The elements of a list; nil for anything else.
    package var list: [SettingsNode]? { node.sequence?.map { SettingsNode($0) } }

    /// Keys and values in their order; nil for anything that is no mapping.
    package var pairs: [(key: SettingsNode, value: SettingsNode)]? {
        node.mapping?.map { (SettingsNode($0.key), SettingsNode($0.value)) }
    }

    /// The elements of the list that `key` takes.
    package func elements(_ key: String, expected: String) throws(Failure) -> [SettingsNode] {
        guard let list else { throw error(.badValue(key: key, expected: expected)) }
        return list
    }

    /// The value that `key` takes, as `parse` reads it.
    package func value<T>(_ key: String, expected: String, _ parse: (String) -> T?) throws(Failure) -> T {
        guard let string, let value = parse(string) else { throw error(.badValue(key: key, expected: expected)) }
        return value
    }

    /// The fields of a mapping whose keys are all among `keys`.
    package func fields(_ keys: [String]) throws(Failure) -> [String: SettingsNode] {
        guard let pairs else {
            throw error(.badValue(key: keys[0], expected: "keys and values: \(keys.joined(separator: ", "))"))
        }
        var fields: [String: SettingsNode] = [:]
        for (key, value) in pairs {
            guard let name = key.string, keys.contains(name) else {
                let text = key.string ?? ""
                throw key.error(.unknownKey(text, suggestion: Suggestion.nearest(to: text, among: keys)))
            }
            fields[name] = value
        }
        return fields
    }
}

extension SettingsError {
    fileprivate init(_ error: YamlError) {
        switch error {
        case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _), .composer(_, let problem, let mark, _):
            self.init(line: mark.line, column: mark.column, problem: .syntax(problem))
        case .duplicatedKeysInMapping(let duplicates, let context):
            self.init(
                line: context.mark.line, column: context.mark.column,
                problem: .syntax("a key occurs twice: \(duplicates.joined(separator: ", "))"))
        default: self.init(line: nil, column: nil, problem: .syntax("\(error)"))
        }
    }
}
