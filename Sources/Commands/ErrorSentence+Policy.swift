import Reclamation

extension ErrorSentence {
    /// What is wrong with the policy file at `path`.
    init(_ error: PolicyFileError, path: String) {
        let place = error.line.map { ":\($0)" + (error.column.map { ":\($0)" } ?? "") } ?? ""
        let (problem, hint) = Self.words(error.problem)
        self.init(code: "bad-policy", status: 2, message: "\(path)\(place): \(problem)", hint: hint)
    }

    private static func words(_ problem: PolicyFileError.Problem) -> (String, hint: String?) {
        switch problem {
        case .syntax(let words): return ("no YAML: \(words)", nil)
        case .unknownKey(let key, let suggestion):
            return ("there is no key `\(key)` here", suggestion.map { "did you mean `\($0)`?" })
        case .missingKey("version"): return ("no `version`", "a policy begins with `version: 1`")
        case .missingKey(let key): return ("no `\(key)`", nil)
        case .badValue(let key, let expected): return ("`\(key)` takes \(expected)", nil)
        case .badFilter(let error):
            let sentence = ErrorSentence(error)
            return (sentence.message, sentence.hint)
        case .noAction:
            return ("a rule that does nothing", "it needs `action: keep`, `action: remove`, `remove:` or `keep-last:`")
        case .twoActions: return ("a rule that keeps all it matches and removes some of it", "leave out `remove` and `keep-last`")
        case .unknownVersion(let version):
            return ("version `\(version)` of the format is not known", "this program reads version 1")
        }
    }
}
