// https://docs.k3s.io/installation/private-registry#registries-configuration-file
// https://github.com/k3s-io/k3s/blob/v1.33.1%2Bk3s1/pkg/agent/containerd/config.go (getHostConfigs)

import Foundation
import OCISpec
import TextPatterns

/// Where images of a registry may also be had, and how servers are spoken to: a `registries.yaml`.
package struct MirrorTable: Sendable {
    /// Where else a registry's images are, and what their repositories are called there.
    private struct Mirror: Sendable {
        var endpoints: [MirrorEndpoint] = []
        /// In the file's order, of which the first that changes a name counts.
        var rewrites: [RepositoryRewrite] = []
    }

    /// What the file says of one server.
    struct Server: Sendable {
        var credentials: Credentials?
        var tls: RegistriesDocument.TLS?
    }

    private var mirrors: [String: Mirror] = [:]
    private var servers: [String: Server] = [:]

    /// What stands for all that have no entry of their own.
    private static let wildcard = "*"

    /// A table without mirrors.
    package init() {}

    /// Reads a file.
    ///
    /// One that is not there gives an empty table, unless it `isRequired`.
    package init(path: String, isRequired: Bool) throws(DistributionError) {
        guard let data = FileManager.default.contents(atPath: path) else {
            if isRequired { throw .badSettings(path: path, detail: "it cannot be read") }
            return
        }
        let document = try RegistriesDocument(parsing: data, path: path)
        for (name, mirror) in document.mirrors ?? [:] {
            try Self.requireName(name, path)
            mirrors[name] = try Self.mirror(mirror ?? RegistriesDocument.Mirror(), path)
        }
        for (name, server) in document.configs ?? [:] {
            try Self.requireName(name, path)
            let shown = AddressText.withoutUser(name)
            let credentials = try server?.auth?.credentials(path, shown)
            try server?.tls?.requirePair(path, shown)
            // Nobody's password is everybody's: k3s shows it to none of those that the wildcard stands for, either.
            servers[name] = Server(credentials: name == Self.wildcard ? nil : credentials, tls: server?.tls)
        }
    }

    /// The mirrors of a registry, best first, each with the repository's name there; then the registry itself is asked.
    package func mirrors(
        of registry: String, repository: String
    ) throws(DistributionError) -> [(endpoint: MirrorEndpoint, repository: String)] {
        guard let mirror = mirror(of: registry) else { return [] }
        var name = repository
        for rewrite in mirror.rewrites where name == repository { name = rewrite.apply(to: repository) }
        guard Self.isPath(name) else {
            throw .badSettings(
                path: registry, detail: "a rewrite makes `\(name)` of \(repository), which is not a valid repository name")
        }
        var endpoints: [MirrorEndpoint] = []
        for endpoint in mirror.endpoints where !endpoints.contains(endpoint) { endpoints.append(endpoint) }
        // The registry's own address at the end of the list is what is asked last anyway, under the image's own name.
        if let last = endpoints.last, last == MirrorEndpoint(registry) { endpoints.removeLast() }
        return endpoints.map { ($0, name) }
    }

    /// The registry's own entry, else the one for all; a server that `configs` say something of has no other mirrors.
    private func mirror(of registry: String) -> Mirror? {
        if let own = mirrors[registry] { return own }
        if let server = servers[registry], server.credentials != nil || server.tls != nil { return nil }
        return mirrors[Self.wildcard]
    }

    /// What the file says of a server.
    func server(_ endpoint: MirrorEndpoint) -> Server? {
        for name in endpoint.configNames {
            // As the file has it, else however it may have written the same address.
            if let server = servers[name] ?? servers["\(endpoint.scheme)://\(name)"] { return server }
        }
        if let other = endpoint.otherAuthority, let server = servers[other] { return server }
        return servers[Self.wildcard]
    }

    private static func mirror(
        _ mirror: RegistriesDocument.Mirror, _ path: String
    ) throws(DistributionError) -> Mirror {
        var found = Mirror()
        for address in mirror.endpoint ?? [] {
            guard let endpoint = MirrorEndpoint(address) else {
                throw .badSettings(path: path, detail: "\(AddressText.withoutUser(address)) is not a valid address")
            }
            found.endpoints.append(endpoint)
        }
        for rule in mirror.rewrite?.rules ?? [] {
            do throws(RegularExpressionError) {
                found.rewrites.append(try RepositoryRewrite(rule.pattern, rule.replacement))
            } catch {
                throw .badSettings(path: path, detail: "\(rule.pattern) is not a regular expression of Go")
            }
        }
        return found
    }

    private static func requireName(_ name: String, _ path: String) throws(DistributionError) {
        guard name == wildcard || MirrorEndpoint(name)?.root == "/v2" else {
            throw .badSettings(path: path, detail: "\(AddressText.withoutUser(name)) is not a valid registry name")
        }
    }

    /// Whether a name can stand in an address.
    private static func isPath(_ name: String) -> Bool {
        name.split(separator: "/", omittingEmptySubsequences: false).allSatisfy { part in
            !part.isEmpty && part != "." && part != ".."
                && part.unicodeScalars.allSatisfy { CharacterSet.urlPathAllowed.contains($0) && $0.isASCII }
        }
    }
}

extension FoundCredentials {
    /// These; where there are none, what the registries file has: it is of the machine, and a login is of its user.
    func or(_ server: MirrorTable.Server?) -> FoundCredentials {
        guard credentials == nil, let own = server?.credentials else { return self }
        var found = self
        found.credentials = own
        found.report.source = .registriesFile
        return found
    }
}
