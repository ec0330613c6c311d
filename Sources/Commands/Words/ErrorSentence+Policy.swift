import LayerAnalysis
import Reclamation
import SettingsFile

extension ErrorSentence {
    /// What is wrong with the policy file at `path`.
    init(_ error: PolicyFileError, path: String) {
        self.init(error, code: "bad-policy", path: path, kind: "a policy") { Self.words($0) }
    }

    /// What is wrong with the budget file at `path`.
    init(_ error: BudgetFileError, path: String) {
        self.init(error, code: "bad-budget", path: path, kind: "a budget") { Self.words($0) }
    }

    /// Why the report at `path` is no baseline.
    init(_ error: Baseline.ParseError, path: String) {
        let hint = "`strata analyze --format json` writes a report that can be compared with"
        let problem =
            switch error {
            case .damaged: "\(path) is not a report"
            case .otherKind(let kind): "\(path) is a report of another kind: \(kind)"
            case .severalImages(let names): "\(path) is about several images: \(names.joined(separator: ", "))"
            case .unknownVersion(let version): "\(path) has version \(version) of the report's keys, which is not known"
            }
        self.init(code: "bad-baseline", message: problem, hint: hint)
    }

    private init<Own>(
        _ error: SettingsError<Own>, code: String, path: String, kind: String, own: (Own) -> (String, hint: String?)
    ) {
        let place = error.line.map { ":\($0)" + (error.column.map { ":\($0)" } ?? "") } ?? ""
        let (problem, hint) = Self.words(error.problem, kind: kind, own: own)
        self.init(code: code, status: 2, message: "\(path)\(place): \(problem)", hint: hint)
    }

    private static func words<Own>(
        _ problem: SettingsError<Own>.Problem, kind: String, own: (Own) -> (String, hint: String?)
    ) -> (String, hint: String?) {
        switch problem {
        case .syntax(let words): return ("not valid YAML: \(words)", nil)
        case .unknownKey(let key, let suggestion):
            return ("there is no key `\(key)` here", suggestion.map { "did you mean `\($0)`?" })
        case .missingKey("version"): return ("no `version`", "\(kind) begins with `version: 1`")
        case .missingKey(let key): return ("no `\(key)`", nil)
        case .badValue(let key, let expected): return ("`\(key)` takes \(expected)", nil)
        case .unknownVersion(let version):
            return ("version `\(version)` of the format is not known", "this program reads version 1")
        case .own(let problem): return own(problem)
        }
    }

    private static func words(_ problem: PolicyProblem) -> (String, hint: String?) {
        switch problem {
        case .badFilter(let error):
            let sentence = ErrorSentence(error)
            return (sentence.message, sentence.hint)
        case .badPattern(let text, let error):
            let sentence = ErrorSentence(error, pattern: text, of: "keep")
            return (sentence.message, sentence.hint)
        case .noAction:
            return ("a rule that does nothing", "it needs `action: keep`, `action: remove`, `remove:` or `keep-last:`")
        case .twoActions: return ("a rule that keeps all it matches and removes some of it", "leave out `remove` and `keep-last`")
        }
    }

    private static func words(_ problem: BudgetProblem) -> (String, hint: String?) {
        switch problem {
        case .noRules: ("a budget without a rule", "docs/check.md lists them")
        case .noLimit: ("a rule without a limit", "it needs `max:` or `forbid: true`")
        case .unknownRule(let name, let suggestion):
            ("there is no rule `\(name)` to allow anything for", suggestion.map { "did you mean `\($0)`?" })
        case .nothingToMatch(let rule): ("`\(rule)` is about the image as a whole: leave out `match`", nil)
        }
    }
}
