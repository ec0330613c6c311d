// https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md

import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1
import Synchronization

/// Speaks to one server that holds images: a registry, or a mirror of one.
///
/// Its methods block, so they must not be called on Swift's cooperative pool; any number of threads may.
package final class RegistryClient: Sendable {
    /// What messages call it: the registry's name as images bear it.
    let name: String
    /// The addresses to try until one answers, best first.
    private let candidates: [URL]
    let connections: Connections
    let authorizer: Authorizer
    private let tls: TLSOptions
    /// The address that answered.
    private let base = Mutex<URL?>(nil)

    init(
        name: String, candidates: [URL], tls: TLSOptions, connections: Connections,
        credentials: @escaping @Sendable () throws(DistributionError) -> Credentials?
    ) {
        self.name = name
        self.candidates = candidates
        self.tls = tls
        self.connections = connections
        authorizer = Authorizer(registry: name, credentials: credentials)
    }

    var settings: NetworkSettings { connections.settings }

    /// Sends a request until it is answered: signs it as the registry asks, follows redirects, and tries again what may get
    /// better by itself.
    ///
    /// Any status but 401, 408, 429 and 5xx is the caller's to judge.
    func send(_ request: RegistryRequest) throws(DistributionError) -> RegistryAnswer {
        var failures = 0
        var authorizations = 0
        while true {
            var wait: Double?
            do throws(DistributionError) {
                var used: String?
                let answer = try attempt(request, &used)
                if answer.status == 401, case .registry(let scopes) = request.authorization {
                    let challenges = Challenge.parse(answer.head.headers["WWW-Authenticate"])
                    let faults = answer.faults()
                    // A token may have run out on the way: one new one is asked for, and then no more.
                    guard authorizations < 2 else { throw authorizer.rejection(faults) }
                    authorizations += 1
                    try authorizer.answer(challenges, scopes, used: used, faults, through: self)
                    continue
                }
                guard [408, 429, 500, 502, 503, 504].contains(answer.status) else { return answer }
                wait = answer.retryAfter
                failures += 1
                guard request.isRetried, failures < settings.retries.attempts else { throw answer.refusal() }
                answer.cancel()
            } catch .network(let line, let failure) {
                failures += 1
                guard failure.isTransient, request.isRetried, failures < settings.retries.attempts else {
                    throw .network(line, failure)
                }
            }
            pause(afterFailures: failures, retryAfter: wait)
        }
    }

    /// Waits before the next try.
    func pause(afterFailures count: Int, retryAfter: Double? = nil) {
        Thread.sleep(forTimeInterval: settings.retries.pause(afterFailures: count, retryAfter: retryAfter))
    }

    /// One try, at the address that answers.
    private func attempt(_ request: RegistryRequest, _ used: inout String?) throws(DistributionError) -> RegistryAnswer {
        let path: String
        switch request.target {
        case .url(let url): return try follow(request, from: url, &used)
        case .path(let text): path = text
        }
        if let base = base.withLock({ $0 }) { return try follow(request, from: try url(base, path), &used) }
        for (number, candidate) in candidates.enumerated() {
            do throws(DistributionError) {
                let answer = try follow(request, from: try url(candidate, path), &used)
                base.withLock { $0 = candidate }
                return answer
            } catch {
                guard case .network(_, let failure) = error, number + 1 < candidates.count else { throw error }
                if case .badCertificate = failure { throw error }
            }
        }
        throw .badSettings(path: name, detail: "the registry has no address")
    }

    private func url(_ base: URL, _ path: String) throws(DistributionError) -> URL {
        guard let url = URL(string: base.absoluteString + path) else {
            throw .badSettings(path: base.absoluteString, detail: "it is no address")
        }
        return url
    }

    /// Sends a request and follows where it is redirected; authorization goes to the registry's own origin only.
    private func follow(
        _ request: RegistryRequest, from start: URL, _ used: inout String?
    ) throws(DistributionError) -> RegistryAnswer {
        var url = start
        var method = request.method
        for _ in 0...10 {
            let line = RequestLine(method: method.rawValue, url: url.absoluteString)
            guard let origin = Origin(url) else { throw .badRedirect(line, to: url.absoluteString) }
            var headers = HTTPHeaders(request.headers)
            headers.add(name: "User-Agent", value: settings.userAgent)
            if let value = try authorization(request, for: origin, start, line) {
                headers.add(name: "Authorization", value: value)
                used = value
            }
            let answer = try exchange(line, url, origin, method, headers, request)
            guard [301, 302, 303, 307, 308].contains(answer.status), let target = answer.location else { return answer }
            let isReading = method == .GET || method == .HEAD
            guard isReading || answer.status == 307 || answer.status == 308 else { return answer }
            answer.cancel()
            try requireFollowable(target, from: origin, line)
            if answer.status == 303, method != .HEAD { method = .GET }
            url = target
        }
        throw .badRedirect(
            RequestLine(method: method.rawValue, url: start.absoluteString),
            to: RequestLine(method: "", url: url.absoluteString).url)
    }

    /// Refuses an address that a server names if it is not HTTP's, or leads from TLS to where others can listen.
    func requireFollowable(_ target: URL, from origin: Origin, _ line: RequestLine) throws(DistributionError) {
        guard let next = Origin(target), next.isTLS || !origin.isTLS || settings.isInsecure else {
            throw .badRedirect(line, to: RequestLine(method: "", url: target.absoluteString).url)
        }
    }

    private func authorization(
        _ request: RegistryRequest, for origin: Origin, _ start: URL, _ line: RequestLine
    ) throws(DistributionError) -> String? {
        switch request.authorization {
        case .none: return nil
        case .fixed(let value): return Origin(start) == origin ? value : nil
        case .registry(let scopes):
            // An upload's address may be anywhere: only the registry's own origin is told who asks.
            let home = base.withLock { $0 }.flatMap(Origin.init)
            guard Origin(start) == origin, home == nil || home == origin else { return nil }
            guard let value = try authorizer.header(for: scopes, through: self) else { return nil }
            try requirePrivate(origin, line)
            return value
        }
    }

    /// Credentials and tokens go over TLS, to this machine itself, or where the user said so.
    func requirePrivate(_ origin: Origin, _ line: RequestLine) throws(DistributionError) {
        guard origin.isTLS || origin.isLoopback || settings.isInsecure || isPlainByChoice(origin) else {
            throw .openCredentials(line)
        }
    }

    /// Whether the settings themselves give this address without TLS.
    private func isPlainByChoice(_ origin: Origin) -> Bool {
        candidates.count == 1 && candidates.first.flatMap(Origin.init) == origin
    }

    /// One request and the head of its answer.
    private func exchange(
        _ line: RequestLine, _ url: URL, _ origin: Origin, _ method: HTTPMethod, _ headers: HTTPHeaders,
        _ request: RegistryRequest
    ) throws(DistributionError) -> RegistryAnswer {
        // What the user says of his registry's TLS holds for its host, whatever the port: a token server is often beside it.
        let isHome = candidates.contains { $0.host?.lowercased() == origin.host }
        let client = try connections.client(
            for: origin, isDecoding: request.isDecoding, tls: isHome ? tls : TLSOptions())
        let exchange = Exchange(settings.timeouts)
        let upload = request.body.map(Upload.init)
        do {
            var prepared = try HTTPClient.Request(url: url, method: method, headers: headers)
            prepared.body = upload?.body
            exchange.began(client.execute(request: prepared, delegate: exchange))
        } catch {
            throw .network(line, NetworkFailure(error))
        }
        if let upload { try upload.run(exchange) }
        do throws(NetworkFailureError) {
            let seconds = request.isSlow ? settings.timeouts.acknowledgement : settings.timeouts.response
            let head = try exchange.head(within: seconds)
            return RegistryAnswer(line, url: url, head, exchange)
        } catch {
            throw .network(line, error.failure)
        }
    }
}
