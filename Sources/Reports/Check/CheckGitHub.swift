// https://docs.github.com/en/actions/reference/workflow-commands-for-github-actions

package import LayerAnalysis

/// `check --format github`: annotations of a workflow run.
package enum CheckGitHub {
    /// A command for each rule that does not simply pass, and one for the outcome.
    package static func text(_ result: CheckResult, file: String?) -> String {
        var text = ""
        let image = PathText.printable(result.image.label)
        for rule in CheckOrder.rules(result) where rule.status != .passed {
            let message = "\(image): " + CheckWords.paragraph(rule, against: result.against, limit: 5)
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
        case .failed, .undecided: "error"
        case .allowed: "warning"
        case .passed, .notApplicable: "notice"
        }
    }

    private static func command(_ verb: String, title: String, file: String?, line: Int?, _ message: String) -> String {
        var properties = ["title=\(property(title))"]
        if let file, let line { properties = ["file=\(property(file))", "line=\(line)"] + properties }
        return "::\(verb) \(properties.joined(separator: ","))::\(data(message))\n"
    }

    /// A message: the runner takes `%25`, `%0D` and `%0A` back; what else acts on a terminal is written out.
    private static func data(_ text: String) -> String {
        text.replacingScalars { scalar in
            switch scalar {
            case "%": "%25"
            case "\r": "%0D"
            case "\n": "%0A"
            default: PathText.written(scalar)
            }
        }
    }

    private static func property(_ text: String) -> String {
        data(text).replacingScalars { $0 == ":" ? "%3A" : $0 == "," ? "%2C" : nil }
    }
}
