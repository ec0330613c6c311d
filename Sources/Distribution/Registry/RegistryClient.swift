// https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md

import Foundation
import Synchronization

/// Speaks to one server that holds images: a registry, or a mirror of one.
///
/// Its methods block, so they must not be called on Swift's cooperative pool; any number of threads may.
package final class RegistryClient: Sendable {
    /// What messages call it: the registry's name as images bear it.
    let name: String
    /// The addresses to try until one answers, best first.
    private let candidates: [WebAddress]
    let connections: Connections
    let authorizer: Authorizer
    private let tls: TLSOptions
    private struct State {
        /// The address that answered.
        var base: WebAddress?
        var isMultiplexed = false
        /// Where something of TLS has come from, though perhaps no answer.
        var tlsOrigins: Set<Origin> = []
    }

    private let state = Mutex(State())

    init(
        name: String, candidates: [WebAddress], tls: TLSOptions, connections: Connections,
        credentials: @escaping @Sendable () -> FoundCredentials
    ) {
        self.name = name
        self.candidates = candidates
        self.tls = tls
        self.connections = connections
        authorizer = Authorizer(registry: name, credentials: credentials)
    }

    var settings: NetworkSettings { connections.settings }

    /// Whether one connection carries many requests at a time, so that more of them cost little.
    var isMultiplexed: Bool { state.withLock { $0.isMultiplexed } }

    /// Sends a request until it is answered: signs it as the registry asks, follows redirects, and tries again what may get
    /// better by itself; the body of a document is part of the answer.
    ///
    /// Any status but 408, 429, 5xx and the registry's own 401 is the caller's to judge.
    func send(_ request: RegistryRequest) throws(DistributionError) -> RegistryAnswer {
        var request = request
        var failures = 0
        var closures = 0
        var authorizations = 0
        var isRenewed = false
        while true {
            let wait: Wait
            try request.halt?.check()
            do throws(DistributionError) {
                var used: String?
                let answer = try attempt(request, &used)
                if answer.status == 401, case .registry(let scopes) = request.authorization, isHome(answer.address.origin) {
                    let challenges = Challenge.parse(answer.head.all("WWW-Authenticate"))
                    let faults = answer.faults()
                    // A token may have run out on the way: one new one is asked for, and then no more.
                    guard authorizations < 2 else { throw authorizer.rejection(faults) }
                    authorizations += 1
                    try authorizer.answer(challenges, scopes, used: used, faults, through: self, request.halt)
                    continue
                }
                let isThrottled = answer.status == 429 || (answer.status == 403 && answer.retryAfter != nil)
                guard isThrottled || [408, 500, 502, 503, 504].contains(answer.status) else {
                    if let used, answer.status < 400 { authorizer.accept(used) }
                    // Some registries say so that a token has run out.
                    if let used, !isRenewed, [400, 403].contains(answer.status), request.body == nil,
                        authorizer.renew(used, through: self, request.halt)
                    {
                        isRenewed = true
                        continue
                    }
                    try answer.load(as: request.reading)
                    return answer
                }
                // Who only wants to be asked later has not refused it; it may have run out by then.
                if let used, isThrottled { authorizer.accept(used) }
                failures += 1
                let seconds = answer.retryAfter
                if let seconds, seconds > settings.retries.maxSeconds {
                    settings.pace?.close(answer.address.origin, seconds: seconds)
                    throw .busy(answer.line, status: answer.status, seconds: seconds, answer.faults())
                }
                // What was not even looked at can be sent again as it is.
                let isRetried = request.isRetried || (isThrottled && request.method != .HEAD)
                guard isRetried, failures < settings.retries.attempts else { throw answer.refusal() }
                wait = Wait(
                    server: answer.address.origin.authority, cause: .status(answer.status, answer.faults()),
                    seconds: settings.retries.pause(afterFailures: failures, retryAfter: seconds))
                // Whoever asks this server too has the same limit.
                if isThrottled { settings.pace?.hold(answer.address.origin, seconds: wait.seconds) }
            } catch .network(_, .badEncoding) where request.isDecoding {
                // The label is wrong, or means what nobody asked for: the bytes may be right.
                request.isDecoding = false
                continue
            } catch .network(_, .closedAfterHandshake) where request.body == nil && closures < 3 {
                // Nothing came of the connection; another may bring the alert that says why.
                closures += 1
                continue
            } catch .network(let line, let failure) {
                try request.halt?.check()
                failures += 1
                guard failure.isTransient, request.isRetried, failures < settings.retries.attempts else {
                    throw .network(line, failure)
                }
                wait = Wait(
                    server: name, cause: .network(failure),
                    seconds: settings.retries.pause(afterFailures: failures, retryAfter: nil))
            }
            try pause(wait, request.halt)
        }
    }

    /// Waits before the next try of something that failed so often in a row; throws what ends all waits.
    func pause(afterFailures count: Int, of error: DistributionError, _ halt: Halt?) throws(DistributionError) {
        let cause: Wait.Cause =
            if case .refused(_, let status, let faults) = error {
                .status(status, faults)
            } else if case .network(_, let failure) = error {
                .network(failure)
            } else {
                .network(.cut)
            }
        try pause(
            Wait(server: name, cause: cause, seconds: settings.retries.pause(afterFailures: count, retryAfter: nil)), halt)
    }

    private func pause(_ wait: Wait, _ halt: Halt?) throws(DistributionError) {
        try halt?.check()
        settings.onWait(wait)
        if let halt { try halt.pause(seconds: wait.seconds) } else { Thread.sleep(forTimeInterval: wait.seconds) }
    }

    /// One try, at the address that answers.
    private func attempt(_ request: RegistryRequest, _ used: inout String?) throws(DistributionError) -> RegistryAnswer {
        let path: String
        switch request.target {
        case .url(let address): return try follow(request, from: address, home: state.withLock { $0.base }?.origin, &used)
        case .path(let text): path = text
        }
        if let base = state.withLock({ $0.base }) {
            return try follow(request, from: try address(base, path), home: base.origin, &used)
        }
        // Where TLS was tried in vain.
        var withoutTLS: Origin?
        for (number, candidate) in candidates.enumerated() {
            if number + 1 < candidates.count, connections.isWithoutTLS(candidate.origin) { continue }
            do {
                let answer = try follow(request, from: try address(candidate, path), home: candidate.origin, &used)
                if let withoutTLS { connections.noteWithoutTLS(withoutTLS) }
                return answer
            } catch {
                // Another thread may have found out meanwhile.
                if let base = state.withLock({ $0.base }), base != candidate {
                    return try follow(request, from: try address(base, path), home: base.origin, &used)
                }
                guard number + 1 < candidates.count, leadsOn(error, from: candidate.origin) else { throw error }
                if case .network(_, .noTLS) = error { withoutTLS = candidate.origin }
            }
        }
        throw .badSettings(path: name, detail: "the registry has no address")
    }

    /// Whether the next candidate, which is asked without TLS, may be tried after one failed: what speaks TLS, or has answered,
    /// is not asked without it.
    private func leadsOn(_ error: DistributionError, from origin: Origin) -> Bool {
        guard case .network(_, let failure) = error, failure.permitsPlainHTTP else { return false }
        return state.withLock { $0.base == nil && (failure == .noTLS || !$0.tlsOrigins.contains(origin)) }
    }

    /// Takes note that an address of the registry answers: from then on no other is asked.
    private func settle(on origin: Origin, _ head: AnswerHead) {
        state.withLock { state in
            guard state.base == nil, let candidate = candidates.first(where: { $0.origin == origin }) else { return }
            state.base = candidate
            state.isMultiplexed = head.isMultiplexed
        }
    }

    private func address(_ base: WebAddress, _ path: String) throws(DistributionError) -> WebAddress {
        var start = base.text
        while start.hasSuffix("/") { start.removeLast() }
        do { return try WebAddress(start + path) } catch {
            throw .badSettings(path: start + path, detail: error.detail)
        }
    }

    /// Whether an origin is the registry's own: the one that credentials are for, and whose challenges are taken up.
    private func isHome(_ origin: Origin) -> Bool {
        if let base = state.withLock({ $0.base }) { return base.origin == origin }
        return candidates.contains { $0.origin == origin }
    }

    /// Sends a request and follows where it is redirected; authorization goes to the registry's own origin only.
    private func follow(
        _ request: RegistryRequest, from start: WebAddress, home: Origin?, _ used: inout String?
    ) throws(DistributionError) -> RegistryAnswer {
        var address = start
        let verb = request.method
        for _ in 0...10 {
            var line = RequestLine(method: verb.rawValue, url: address.text)
            var headers = request.headers.map { (name: $0.0, value: $0.1) }
            headers.append(("User-Agent", settings.userAgent))
            if let value = try authorization(request, at: address.origin, start.origin, home: home, line) {
                headers.append(("Authorization", value))
                used = value
                line.access = authorizer.report
            }
            let answer = try exchange(line, address, verb, headers, request)
            guard [301, 302, 303, 307, 308].contains(answer.status), let target = try answer.location() else { return answer }
            let isReading = verb == .GET || verb == .HEAD
            guard isReading || answer.status == 307 || answer.status == 308 else { return answer }
            answer.cancel()
            try requireFollowable(target, from: address.origin, line)
            if request.isSecret, target.origin != start.origin {
                throw .badRedirect(line, to: RequestLine(method: "", url: target.text).url)
            }
            address = target
        }
        throw .badRedirect(
            RequestLine(method: verb.rawValue, url: start.text), to: RequestLine(method: "", url: address.text).url)
    }

    /// Refuses an address that a server names if it leads from TLS to where others can listen.
    func requireFollowable(_ target: WebAddress, from origin: Origin, _ line: RequestLine) throws(DistributionError) {
        guard target.origin.isTLS || !origin.isTLS || settings.isInsecure else {
            throw .badRedirect(line, to: RequestLine(method: "", url: target.text).url)
        }
    }

    private func authorization(
        _ request: RegistryRequest, at origin: Origin, _ start: Origin, home: Origin?, _ line: RequestLine
    ) throws(DistributionError) -> String? {
        switch request.authorization {
        case .none: return nil
        case .fixed(let value): return start == origin ? value : nil
        case .registry(let scopes):
            // An upload's address, or a redirect's, may be anywhere: only the registry's own origin is told who asks.
            guard let home, home == origin, start == origin else { return nil }
            guard let value = try authorizer.header(for: scopes, through: self, request.halt) else { return nil }
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
        candidates.count == 1 && candidates.first?.origin == origin
    }

    /// What of an `Authorization` must not be shown: all of it, what stands behind its scheme, and the password in that.
    private static func secrets(of authorization: String) -> [String] {
        let value = authorization.split(separator: " ", maxSplits: 1).last.map(String.init) ?? authorization
        var secrets = [authorization, value]
        if case .password(let user, let secret)? = Credentials(base64: value) { secrets += ["\(user):\(secret)", secret] }
        // Too short a one stands in every word.
        return secrets.filter { $0.utf8.count >= 3 }
    }

    /// One request and the head of its answer.
    private func exchange(
        _ line: RequestLine, _ address: WebAddress, _ verb: HTTPVerb, _ headers: [(name: String, value: String)],
        _ request: RegistryRequest
    ) throws(DistributionError) -> RegistryAnswer {
        // What the user says of his registry's TLS holds for its host, whatever the port: a token server is often beside it.
        let isOwn = candidates.contains { $0.origin.host == address.origin.host }
        let proxy = try connections.proxy(for: address.origin)
        let trust = try connections.trust(for: address.origin, through: proxy, isOwn ? tls : TLSOptions())
        let wire = WireRequest(
            verb: verb, address: address, headers: headers, body: request.body, isDecoding: request.isDecoding, trust: trust,
            proxy: proxy, halt: request.halt,
            watchesTLS: candidates.count > 1 && address.origin.isTLS && state.withLock { $0.base == nil })
        if let seconds = settings.pace?.closedSeconds(address.origin) {
            throw .busy(line, status: 429, seconds: seconds, [])
        }
        try settings.pace?.wait(for: address.origin, request.halt)
        let exchange = try connections.begin(wire)
        let failure: NetworkFailure
        do {
            let seconds = request.isSlow ? settings.timeouts.acknowledgement : settings.timeouts.response
            let head = try exchange.answerHead(within: seconds)
            guard head.status == 407, let proxy else {
                settle(on: address.origin, head)
                return RegistryAnswer(
                    line, from: address, head, exchange, isStrict: request.isForToken,
                    hiding: request.secrets + headers.filter { $0.name == "Authorization" }.flatMap { Self.secrets(of: $0.value) }
                )
            }
            exchange.cancel()
            failure = .proxy(name: proxy.name, .refused(status: head.status))
        } catch {
            failure = error.failure
        }
        if let cause = exchange.bodyFailure { throw cause }
        if exchange.hasSeenTLS { state.withLock { _ = $0.tlsOrigins.insert(address.origin) } }
        throw .network(line, failure)
    }
}
