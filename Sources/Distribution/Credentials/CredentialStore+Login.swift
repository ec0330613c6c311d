/// A login that was kept.
package struct KeptLogin: Sendable {
    /// Where.
    package var source: CredentialSource
    /// Whether it was seen that the place gives it back.
    package var isGivenBack = true
    /// What a pull uses before it, for all or a part of the registry.
    package var earlier: [CredentialSource] = []
    /// What could not be read on the way; none of it kept the login from being written.
    package var problems: [CredentialProblem] = []
}

/// What became of a logout.
package struct ForgottenLogin: Sendable {
    /// What was logged out of, such as `host` or `host/part`.
    package var name: String
    /// Whether anything was forgotten.
    package var hasForgotten = false
    /// What still gives credentials for a part of the registry.
    package var remaining: [CredentialSource] = []
    /// What, of the places that a logout leaves alone, still gives the login that was to be forgotten.
    package var stillGiven: CredentialSource?
    /// What may still do so.
    package var problems: [CredentialProblem] = []
}

extension CredentialStore {
    /// Keeps a password where a search for all of the registry begins: in the helper that the written file names, or in
    /// that file itself.
    ///
    /// A helper that cannot keep it is an error: nothing is written in clear in its stead.
    package func keep(user: String, secret: String, for registry: String) throws(DistributionError) -> KeptLogin {
        let names = RegistryNames(registry)
        let file: AuthFile?
        do { file = try AuthFile.read(writtenFile) } catch { throw .unusablePlace(writtenFile, error) }
        var login = KeptLogin(source: .entry(key: names.serverKey, place: writtenFile, isPart: false))
        if let name = file?.helper(for: names, part: nil) {
            login.source = .helper(name)
            do {
                login.isGivenBack = try helper(name).store(names.serverKey, user: user, secret: secret)
            } catch {
                throw .helperFailed(name, error)
            }
            try AuthFile.update(writtenFile) { $0.keep(names) }
        } else {
            try AuthFile.update(writtenFile) { $0.keep(names, user: user, secret: secret) }
        }
        (login.earlier, login.problems) = remaining(of: names)
        return login
    }

    /// Forgets what is kept for a registry in any of the files, and in the helpers that they name; of `host/part` what is
    /// kept for that part, if there is such an entry.
    ///
    /// It forgets what it can before it fails because something cannot be forgotten.
    package func forget(_ text: String) throws(DistributionError) -> ForgottenLogin {
        let key = RegistryKey(text)
        let names = RegistryNames(key.registry)
        if let part = key.part {
            var logout = ForgottenLogin(name: "\(key.registry)/\(part)")
            try forget(names, part: part, &logout)
            if logout.hasForgotten { return logout }
        }
        var logout = ForgottenLogin(name: key.registry)
        try forget(names, part: nil, &logout)
        let rest = remaining(of: names)
        if let variable { logout.stillGiven = find(names, in: [[variable]]).report.source }
        logout.remaining = rest.sources.filter(\.isOfPart)
        logout.problems += rest.problems
        return logout
    }

    private func forget(_ names: RegistryNames, part: String?, _ logout: inout ForgottenLogin) throws(DistributionError) {
        var failure: DistributionError?
        var asked: Set<String> = []
        for place in files {
            guard var file = open(place, &logout.problems), let (path, isLegacy) = place.file else { continue }
            let name = part == nil ? file.helper(for: names, part: nil) : nil
            do {
                if let name, asked.insert(name.program).inserted { try forget(names, in: name, &logout) }
            } catch {
                failure = failure ?? error
            }
            guard file.forget(names, part: part) else { continue }
            do {
                if try AuthFile.update(path, isLegacy: isLegacy, { $0.forget(names, part: part) }) { logout.hasForgotten = true }
            } catch {
                failure = failure ?? error
            }
        }
        if let failure { throw failure }
    }

    private func forget(_ names: RegistryNames, in name: HelperName, _ logout: inout ForgottenLogin) throws(DistributionError) {
        for key in names.helperKeys {
            do {
                if try helper(name).erase(key) { logout.hasForgotten = true }
            } catch {
                // One that never answered may have nothing.
                guard case .doesNotForget = error else { return logout.problems.append(.helper(name, error)) }
                throw .helperFailed(name, error)
            }
        }
    }

    /// What gives credentials for a registry that `login` and `logout` leave alone: the variable, and entries for parts.
    private func remaining(of names: RegistryNames) -> (sources: [CredentialSource], problems: [CredentialProblem]) {
        var sources: [CredentialSource] = []
        var problems: [CredentialProblem] = []
        if let variable, let file = open(variable, &problems) { sources += file.sources(of: names, isWhole: true) }
        var others: [CredentialProblem] = []
        for place in files {
            if let file = open(place, &others) { sources += file.sources(of: names, isWhole: false) }
        }
        return (sources, problems)
    }

    private func open(_ place: Place, _ problems: inout [CredentialProblem]) -> AuthFile? {
        do { return try place.read() } catch {
            problems.append(.place(place.name, error))
            return nil
        }
    }
}
