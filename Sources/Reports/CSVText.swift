// https://www.rfc-editor.org/rfc/rfc4180

/// Comma-separated values: a heading, a line for each row, quotes only where they are needed.
package enum CSVText {
    /// The lines, each ended by CR LF.
    package static func text(_ heading: [String], _ rows: some Sequence<[String]>) -> String {
        var text = line(heading)
        for row in rows { text += line(row) }
        return text
    }

    private static func line(_ fields: [String]) -> String {
        fields.map(field).joined(separator: ",") + "\r\n"
    }

    /// One field: in quotes where it has a quote, a comma or a line break, and where it would be a command to GitHub's runner, which
    /// takes a line that begins with two colons for one.
    private static func field(_ text: String) -> String {
        let needsQuotes = text.utf8.contains { "\",\r\n".utf8.contains($0) } || ScreenText.isCommand(text)
        guard needsQuotes else { return text }
        return "\"" + text.replacingScalars { $0 == "\"" ? "\"\"" : nil } + "\""
    }
}
