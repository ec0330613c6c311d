package import OCISpec

/// What a check of a Dockerfile found.
package struct LintReport: Sendable {
    /// One finding.
    package struct Line: Sendable {
        let rule: String
        let line: Int
        let message: String

        /// A finding of a rule at a line, from 1.
        package init(_ rule: String, _ line: Int, _ message: String) {
            self.rule = rule
            self.line = line
            self.message = message
        }
    }

    private let findings: [Line]
    private let place: String
    private let lines: [Substring]

    /// A report on the Dockerfile that messages call `place`, of which `lines` are the text.
    package init(_ findings: [Line], place: String, lines: [Substring]) {
        self.findings = findings
        self.place = place
        self.lines = lines
    }

    /// A line for each finding, and below it the line of the file.
    package var text: String {
        if findings.isEmpty { return "\(place): no problems found\n" }
        var text = ""
        for finding in findings {
            text += "\(place):\(finding.line): \(finding.rule): \(PathText.printable(finding.message))\n"
            if lines.indices.contains(finding.line - 1) { text += "    \(PathText.printable(String(lines[finding.line - 1])))\n" }
        }
        return text
    }

    /// The report as a document of kind `build-check`.
    package func json() -> JSONValue {
        .object([
            "kind": .string("build-check"), "schemaVersion": .integer(1), "dockerfile": .string(place),
            "findings": .array(
                findings.map {
                    .object([
                        "rule": .string($0.rule), "line": .integer(Int64($0.line)), "message": .string($0.message),
                    ])
                }),
        ])
    }
}
