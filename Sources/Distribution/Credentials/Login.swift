extension Registries {
    /// Shows a registry a user and a password; returns when it takes them, or wants none.
    ///
    /// Nothing is kept: that is `CredentialStore.keep`'s.
    package func verify(user: String, secret: String, at registry: String) throws(DistributionError) {
        let client = try client(registry: registry) { _ in
            FoundCredentials(
                credentials: .password(user: user, secret: secret), report: CredentialReport(source: .typed))
        }
        let answer = try client.send(RegistryRequest(method: .GET, target: .path("/v2/"), authorization: .registry([])))
        guard answer.status == 200 else { throw answer.refusal() }
        _ = try answer.body()
    }
}
