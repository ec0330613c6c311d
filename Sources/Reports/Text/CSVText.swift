// https://www.rfc-editor.org/rfc/rfc4180

/// Comma-separated values: a heading, a line for each row, quotes only where they are needed.
package enum CSVText {
    /// The lines, each ended by CR LF.
    package static func text(_ heading: [String], _ rows: some Sequence<[String]>) -> String {
        var text = line(heading)
        for row in rows { text += line(row) }
        return text
    }

    /// The same line by line, as they are asked for.
    static func write(_ heading: [String], _ rows: some Sequence<[String]>, to stream: ReportStream) throws {
        try stream.write(line(heading))
        for row in rows { try stream.write(line(row)) }
    }

    /// One line, ended by CR LF.
    static func line(_ fields: [String]) -> String {
        fields.map(field).joined(separator: ",") + "\r\n"
    }

    /// One field: in quotes where it has a quote, a comma or a line break, and where it would be a command to GitHub's runner, which
    /// takes a line that begins with two colons for one.
    private static func field(_ text: String) -> String {
        guard text.utf8.contains(where: isSpecial) || ScreenText.isCommand(text) else { return text }
        return "\"" + text.replacingScalars { $0 == "\"" ? "\"\"" : nil } + "\""
    }

    private static func isSpecial(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: ","), UInt8(ascii: "\r"), UInt8(ascii: "\n"): true
        default: false
        }
    }
}
