import OCISpec
import TextValues

/// Which values of two configs differ, and which steps of their histories.
///
/// All values are compared, those of fields too that this program does not know, and by their bytes.
enum ConfigComparison {
    /// Where a value stands.
    private struct Place: Hashable {
        var names: [[UInt8]]
        var path: [String]

        init(_ path: [String]) {
            self.path = path
            names = path.map { Array($0.utf8) }
        }

        static func == (left: Place, right: Place) -> Bool { left.names == right.names }
        func hash(into hasher: inout Hasher) { hasher.combine(names) }

        /// How lines call it: the fields of `config` by their own names.
        var field: String { (path.first == "config" && path.count > 1 ? path[1...] : path[...]).joined(separator: ".") }
    }

    private static let environment = Place(["config", "Env"])
    private static let durations: Set = ["Interval", "Timeout", "StartPeriod", "StartInterval"]

    /// The differences, by field.
    static func changes(from old: DiffSide, to new: DiffSide) -> [ConfigChangeLine] {
        let (before, after) = (values(of: old), values(of: new))
        var lines: [ConfigChangeLine] = []
        for place in Set(before.keys).union(after.keys) {
            let (first, second) = (before[place], after[place])
            guard first?.json != second?.json else { continue }
            if place == environment, let changes = EnvironmentComparison.changes(from: first?.value, to: second?.value) {
                lines += changes
            } else {
                lines.append(
                    ConfigChangeLine(field: place.field, before: first.map { text($0) }, after: second.map { text($0) }))
            }
        }
        return lines.sorted { $0.field.utf8.lexicographicallyPrecedes($1.field.utf8) }
    }

    /// What a config says, by place; one that this program makes itself where an image has none of its own.
    private static func values(of side: DiffSide) -> [Place: ConfigValues.Value] {
        do throws(DocumentError) {
            let bytes = if let own = side.configBytes { own } else { try encodeDocument(side.config) }
            var values: [Place: ConfigValues.Value] = [:]
            for value in try ConfigValues(parsing: bytes).values { values[Place(value.path)] = value }
            return values
        } catch {
            // Too many values to be told apart: the documents are compared as they are.
            let bytes = String(decoding: side.configBytes ?? [], as: UTF8.self)
            return [Place(["config"]): ConfigValues.Value(["config"], .string(bytes))]
        }
    }

    /// A value in a line: texts as they are, what is in a set in a word, the rest as JSON.
    private static func text(_ value: ConfigValues.Value) -> String {
        switch (value.value, value.path.dropFirst().first) {
        case (.string(let text), _): text
        case (_, "ExposedPorts"): "exposed"
        case (_, "Volumes"): "volume"
        case (.integer(let count), "Healthcheck") where durations.contains(value.path.last ?? ""): "\(count)ns"
        default: String(decoding: value.json, as: UTF8.self)
        }
    }

    /// The steps that only one has, in order.
    static func steps(from old: ImageConfig, to new: ImageConfig) -> [HistoryChange] {
        let (before, after) = (steps(old), steps(new))
        let pairs = LongestCommonSubsequence.pairs(before, after)
        var changes: [HistoryChange] = []
        var (left, right) = (0, 0)
        for pair in pairs + [(before.count, after.count)] {
            changes += before[left..<pair.left].map { HistoryChange(isAdded: false, createdBy: $0.text) }
            changes += after[right..<pair.right].map { HistoryChange(isAdded: true, createdBy: $0.text) }
            (left, right) = (pair.left + 1, pair.right + 1)
        }
        return changes
    }

    private static func steps(_ config: ImageConfig) -> [ExactText] {
        (config.history ?? []).map { ExactText($0.createdBy ?? "") }
    }
}

/// What differs between the variables of two configs.
enum EnvironmentComparison {
    private struct Variable {
        var name: String
        var value: String
    }

    /// The variables that differ; nil where these do not say it all: in an order, or when a name is there twice.
    static func changes(from old: JSONValue?, to new: JSONValue?) -> [ConfigChangeLine]? {
        guard let before = variables(old), let after = variables(new) else { return nil }
        var lines: [ConfigChangeLine] = []
        for name in Set(before.keys).union(after.keys) {
            let (first, second) = (before[name], after[name])
            guard first.map({ Array($0.value.utf8) }) != second.map({ Array($0.value.utf8) }) else { continue }
            let shown = (first ?? second)?.name ?? ""
            lines.append(ConfigChangeLine(field: "Env.\(shown)", before: first?.value, after: second?.value))
        }
        // No variables are the same as no list of them.
        return lines.isEmpty && !(before.isEmpty && after.isEmpty) ? nil : lines
    }

    /// The variables by their names' bytes; nil for what is no list of them, or has one twice.
    private static func variables(_ value: JSONValue?) -> [[UInt8]: Variable]? {
        guard let value else { return [:] }
        guard case .array(let elements) = value else { return nil }
        var variables: [[UInt8]: Variable] = [:]
        for element in elements {
            guard case .string(let text) = element else { return nil }
            let pair = NameValue(text)
            let variable = Variable(name: pair.name, value: pair.value ?? "")
            guard variables.updateValue(variable, forKey: Array(pair.name.utf8)) == nil else { return nil }
        }
        return variables
    }
}
