import Distribution

extension KeptLogin {
    /// What the user should know of a login that was kept.
    var remarks: [String] {
        var remarks: [String] = []
        switch source {
        case .helper(let name) where !isGivenBack:
            remarks.append("warning: \(name.words) has stored the login, but does not return it yet")
        case .entry(_, let place, _):
            remarks.append("the password is stored unencrypted in \(place); use a credential helper to encrypt it")
        default: break
        }
        for source in earlier {
            let whose = source.partKey.map { "pulls from \($0)" } ?? "pulls"
            remarks.append("warning: \(whose) use the credentials \(source.words) instead of this login; \(source.removal)")
        }
        return remarks + problems.map { "warning: \($0.words)" }
    }
}

extension ForgottenLogin {
    /// What the user should know of what was not forgotten.
    var remarks: [String] {
        remaining.map { "warning: the credentials \($0.words) remain; \($0.removal)" }
            + problems.map { "warning: \($0.words), so a login may remain there" }
    }
}

extension CredentialSource {
    /// How the user gets rid of credentials that `login` and `logout` of the registry leave alone.
    var removal: String {
        if isOfVariable { return "unset \(CredentialStore.variableName) to prevent that" }
        return partKey.map { "`strata logout \($0)` removes them" } ?? "remove them there"
    }
}
