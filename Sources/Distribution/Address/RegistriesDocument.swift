// https://pkg.go.dev/github.com/rancher/wharfie/pkg/registries#Registry

import Foundation
import Yams

/// A `registries.yaml` as it is written; fields that k3s does not know are passed over, as there.
struct RegistriesDocument: Decodable {
    struct Mirror: Decodable {
        var endpoint: [String]?
        var rewrite: Rewrites?
    }

    /// Regular expressions on a repository's name, and what it becomes, in the order of the file.
    struct Rewrites: Decodable {
        var rules: [(pattern: String, replacement: String)] = []

        private struct Pattern: CodingKey {
            let stringValue: String
            var intValue: Int? { nil }
            init?(stringValue: String) { self.stringValue = stringValue }
            init?(intValue: Int) { return nil }
        }

        init(from decoder: any Decoder) throws {
            let fields = try decoder.container(keyedBy: Pattern.self)
            for key in fields.allKeys { rules.append((key.stringValue, try fields.decode(String.self, forKey: key))) }
        }
    }

    struct Auth: Decodable {
        var username: String?
        var password: String?
        /// `user:password` in base64.
        var auth: String?
        var identity_token: String?
    }

    struct TLS: Decodable, Sendable {
        var ca_file: String?
        var cert_file: String?
        var key_file: String?
        var insecure_skip_verify: Bool?
    }

    struct Server: Decodable {
        var auth: Auth?
        var tls: TLS?
    }

    var mirrors: [String: Mirror?]?
    var configs: [String: Server?]?
}

extension RegistriesDocument {
    /// Reads a file's bytes; an empty one says nothing.
    init(parsing data: Data, path: String) throws(DistributionError) {
        if let form = Self.otherForm(String(decoding: data, as: UTF8.self)) { throw .otherSettings(path: path, form) }
        do {
            let document = try YAMLDecoder().decode(RegistriesDocument?.self, from: data)
            mirrors = document?.mirrors
            configs = document?.configs
        } catch {
            throw .badSettings(path: path, detail: "it does not read as a registries file: \(Self.words(error))")
        }
    }

    /// Which field is at fault, or where the text is no YAML.
    private static func words(_ error: any Error) -> String {
        let context: DecodingError.Context? =
            switch error {
            case DecodingError.typeMismatch(_, let context), DecodingError.valueNotFound(_, let context),
                DecodingError.keyNotFound(_, let context), DecodingError.dataCorrupted(let context):
                context
            default: nil
            }
        guard let context else { return syntax(error) }
        if let cause = context.underlyingError { return words(cause) }
        let path = context.codingPath.map { AddressText.withoutUser($0.stringValue) }.joined(separator: ".")
        return path.isEmpty ? "it is not a mapping" : "`\(path)` has a value of the wrong kind"
    }

    /// What is wrong with the text and where; never the text, which may hold passwords.
    private static func syntax(_ error: any Error) -> String {
        func at(_ mark: Mark, _ problem: String) -> String { "line \(mark.line), column \(mark.column): \(problem)" }
        return switch error {
        case YamlError.scanner(_, let problem, let mark, _), YamlError.parser(_, let problem, let mark, _),
            YamlError.composer(_, let problem, let mark, _):
            at(mark, problem)
        case YamlError.duplicatedKeysInMapping(_, let context): at(context.mark, "a key occurs twice")
        case YamlError.reader(let problem, _, _, _): problem
        default: "it is not YAML"
        }
    }

    /// The other form of such a file that a text is in; nil for YAML, as far as its lines tell.
    private static func otherForm(_ text: String) -> OtherRegistriesForm? {
        let lines = text.split(whereSeparator: \.isNewline).map { $0.trimmingCharacters(in: .whitespaces) }
            .filter { !$0.isEmpty && !$0.hasPrefix("#") }
        guard let first = lines.first, first.hasPrefix("[") || isAssignment(first) else { return nil }
        let isHosts = lines.contains { $0.hasPrefix("[host") || $0.hasPrefix("server") || $0.hasPrefix("capabilities") }
        return isHosts ? .hostsTOML : .registriesConf
    }

    /// Whether a line of TOML begins so: `name = value`.
    private static func isAssignment(_ line: String) -> Bool {
        let name = line.prefix { $0.isASCII && ($0.isLetter || $0.isNumber || "-_\"".contains($0)) }
        return !name.isEmpty && line.dropFirst(name.count).drop { $0 == " " || $0 == "\t" }.first == "="
    }
}

/// Files of other programs for the same purpose.
package enum OtherRegistriesForm: Hashable, Sendable {
    /// podman's and skopeo's: https://github.com/containers/image/blob/v5.36.0/docs/containers-registries.conf.5.md
    case registriesConf
    /// containerd's: https://github.com/containerd/containerd/blob/v2.1.1/docs/hosts.md
    case hostsTOML
}

extension RegistriesDocument.Auth {
    /// The credentials, by the field that containerd takes first; nil where there are none.
    func credentials(_ path: String, _ server: String) throws(DistributionError) -> Credentials? {
        if let username, !username.isEmpty { return .password(user: username, secret: password ?? "") }
        if let identity_token, !identity_token.isEmpty { return .identityToken(identity_token) }
        guard let auth, !auth.isEmpty else { return nil }
        guard let found = Credentials(base64: auth) else {
            throw .badSettings(
                path: path, detail: "the `auth` of \(server) in this registries file is not USER:PASSWORD in base64")
        }
        return found
    }
}

extension RegistriesDocument.TLS {
    /// Refuses a certificate without its key, and a key without its certificate.
    func requirePair(_ path: String, _ server: String) throws(DistributionError) {
        let (hasCertificate, hasKey) = (cert_file?.isEmpty == false, key_file?.isEmpty == false)
        guard hasCertificate != hasKey else { return }
        throw .badSettings(
            path: path,
            detail: "\(server) has a `\(hasKey ? "key_file" : "cert_file")` without a `\(hasKey ? "cert_file" : "key_file")`")
    }
}
