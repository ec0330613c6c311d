// https://www.rfc-editor.org/rfc/rfc8288#section-3

/// The address of the next page of a list, as a `Link` header names it.
package enum NextPage {
    /// The target with the relation `next` among some headers, as it is written; nil for none.
    package static func target(in headers: [String]) -> String? {
        for header in headers {
            var rest = Substring(header)
            while let start = rest.firstIndex(of: "<"), let end = rest[start...].firstIndex(of: ">") {
                let target = rest[rest.index(after: start)..<end]
                rest = rest[rest.index(after: end)...]
                // Parameters go on to the next target; a comma in quotes, or in a target, ends nothing.
                let parameters = rest.prefix { $0 != "<" }
                if hasNext(parameters) { return String(target) }
            }
        }
        return nil
    }

    private static func hasNext(_ parameters: Substring) -> Bool {
        for parameter in parameters.split(whereSeparator: { $0 == ";" || $0 == "," }) {
            let parts = parameter.split(separator: "=", maxSplits: 1)
            guard parts.count == 2, trimmed(parts[0]).lowercased() == "rel" else { continue }
            let value = trimmed(parts[1]).filter { $0 != "\"" }.lowercased()
            if value.split(separator: " ").contains("next") { return true }
        }
        return false
    }

    private static func trimmed(_ text: Substring) -> String {
        var text = text
        while let first = text.first, first == " " || first == "\t" { text.removeFirst() }
        while let last = text.last, last == " " || last == "\t" { text.removeLast() }
        return String(text)
    }
}
