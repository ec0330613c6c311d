// https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html

package import LayerAnalysis
package import OCISpec

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
        case .failed, .undecided: level = "error"
        case .allowed: level = "note"
        case .passed, .notApplicable: return nil
        }
        let image = PathText.printable(result.image.label)
        let message = "\(image): " + CheckWords.paragraph(rule, against: result.against, limit: 5)
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
        var fields: JSONFields = [
            "ruleId": .string(name.rawValue),
            "level": .string(level),
            "message": .object(["text": .string(plain(message))]),
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

    /// A message in which nothing is a link (3.11.6): brackets, and the backslash that escapes them, are behind backslashes.
    private static func plain(_ message: String) -> String {
        message.replacingScalars { "[]\\".unicodeScalars.contains($0) ? "\\\($0)" : nil }
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
