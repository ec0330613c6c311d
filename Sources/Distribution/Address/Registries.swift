import Foundation
import OCISpec

/// All registries that a command speaks to.
package final class Registries: Sendable {
    /// As they were when the command began; a change of the environment is not seen.
    package let settings: NetworkSettings
    private let credentials: CredentialStore
    let connections: Connections

    /// Registries under these settings.
    package init(_ settings: NetworkSettings, _ credentials: CredentialStore) {
        self.settings = settings
        self.credentials = credentials
        connections = Connections(settings)
    }

    /// The servers that may have a repository's images: its mirrors, then the registry itself.
    func sources(_ reference: Reference) throws(DistributionError) -> [RemoteRepository] {
        let mirrors = try settings.mirrors.mirrors(of: reference.domain, repository: reference.path)
        var sources: [RemoteRepository] = []
        for mirror in mirrors {
            sources.append(
                RemoteRepository(
                    client: try client(mirror: mirror.endpoint, mirror.repository), path: mirror.repository,
                    root: mirror.endpoint.root, documents: settings.documents))
        }
        return sources + [try repository(reference)]
    }

    /// The registry itself, for this repository.
    func repository(_ reference: Reference) throws(DistributionError) -> RemoteRepository {
        RemoteRepository(
            client: try client(registry: reference.domain, repository: reference.path), path: reference.path,
            documents: settings.documents)
    }

    /// A client for a registry as images name it.
    ///
    /// On this machine TLS is tried first, then plain HTTP; so it is everywhere when the user said that the registry is insecure.
    func client(registry: String, repository: String) throws(DistributionError) -> RegistryClient {
        let store = credentials
        return try client(registry: registry) { server in
            store.credentials(for: registry, repository: repository).or(server)
        }
    }

    /// A client for a registry that shows these credentials, which are given what the registries file says of it.
    func client(
        registry: String, credentials: @escaping @Sendable (MirrorTable.Server?) -> FoundCredentials
    ) throws(DistributionError) -> RegistryClient {
        guard let endpoint = MirrorEndpoint("https://\(registry)") else {
            throw .badSettings(path: registry, detail: "it is not a valid registry name")
        }
        try Curl.load()
        let (secure, plain): (WebAddress, WebAddress)
        do {
            (secure, plain) = (try WebAddress(endpoint.base), try WebAddress("http://\(endpoint.authority)"))
        } catch {
            throw .badSettings(path: registry, detail: error.detail)
        }
        let origin = secure.origin
        let server = settings.mirrors.server(endpoint)
        var tls = TLSOptions(server?.tls)
        tls.isUnverified = tls.isUnverified || settings.isInsecure
        tls.folder = settings.certificateFolder
        return RegistryClient(
            name: registry, candidates: origin.isLoopback || settings.isInsecure ? [secure, plain] : [secure], tls: tls,
            connections: connections,
            credentials: { credentials(server) })
    }

    /// A client for a registry at an address.
    ///
    /// A scheme that was given is the only way that is tried: who names `http` wants no TLS, and `https` nothing else.
    func client(
        at endpoint: MirrorEndpoint, isExplicit: Bool, repository: String
    ) throws(DistributionError) -> RegistryClient {
        let store = credentials
        let name = endpoint.name
        let found: @Sendable (MirrorTable.Server?) -> FoundCredentials = {
            store.credentials(for: name, repository: repository).or($0)
        }
        guard isExplicit else { return try client(registry: endpoint.authority, credentials: found) }
        try Curl.load()
        let server = settings.mirrors.server(endpoint)
        var tls = TLSOptions(server?.tls)
        tls.isUnverified = tls.isUnverified || settings.isInsecure
        tls.folder = settings.certificateFolder
        do {
            return RegistryClient(
                name: name, candidates: [try WebAddress(endpoint.base)], tls: tls, connections: connections,
                credentials: { found(server) })
        } catch {
            throw .badAddress(endpoint.base, detail: error.detail)
        }
    }

    /// The registries file, where it has a login for a registry.
    package func source(inFileFor registry: String) throws(DistributionError) -> CredentialSource? {
        // What is for a part of a registry is not in that file.
        guard let endpoint = MirrorEndpoint("https://\(registry)"), endpoint.root == "/v2" else { return nil }
        return settings.mirrors.server(endpoint)?.credentials == nil ? nil : .registriesFile
    }

    private func client(mirror endpoint: MirrorEndpoint, _ repository: String) throws(DistributionError) -> RegistryClient {
        let server = settings.mirrors.server(endpoint)
        let store = credentials
        let name = endpoint.name
        let address: WebAddress
        do { address = try WebAddress(endpoint.base) } catch {
            throw .badAddress(endpoint.base, detail: error.detail)
        }
        return RegistryClient(
            name: name, candidates: [address], tls: TLSOptions(server?.tls),
            connections: connections,
            credentials: { store.credentials(for: name, repository: repository).or(server) })
    }
}

extension TLSOptions {
    init(_ server: RegistriesDocument.TLS?) {
        isUnverified = server?.insecure_skip_verify ?? false
        authorityFile = server?.ca_file
        certificateFile = server?.cert_file
        keyFile = server?.key_file
    }
}

/// One repository at one server.
struct RemoteRepository: Sendable {
    let client: RegistryClient
    let path: String
    /// What stands before the repository's name in every address: a registry's `/v2`, or a mirror's own path.
    var root = "/v2"
    /// How much of its documents is read.
    var documents = DocumentLimits.default
    /// What ends the requests to it before their time.
    var halt: Halt?

    /// The same for work that ends with `halt`.
    func ending(with halt: Halt) -> RemoteRepository {
        var copy = self
        copy.halt = halt
        return copy
    }

    /// The scope that reading needs.
    var pullScope: String { RegistryRequest.scope(path, "pull") }
}

extension [RemoteRepository] {
    /// What the first server gives, or after it fails in a way in which another may not, the next; the last one's failure counts.
    ///
    /// What ends the requests to them ends the search.
    func firstThatGives<T>(_ body: (RemoteRepository) throws(DistributionError) -> T) throws(DistributionError) -> T {
        for source in dropLast() {
            do { return try body(source) } catch {
                guard error.mayDifferElsewhere, source.halt?.error == nil else { throw error }
            }
        }
        guard let last else { throw .badAddress("", detail: "there is no server to ask") }
        return try body(last)
    }
}
