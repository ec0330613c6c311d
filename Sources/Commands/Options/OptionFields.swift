import TextValues

/// The value of an option that is written as docker writes such: `name=value,name=value`.
enum OptionFields {
    /// The fields in their order; nil where one has no value.
    static func read(_ text: String) -> [(name: String, value: String)]? {
        guard let all = NameValue.fields(text) else { return nil }
        var fields: [(name: String, value: String)] = []
        for field in all {
            guard let value = field.value, !field.name.isEmpty, !value.isEmpty else { return nil }
            fields.append((field.name, value))
        }
        return fields
    }
}
