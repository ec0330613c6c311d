// https://docs.docker.com/engine/cli/filter/

/// One `--filter`: `KEY=VALUE` as docker has it, and `KEY!=VALUE`, `KEY<VALUE` or `KEY>VALUE`.
package struct FilterTerm: Hashable, Sendable {
    /// What stands between key and value.
    package enum Relation: String, Hashable, Sendable, CaseIterable {
        case notEqual = "!="
        case equal = "="
        case less = "<"
        case greater = ">"
    }

    /// The key as it was written.
    package let name: String
    /// How key and value are related.
    package let relation: Relation
    /// The value, without the spaces around it; it may be empty.
    package let value: String

    /// The key in small letters: docker takes keys of either case.
    package var key: String { name.lowercased() }

    /// The parts of a text, without blanks around key and value; nil for one that has no key or no relation.
    package init?(_ text: String) {
        let name = text.unicodeScalars.prefix { !"!=<>".unicodeScalars.contains($0) }
        let rest = text.unicodeScalars[name.endIndex...]
        guard let relation = Relation.allCases.first(where: { rest.starts(with: $0.rawValue.unicodeScalars) }) else { return nil }
        self.name = String(Substring(name).withoutBlanks)
        self.relation = relation
        value = String(Substring(rest.dropFirst(relation.rawValue.count)).withoutBlanks)
        if self.name.isEmpty { return nil }
    }
}
