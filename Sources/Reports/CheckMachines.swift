package import LayerAnalysis
package import OCISpec

// https://github.com/jenkinsci/xunit-plugin/blob/master/src/main/resources/org/jenkinsci/plugins/xunit/types/model/xsd/junit-10.xsd

/// `check --format junit`: each rule a test case, as CI servers show them.
package enum CheckJUnit {
    /// The document.
    package static func text(_ result: CheckResult) -> String {
        let failures = result.rules.filter { $0.status == .failed }.count
        let skipped = result.rules.filter { $0.status == .notApplicable }.count
        let name = attribute("strata check \(result.image.label)")
        let counts = "tests=\"\(result.rules.count)\" failures=\"\(failures)\" errors=\"0\""
        var text = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\(name) \(counts)>\n"
        text += "  <testsuite name=\(name) \(counts) skipped=\"\(skipped)\" time=\"0\">\n"
        for rule in result.rules { text += testCase(rule, result) }
        let remarks = result.allowances.compactMap(CheckWords.remark)
        if !remarks.isEmpty { text += "    <system-out>\(escaped(remarks.joined(separator: "\n")))</system-out>\n" }
        return text + "  </testsuite>\n</testsuites>\n"
    }

    private static func testCase(_ rule: CheckResult.RuleResult, _ result: CheckResult) -> String {
        let sentence = CheckWords.sentence(rule, against: result.against)
        let title = attribute(CheckWords.title(rule.rule))
        let start = "    <testcase classname=\(attribute("strata.\(rule.rule.name.rawValue)")) name=\(title) time=\"0\""
        switch rule.status {
        case .passed: return start + "/>\n"
        case .allowed: return start + ">\n      <system-out>\(escaped(sentence))</system-out>\n    </testcase>\n"
        case .notApplicable:
            return start + ">\n      <skipped message=\(attribute(sentence))/>\n    </testcase>\n"
        case .failed:
            let lines = rule.items.map { "\(ByteText.text($0.bytes))  \(CheckWords.item($0))" }
            let detail = escaped(([sentence] + lines).joined(separator: "\n"))
            return start + ">\n      <failure type=\(attribute(rule.rule.name.rawValue)) message=\(attribute(sentence))>"
                + "\(detail)</failure>\n    </testcase>\n"
        }
    }

    private static func attribute(_ text: String) -> String {
        "\"" + escaped(text).replacing("\"", with: "&quot;").replacing("\n", with: "&#10;") + "\""
    }

    /// XML 1.0 has no place at all for most control characters.
    private static func escaped(_ text: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\n", "\t": result.unicodeScalars.append(scalar)
            case _ where scalar.value < 0x20 || scalar.value == 0xFFFE || scalar.value == 0xFFFF: result += "\u{FFFD}"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}

// https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html

/// `check --format sarif`: SARIF 2.1.0, as code scanning takes it.
package enum CheckSARIF {
    /// The document; `file` is the budget's path, which failures point into, else the Dockerfile is taken for their place.
    package static func document(_ result: CheckResult, file: String?, version: String) -> JSONValue {
        let names = Budget.RuleName.allCases.filter { name in result.rules.contains { $0.rule.name == name } }
        let results = result.rules.compactMap { self.result($0, result, names, file) }
        let remarks = result.allowances.compactMap { allowance in
            CheckWords.remark(allowance).map { remark($0, allowance, names, file) }
        }
        return .object([
            "$schema": .string("https://json.schemastore.org/sarif-2.1.0.json"),
            "version": .string("2.1.0"),
            "runs": .array([
                .object([
                    "tool": .object([
                        "driver": .object([
                            "name": .string("strata"), "version": .string(version),
                            "rules": .array(names.map(rule)),
                        ])
                    ]),
                    "results": .array(results + remarks),
                    "columnKind": .string("utf16CodeUnits"),
                    "properties": .object(["image": .string(result.image.label)]),
                ])
            ]),
        ])
    }

    private static func rule(_ name: Budget.RuleName) -> JSONValue {
        .object([
            "id": .string(name.rawValue),
            "name": .string(name.rawValue),
            "shortDescription": .object([
                "text": .string("Budget of an image: \(name.rawValue), the limit on what is \(CheckWords.subject(name))")
            ]),
            "defaultConfiguration": .object(["level": .string("error")]),
        ])
    }

    private static func result(
        _ rule: CheckResult.RuleResult, _ result: CheckResult, _ names: [Budget.RuleName], _ file: String?
    ) -> JSONValue? {
        let level: String
        switch rule.status {
        case .failed: level = "error"
        case .allowed: level = "note"
        case .passed, .notApplicable: return nil
        }
        let image = PathText.printable(result.image.label)
        let lines = rule.items.prefix(5).map { "\(ByteText.text($0.bytes))  \(CheckWords.item($0))" }
        let message = (["\(image): \(CheckWords.sentence(rule, against: result.against))"] + lines).joined(separator: "\n")
        return finding(
            rule.rule.name, level, message, line: rule.rule.line, names, file,
            fingerprint: "\(image) \(CheckWords.title(rule.rule))")
    }

    private static func remark(
        _ text: String, _ allowance: CheckResult.AllowanceResult, _ names: [Budget.RuleName], _ file: String?
    ) -> JSONValue {
        let level = allowance.status == .expired ? "warning" : "note"
        return finding(
            allowance.allowance.rule, level, text, line: allowance.allowance.line, names, file, fingerprint: text)
    }

    private static func finding(
        _ name: Budget.RuleName, _ level: String, _ message: String, line: Int?, _ names: [Budget.RuleName], _ file: String?,
        fingerprint: String
    ) -> JSONValue {
        var fields: [String: JSONValue] = [
            "ruleId": .string(name.rawValue),
            "level": .string(level),
            "message": .object(["text": .string(message)]),
            "partialFingerprints": .object(["strata/v1": .string(fingerprint)]),
            "locations": .array([
                .object([
                    "physicalLocation": .object([
                        "artifactLocation": .object(["uri": .string(uri(line == nil ? "Dockerfile" : file ?? "Dockerfile"))]),
                        "region": .object(["startLine": .count(line ?? 1)]),
                    ])
                ])
            ]),
        ]
        if let index = names.firstIndex(of: name) { fields["ruleIndex"] = .count(index) }
        return .object(fields)
    }

    /// A path as a relative reference (RFC 3986).
    private static func uri(_ path: String) -> String {
        let free = Set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~/".utf8)
        let digits = Array("0123456789ABCDEF")
        let text = path.utf8.map { byte in
            free.contains(byte)
                ? String(UnicodeScalar(byte)) : "%\(digits[Int(byte >> 4)])\(digits[Int(byte & 15)])"
        }.joined()
        return text.hasPrefix("./") ? String(text.dropFirst(2)) : text
    }
}

// https://docs.github.com/en/actions/reference/workflow-commands-for-github-actions

/// `check --format github`: annotations of a workflow run.
package enum CheckGitHub {
    /// A command for each rule that does not simply pass, and one for the outcome.
    package static func text(_ result: CheckResult, file: String?) -> String {
        var text = ""
        let image = PathText.printable(result.image.label)
        for rule in CheckOrder.rules(result) where rule.status != .passed {
            let lines = rule.items.prefix(5).map { "\(ByteText.text($0.bytes))  \(CheckWords.item($0))" }
            let message = (["\(image): \(CheckWords.sentence(rule, against: result.against))"] + lines).joined(separator: "\n")
            text += command(verb(rule.status), title: CheckWords.title(rule.rule), file: file, line: rule.rule.line, message)
        }
        for allowance in result.allowances {
            guard let remark = CheckWords.remark(allowance) else { continue }
            let verb = allowance.status == .expired ? "warning" : "notice"
            text += command(verb, title: "allowance", file: file, line: allowance.allowance.line, remark)
        }
        return text + command("notice", title: "strata check", file: nil, line: nil, "\(image): \(CheckWords.verdict(result))")
    }

    private static func verb(_ status: CheckResult.Status) -> String {
        switch status {
        case .failed: "error"
        case .allowed: "warning"
        case .passed, .notApplicable: "notice"
        }
    }

    private static func command(_ verb: String, title: String, file: String?, line: Int?, _ message: String) -> String {
        var properties = ["title=\(property(title))"]
        if let file, let line { properties = ["file=\(property(file))", "line=\(line)"] + properties }
        return "::\(verb) \(properties.joined(separator: ","))::\(data(message))\n"
    }

    private static func data(_ text: String) -> String {
        text.replacing("%", with: "%25").replacing("\r", with: "%0D").replacing("\n", with: "%0A")
    }

    private static func property(_ text: String) -> String {
        data(text).replacing(":", with: "%3A").replacing(",", with: "%2C")
    }
}
