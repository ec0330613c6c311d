import OCISpec
import TextValues

extension ImageFilter.Condition {
    /// Parses `KEY=VALUE`, `KEY!=VALUE`, `KEY<VALUE` or `KEY>VALUE`; blanks around key and value do not count.
    package init(parsing text: String) throws(ImageFilterError) {
        guard let term = FilterTerm(text) else { throw .malformed(text) }
        guard let key = ImageFilter.Key(name: term.key) else { throw .unknownKey(term.name) }
        try self.init(key, term.relation, term.value)
    }

    /// A condition from its parts; `value` may have alternatives, `a|b`.
    package init(
        _ key: ImageFilter.Key, _ relation: ImageFilter.Relation, _ value: String
    ) throws(ImageFilterError) {
        guard key.relations.contains(relation) else { throw .wrongRelation(key, relation) }
        let alternatives = Alternatives(key: key, texts: value.split(separator: "|", omittingEmptySubsequences: false))
        switch key {
        case .reference: self = .reference(try alternatives.parse(.pattern, Self.pattern))
        case .label:
            let labels = try alternatives.parse(.label, Self.label)
            self = relation == .notEqual ? .notLabel(labels) : .label(labels)
        case .dangling: self = .dangling(Set(try alternatives.parse(.boolean, Self.boolean)))
        case .until: self = .until(try alternatives.parse(.spanOrDate) { TimeBound(parsing: $0) })
        case .imported: self = .imported(try alternatives.parse(.spanOrDate) { TimeBound(parsing: $0) })
        case .used: self = .used(try alternatives.parse(.spanOrDate) { TimeBound(parsing: $0) })
        case .size: self = .size(try alternatives.parse(.byteCount) { ByteCountText.bytes($0) })
        case .before: self = .before(try alternatives.parse(.image) { $0 })
        case .since: self = .since(try alternatives.parse(.image) { $0 })
        }
    }

    private static func pattern(_ text: String) -> ReferenceGlob? {
        // The caller says that the text is no pattern.
        do throws(ReferenceError) { return try ReferenceGlob(text) } catch { return nil }
    }

    private static func label(_ text: String) -> ImageFilter.Label? {
        let label = NameValue(text)
        return label.name.isEmpty ? nil : ImageFilter.Label(key: label.name, value: label.value)
    }

    /// The words that docker takes.
    private static func boolean(_ text: String) -> Bool? {
        switch text.lowercased() {
        case "true", "t", "1": true
        case "false", "f", "0": false
        default: nil
        }
    }
}

/// The alternatives of one value.
private struct Alternatives {
    let key: ImageFilter.Key
    let texts: [Substring]

    func parse<T>(
        _ expected: ImageFilterError.Expectation, _ parse: (String) -> T?
    ) throws(ImageFilterError) -> [T] {
        var values: [T] = []
        for text in texts {
            guard !text.isEmpty, let value = parse(String(text)) else {
                throw .badValue(key, value: String(text), expected: expected)
            }
            values.append(value)
        }
        return values
    }
}
