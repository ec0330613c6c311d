import Distribution
import Foundation

extension ErrorSentence {
    /// A registry that does not let strangers in; `problems` are of what may have had a login.
    init(loginNeeded registry: String, _ faults: [RegistryFault], _ problems: [CredentialProblem]) {
        let isUnusable = problems.contains(where: \.isUnusable)
        self.init(
            code: isUnusable ? "bad-settings" : "login-needed", status: isUnusable ? 2 : 3,
            message: "\(registry) requires a login for this\(Self.words(faults))\(Self.words(problems))",
            hint: problems.first.map { $0.hint(for: registry) }
                ?? "`strata login \(registry)`, or check the name")
    }

    /// A registry that does not let this user in.
    init(wrongCredentials registry: String, _ faults: [RegistryFault], _ report: CredentialReport) {
        let whose =
            report.source == .typed
            ? "this user and password" : "the credentials \(report.source?.words ?? "there are")"
        self.init(
            code: "denied",
            message: "\(registry) does not accept \(whose)\(Self.words(faults))\(Self.words(report.problems))",
            hint: report.source?.hint(for: registry))
    }

    init(_ name: HelperName, _ fault: HelperFault) {
        let problem = CredentialProblem.helper(name, fault)
        self.init(code: "credential-helper", message: problem.words, hint: problem.hint(for: nil))
    }

    init(unusable place: String, _ fault: PlaceFault) {
        let problem = CredentialProblem.place(place, fault)
        self.init(code: "bad-settings", status: 2, message: problem.words)
    }

    /// Whose credentials a request bore that was refused; empty where it bore none, and none were looked for in vain.
    static func words(_ access: CredentialReport) -> String {
        let source = access.source.map { "; it was shown the credentials \($0.words)" } ?? ""
        return source + words(access.problems)
    }

    private static func words(_ problems: [CredentialProblem]) -> String {
        problems.map { "; \($0.words)" }.joined()
    }
}

extension CredentialSource {
    /// What stands behind "the credentials".
    var words: String {
        switch self {
        case .entry(let key, let place, _): "of the entry `\(key)` in \(place)"
        case .helper(let name): "that \(name.words) gives"
        case .registriesFile: "of the registries file"
        case .typed: "that were typed"
        }
    }

    /// How these credentials are replaced.
    func hint(for registry: String) -> String {
        let other = "or this user may lack the permission"
        return switch self {
        case _ where isOfVariable:
            "correct or unset \(CredentialStore.variableName), which takes precedence over all files; \(other)"
        case .entry(let key, _, isPart: true):
            "that entry takes precedence over a login for the whole registry; `strata logout \(key)` removes it; \(other)"
        case .registriesFile: "`strata login \(registry)` takes precedence over them; \(other)"
        case .typed: "check the user and the password"
        case .entry, .helper: "`strata login \(registry)` replaces them; \(other)"
        }
    }

    /// Whether the variable that stands before the files is where this is.
    var isOfVariable: Bool {
        switch self {
        case .entry(_, let place, _): place == Self.variablePlace
        case .helper(let name): name.place == Self.variablePlace
        case .registriesFile, .typed: false
        }
    }

    /// The key of an entry for a part of a registry.
    var partKey: String? {
        if case .entry(let key, _, isPart: true) = self { key } else { nil }
    }

    /// What messages call the variable.
    static let variablePlace = "$\(CredentialStore.variableName)"
}

extension HelperName {
    /// The program, and who says that it is to be asked.
    var words: String { "\(program) (`\(setting)` in \(place))" }
}

extension CredentialProblem {
    /// Whether a file or an entry is at fault.
    var isUnusable: Bool {
        switch self {
        case .place, .badEntry: true
        case .helper: false
        }
    }

    /// A sentence.
    var words: String {
        switch self {
        case .place(let place, let fault): "\(place) \(fault.words)"
        case .badEntry(let key, let place): "the entry `\(key)` in \(place) is not a user and a password in base64"
        case .helper(let name, let fault): "\(name.words) \(fault.words)"
        }
    }

    /// The next step; `registry` where a login is missing.
    func hint(for registry: String?) -> String {
        let login = registry.map { ", then run `strata login \($0)`" } ?? ""
        switch self {
        case .place(_, .absent): return registry.map { "`strata login \($0)` with the same file makes it" } ?? ""
        case .place(CredentialSource.variablePlace, _), .badEntry(_, CredentialSource.variablePlace):
            return "correct or unset \(CredentialStore.variableName)"
        case .place(let place, _): return "repair or remove \(place)\(login)"
        case .badEntry(_, let place): return "repair or remove the entry in \(place)\(login)"
        case .helper(let name, .absent): return "install \(name.program), or remove `\(name.setting)` from \(name.place)\(login)"
        case .helper(let name, .tooSlow):
            return "`--timeout` gives \(name.program) more time; or remove `\(name.setting)` from \(name.place)\(login)"
        case .helper(let name, _): return "repair \(name.program), or remove `\(name.setting)` from \(name.place)\(login)"
        }
    }
}

extension PlaceFault {
    /// What stands behind the place.
    var words: String {
        switch self {
        case .absent: "does not exist"
        case .unreadable: "cannot be read"
        case .notJSON: "is not a JSON object"
        case .circular: "is a link that leads back to itself"
        }
    }
}

extension HelperFault {
    /// What stands behind the helper.
    var words: String {
        switch self {
        case .absent: "failed: it is not in PATH"
        case .notRunnable(let errno): "failed: it cannot be run: \(String(cString: strerror(errno)))"
        case .tooSlow(let seconds): "failed: it did not answer within \(Self.number(seconds)) s"
        case .failed(let status, ""): "failed: it ended with status \(status)"
        case .failed(_, let said): "failed: \(said)"
        case .malformed: "failed: its answer is not of the expected form"
        case .nameless: "failed: it gave a password without a user"
        case .keepsAnother: "did not keep the login: it gives another one back"
        case .doesNotForget: "did not forget the login"
        }
    }

    private static func number(_ seconds: Double) -> String {
        seconds == seconds.rounded() ? "\(Int(seconds.rounded()))" : "\(seconds)"
    }
}
