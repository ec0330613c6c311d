// https://github.com/jenkinsci/xunit-plugin/blob/master/src/main/resources/org/jenkinsci/plugins/xunit/types/model/xsd/junit-10.xsd

package import LayerAnalysis

/// `check --format junit`: each rule a test case, as CI servers show them.
package enum CheckJUnit {
    /// The document.
    package static func text(_ result: CheckResult) -> String {
        let failures = result.rules.filter { $0.status.isFailure }.count
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
        case .failed, .undecided:
            let detail = escaped(CheckWords.paragraph(rule, against: result.against))
            return start + ">\n      <failure type=\(attribute(rule.rule.name.rawValue)) message=\(attribute(sentence))>"
                + "\(detail)</failure>\n    </testcase>\n"
        }
    }

    private static func attribute(_ text: String) -> String { "\"" + escaped(text, isAttribute: true) + "\"" }

    /// Text that a reader of XML 1.0 gets back as it is, but for control characters that XML has no place for: those are written out.
    ///
    /// What acts on a terminal stands as a reference, and so does what a reader would take for another blank.
    private static func escaped(_ text: String, isAttribute: Bool = false) -> String {
        text.replacingScalars { scalar in
            switch scalar {
            case "&": "&amp;"
            case "<": "&lt;"
            case ">": "&gt;"
            case "\"": isAttribute ? "&quot;" : nil
            case "\n", "\t": isAttribute ? "&#\(scalar.value);" : nil
            case "\r": "&#13;"
            case "\u{FFFE}", "\u{FFFF}": "\u{FFFD}"
            case _ where scalar.value < 0x20: PathText.written(scalar)
            default: PathText.written(scalar) == nil ? nil : "&#\(scalar.value);"
            }
        }
    }
}
