import LayerAnalysis
import OCISpec

/// How much of a list a page carries, so that a browser can open it whatever the image: what matters most comes first, and the page
/// says what is left out and which command writes all of it.
enum PageLimits {
    /// Files of the map that stand on their own; smaller ones beyond stand together in their directory.
    static let files = 250_000
    /// Rows of a table.
    static let rows = 10_000
    /// Paths of one row.
    static let paths = 100

    /// What a table lacks: rows and their bytes; nil where it has all.
    static func leftOut<Row>(_ rows: some Collection<Row>, _ bytes: (Row) -> Int64, all command: String) -> JSONValue? {
        guard rows.count > self.rows else { return nil }
        let rest = rows.dropFirst(self.rows)
        return .object([
            "count": .count(rest.count), "bytes": .integer(rest.reduce(0) { $0 + bytes($1) }), "command": .string(command),
        ])
    }
}

extension ImageAnalysis {
    /// The analysis with no more of its lists than a page carries.
    var forPage: ImageAnalysis {
        var copy = self
        copy.wastedPaths = Array(wastedPaths.prefix(PageLimits.rows))
        copy.duplicates = Array(duplicates.prefix(PageLimits.rows))
        copy.hints = Array(hints.prefix(PageLimits.rows))
        return copy
    }

    /// What of each list that leaves out, by the list's name.
    var leftOutOfPage: JSONFields {
        let all = "strata analyze --format json"
        let parts: [ExactText: JSONValue?] = [
            "wasted": PageLimits.leftOut(wastedPaths, \.wastedBytes, all: all),
            "duplicates": PageLimits.leftOut(duplicates, \.extraBytes, all: all),
            "hints": PageLimits.leftOut(hints, \.bytes, all: all),
        ]
        return parts.compactMapValues(\.self)
    }
}

extension PathChanges {
    /// As many changes as a page carries, the largest ones by path, and what that leaves out.
    var forPage: (kept: [PathChange], leftOut: JSONValue?) {
        guard count > PageLimits.rows else { return (Array(self), nil) }
        let places = withoutPaths.enumerated().map { (place: $0.offset, weight: $0.element.weight) }
            .sorted { $0.weight > $1.weight }
        let leftOut = PageLimits.leftOut(places, \.weight, all: "strata diff --format json")
        return (places.prefix(PageLimits.rows).map(\.place).sorted().map { self[$0] }, leftOut)
    }
}
