// https://distribution.github.io/distribution/spec/auth/token/

import Foundation
import Synchronization

/// Knows what a registry wants to hear from those who ask, and keeps its tokens.
///
/// Nothing here ever puts a secret into an error.
final class Authorizer: Sendable {
    private struct Token {
        var value: String
        var expires: Date
        /// Whether the registry has taken it once.
        var isProven = false
    }

    private enum Scheme {
        case unknown
        case basic
        case bearer(realm: WebAddress, service: String?)
    }

    private struct State {
        var scheme = Scheme.unknown
        var tokens: [Set<String>: Token] = [:]
        /// Tokens that the registry took and that were renewed, the last ones: requests that are on their way have them still.
        var renewed: [(value: String, scopes: Set<String>)] = []
        /// Whether the registry has taken the user and the password once.
        var isPasswordProven = false
        /// Nil until somebody asked.
        var found: FoundCredentials?
    }

    private let registry: String
    private let load: @Sendable () -> FoundCredentials
    private let state = Mutex(State())
    /// One thread asks for a token; the others wait for its answer.
    private let asking = NSLock()

    init(registry: String, credentials: @escaping @Sendable () -> FoundCredentials) {
        self.registry = registry
        load = credentials
    }

    /// The header for a request, as far as the registry's wishes are known; a token near its end is renewed first.
    func header(
        for scopes: [String], through client: RegistryClient, _ halt: Halt?
    ) throws(DistributionError) -> String? {
        let (scheme, token) = state.withLock { ($0.scheme, $0.tokens[Set(scopes)]) }
        switch scheme {
        case .unknown: return nil
        case .basic:
            guard case .password(let user, let secret)? = credentials() else { return nil }
            return Self.basic(user, secret)
        case .bearer(let realm, let service):
            if let token, token.expires > Date() { return "Bearer \(token.value)" }
            asking.lock()
            defer { asking.unlock() }
            if let token = state.withLock({ $0.tokens[Set(scopes)] }), token.expires > Date() { return "Bearer \(token.value)" }
            return "Bearer \(try fetchToken(realm, service, scopes, scopes, through: client, halt))"
        }
    }

    /// Takes a challenge up; afterwards `header` has an answer to it.
    ///
    /// `used` is the header that was refused: when another thread has got a newer one meanwhile, that one is tried.
    func answer(
        _ challenges: [Challenge], _ scopes: [String], used: String?, _ faults: [RegistryFault],
        through client: RegistryClient, _ halt: Halt?
    ) throws(DistributionError) {
        if let bearer = challenges.first(where: { $0.scheme == "bearer" }) {
            let realm = try realm(of: bearer)
            let service = bearer.parameters["service"]
            let asked = (bearer.parameters["scope"] ?? "").split(separator: " ").map(String.init)
            asking.lock()
            defer { asking.unlock() }
            if let token = state.withLock({ $0.tokens[Set(scopes)] }), "Bearer \(token.value)" != used, token.expires > Date() {
                return
            }
            _ = try fetchToken(realm, service, scopes, asked, through: client, halt)
            state.withLock { $0.scheme = .bearer(realm: realm, service: service) }
        } else if challenges.contains(where: { $0.scheme == "basic" }) {
            guard case .password(let user, let secret)? = credentials() else { throw rejection(faults) }
            if used == Self.basic(user, secret), !reload(after: used) { throw rejection(faults) }
            state.withLock { $0.scheme = .basic }
        } else if challenges.isEmpty {
            throw rejection(faults)
        } else {
            let schemes = challenges.map(\.scheme).joined(separator: ", ")
            throw .badChallenge(registry: registry, detail: "it asks for \(String(schemes.prefix(100)))")
        }
    }

    /// Takes note that the registry took a header.
    func accept(_ used: String) {
        state.withLock { state in
            if case .basic = state.scheme {
                state.isPasswordProven = true
                return
            }
            for (scopes, token) in state.tokens where !token.isProven && "Bearer \(token.value)" == used {
                state.tokens[scopes]?.isProven = true
            }
        }
    }

    /// Whether there is another header in place of one that was taken once and is refused now by 400 or 403, since it may have run out.
    ///
    /// Registries that give their tokens a life of hours do not all say 401 at its end. As a rule it is a refusal all the same, which is
    /// not kept from anybody for long: a token server that has to be waited for has none.
    func renew(_ used: String, through client: RegistryClient, _ halt: Halt?) -> Bool {
        let scheme = state.withLock(\.scheme)
        guard case .bearer(let realm, let service) = scheme else {
            return state.withLock({ $0.isPasswordProven }) && reload(after: used)
        }
        let proven = state.withLock { state in
            state.tokens.first { "Bearer \($0.value.value)" == used && $0.value.isProven }?.key
                ?? state.renewed.last { "Bearer \($0.value)" == used }?.scopes
        }
        guard let scopes = proven, asking.lock(before: Date(timeIntervalSinceNow: Self.patienceSeconds)) else { return false }
        defer { asking.unlock() }
        // Another thread may have renewed it meanwhile.
        if let token = state.withLock({ $0.tokens[scopes] }), "Bearer \(token.value)" != used { return true }
        // Somebody may have renewed the file.
        state.withLock { $0.found = nil }
        let wanted = scopes.sorted()
        do {
            let value = try fetchToken(realm, service, wanted, wanted, through: client, halt, isRetried: false)
            return "Bearer \(value)" != used
        } catch {
            // What the registry said stands.
            return false
        }
    }

    private static let patienceSeconds: Double = 5

    /// Reads the credentials again, which others renew while a long command runs; false where they still give this header.
    private func reload(after used: String?) -> Bool {
        let found = load()
        guard case .password(let user, let secret)? = found.credentials, Self.basic(user, secret) != used else { return false }
        state.withLock { state in
            state.found = found
            state.isPasswordProven = false
        }
        return true
    }

    private func realm(of challenge: Challenge) throws(DistributionError) -> WebAddress {
        guard let text = challenge.parameters["realm"], !text.isEmpty else {
            throw .badChallenge(registry: registry, detail: "it names no token server")
        }
        do { return try WebAddress(text) } catch {
            throw .badChallenge(registry: registry, detail: "of the address of its token server, \(error.detail)")
        }
    }

    /// The error for a registry that does not let anybody, or this user, in.
    func rejection(_ faults: [RegistryFault]) -> DistributionError {
        let report = report
        return report.source == nil
            ? .loginNeeded(registry: registry, faults, report.problems) : .wrongCredentials(registry: registry, faults, report)
    }

    /// Where the credentials came from, as far as somebody has asked for them.
    var report: CredentialReport { state.withLock { $0.found?.report } ?? CredentialReport() }

    private func credentials() -> Credentials? {
        if let found = state.withLock({ $0.found }) { return found.credentials }
        let found = load()
        state.withLock { $0.found = found }
        return found.credentials
    }

    private static func basic(_ user: String, _ secret: String) -> String {
        "Basic \(Data("\(user):\(secret)".utf8).base64EncodedString())"
    }

    /// Asks the token server; the caller has the lock.
    private func fetchToken(
        _ realm: WebAddress, _ service: String?, _ scopes: [String], _ asked: [String], through client: RegistryClient,
        _ halt: Halt?, isRetried: Bool = true, isLastTry: Bool = false
    ) throws(DistributionError) -> String {
        let credentials = credentials()
        let wanted = (scopes + asked.filter { !scopes.contains($0) })
        let line = RequestLine(method: "GET", url: realm.text)
        if credentials != nil { try client.requirePrivate(realm.origin, line) }
        if case .registryToken(let token)? = credentials {
            keep(Token(value: token, expires: .distantFuture), for: scopes)
            return token
        }
        let request = TokenRequest(realm: realm, service: service, scopes: wanted, credentials: credentials)
        var asking = try request.request(Self.basic)
        asking.reading = .document(limit: TokenReply.maxBytes)
        asking.halt = halt
        asking.isRetried = isRetried
        let answer = try client.send(asking)
        if answer.status == 401 || answer.status == 403 {
            // Others may have renewed the file since it was read.
            let found = load()
            guard !isLastTry, let fresh = found.credentials, fresh != credentials else { throw rejection(answer.faults()) }
            state.withLock { $0.found = found }
            return try fetchToken(realm, service, scopes, asked, through: client, halt, isRetried: isRetried, isLastTry: true)
        }
        guard answer.status == 200 else { throw answer.refusal() }
        let reply = try TokenReply(answer)
        keep(Token(value: reply.value, expires: Date(timeIntervalSinceNow: reply.lifetime)), for: scopes)
        return reply.value
    }

    private func keep(_ token: Token, for scopes: [String]) {
        let scopes = Set(scopes)
        state.withLock { state in
            guard let old = state.tokens.updateValue(token, forKey: scopes), old.isProven else { return }
            state.renewed.append((value: old.value, scopes: scopes))
            if state.renewed.count > Self.mostRenewed { state.renewed.removeFirst() }
        }
    }

    private static let mostRenewed = 64
}

/// What is asked of a token server.
private struct TokenRequest {
    let realm: WebAddress
    let service: String?
    let scopes: [String]
    let credentials: Credentials?

    /// A GET, or for an identity token the OAuth form of it, which keeps the token out of addresses.
    func request(_ basic: (String, String) -> String) throws(DistributionError) -> RegistryRequest {
        let line = RequestLine(method: "GET", url: realm.text)
        var items = scopes.map { URLQueryItem(name: "scope", value: $0) }
        if let service { items.insert(URLQueryItem(name: "service", value: service), at: 0) }
        if case .identityToken(let token)? = credentials {
            let scope = URLQueryItem(name: "scope", value: scopes.joined(separator: " "))
            let form = [
                URLQueryItem(name: "grant_type", value: "refresh_token"), URLQueryItem(name: "client_id", value: "strata"),
                URLQueryItem(name: "service", value: service ?? ""), scope, URLQueryItem(name: "refresh_token", value: token),
            ]
            return RegistryRequest(
                method: .POST, target: .url(realm), headers: [("Content-Type", "application/x-www-form-urlencoded")],
                body: .bytes(Array(Self.encoded(form).utf8)), authorization: .none, isSecret: true, isForToken: true,
                secrets: [token])
        }
        var authorization = RegistryRequest.Authorization.none
        if case .password(let user, let secret)? = credentials {
            items.append(URLQueryItem(name: "account", value: user))
            authorization = .fixed(basic(user, secret))
        }
        do {
            let address = try realm.adding(query: Self.encoded(items))
            return RegistryRequest(method: .GET, target: .url(address), authorization: authorization, isForToken: true)
        } catch {
            throw .badToken(line, detail: error.detail)
        }
    }

    private static func encoded(_ items: [URLQueryItem]) -> String {
        var allowed = CharacterSet.alphanumerics
        allowed.insert(charactersIn: "-._~:/,")
        return items.map { item in
            let value = item.value ?? ""
            return "\(item.name)=\(value.addingPercentEncoding(withAllowedCharacters: allowed) ?? "")"
        }.joined(separator: "&")
    }
}

/// What a token server gives.
private struct TokenReply {
    let value: String
    /// Seconds it may be used for: a little less than the server says, so that it does not run out on the way.
    let lifetime: Double

    static let maxBytes = 1 << 20

    init(_ answer: RegistryAnswer) throws(DistributionError) {
        struct Body: Decodable {
            var token: String?
            var access_token: String?
            var expires_in: Double?
        }
        let bytes = try answer.body(upTo: Self.maxBytes)
        let body: Body
        do { body = try JSONDecoder().decode(Body.self, from: Data(bytes)) } catch {
            // The document itself may hold the secret, so none of it is quoted.
            throw .badToken(answer.line, detail: "it is no JSON of the expected form")
        }
        guard let token = [body.token, body.access_token].compactMap(\.self).first(where: { !$0.isEmpty }) else {
            throw .badToken(answer.line, detail: "it holds no token")
        }
        guard token.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            throw .badToken(answer.line, detail: "its token has characters that no header may have")
        }
        value = token
        let seconds = max(body.expires_in ?? 60, 1)
        lifetime = seconds - min(10, seconds / 4)
    }
}
