// https://docs.k3s.io/installation/private-registry#registries-configuration-file

import Foundation
import Yams

/// Where images of a registry may also be had, and how servers are spoken to: a `registries.yaml`.
package struct MirrorTable: Sendable {
    /// The addresses to try before a registry's own.
    struct Mirror: Sendable, Decodable {
        var endpoint: [String]?
        /// Regular expressions on a repository's name, and what it becomes.
        var rewrite: [String: String]?
    }

    struct ServerAuth: Sendable, Decodable {
        var username: String?
        var password: String?
        var auth: String?
        var identity_token: String?
    }

    struct ServerTLS: Sendable, Decodable {
        var ca_file: String?
        var cert_file: String?
        var key_file: String?
        var insecure_skip_verify: Bool?
    }

    struct Server: Sendable, Decodable {
        var auth: ServerAuth?
        var tls: ServerTLS?
    }

    private struct Document: Decodable {
        var mirrors: [String: Mirror?]?
        var configs: [String: Server]?
    }

    private var mirrors: [String: Mirror?] = [:]
    private var servers: [String: Server] = [:]

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
        do {
            let document = try YAMLDecoder().decode(Document?.self, from: data)
            mirrors = document?.mirrors ?? [:]
            servers = document?.configs ?? [:]
        } catch {
            throw .badSettings(path: path, detail: "it does not read as a registries file: \(String("\(error)".prefix(200)))")
        }
        for address in mirrors.values.flatMap({ $0?.endpoint ?? [] }) {
            do throws(WebAddress.Fault) { _ = try WebAddress(Self.withScheme(address)) } catch {
                throw .badSettings(path: path, detail: "of the address \(address), \(error.detail)")
            }
        }
    }

    /// The mirrors of a registry, best first, each with the repository's name there.
    func mirrors(of registry: String, repository: String) throws(DistributionError) -> [(url: WebAddress, repository: String)] {
        guard let mirror = mirrors[registry] ?? mirrors["*"], let mirror else { return [] }
        var name = repository
        for (pattern, replacement) in (mirror.rewrite ?? [:]).sorted(by: { $0.key < $1.key }) {
            do {
                let expression = try NSRegularExpression(pattern: pattern)
                let range = NSRange(name.startIndex..., in: name)
                guard expression.firstMatch(in: name, range: range) != nil else { continue }
                name = expression.stringByReplacingMatches(in: name, range: range, withTemplate: replacement)
                break
            } catch {
                throw .badSettings(path: "registries.yaml", detail: "\(pattern) is no regular expression")
            }
        }
        var found: [(url: WebAddress, repository: String)] = []
        for address in mirror.endpoint ?? [] {
            do throws(WebAddress.Fault) { found.append((try WebAddress(Self.withScheme(address)), name)) } catch {
                throw .badSettings(path: address, detail: error.detail)
            }
        }
        return found
    }

    /// What the file says of a server, by `host[:port]`.
    func server(_ origin: Origin) -> Server? {
        servers[origin.authority] ?? servers["\(origin.host):\(origin.port)"] ?? servers["\(origin.scheme)://\(origin.authority)"]
    }

    private static func withScheme(_ address: String) -> String {
        address.contains("://") ? address : "https://\(address)"
    }
}

extension MirrorTable.ServerAuth {
    /// The credentials; nil where there are none.
    var credentials: Credentials? {
        if let identity_token, !identity_token.isEmpty { return .identityToken(identity_token) }
        if let username, let password, !username.isEmpty, !password.isEmpty {
            return .password(user: username, secret: password)
        }
        return auth.flatMap(Credentials.init(base64:))
    }
}

extension FoundCredentials {
    /// These; where there are none, what the registries file has: it is of the machine, and a login is of its user.
    func or(_ auth: MirrorTable.ServerAuth?) -> FoundCredentials {
        guard credentials == nil, let auth else { return self }
        var found = self
        found.credentials = auth.credentials
        if found.credentials != nil {
            found.report.source = .registriesFile
        } else if auth.auth?.isEmpty == false {
            found.report.problems.append(.badEntry(key: "auth", place: "the registries file"))
        }
        return found
    }
}
