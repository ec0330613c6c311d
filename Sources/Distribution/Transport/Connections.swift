import Foundation
import Synchronization

/// The connections of one command: to all servers, on one thread.
///
/// They end with this object.
final class Connections: Sendable {
    let settings: NetworkSettings
    private struct State {
        var loop: TransferLoop?
        var trusts: [TrustKey: ServerTrust] = [:]
        var originsWithoutTLS: Set<Origin> = []
    }

    private struct TrustKey: Hashable {
        let origin: Origin
        let options: TLSOptions
    }

    private let state = Mutex(State())

    init(_ settings: NetworkSettings) { self.settings = settings }

    deinit { state.withLock { $0.loop }?.stop() }

    /// Sends a request over a connection to its server, or over a new one.
    func begin(_ request: WireRequest) throws(DistributionError) -> Exchange {
        Exchange(request, on: try loop(), settings.timeouts)
    }

    /// What a server, and the proxy before it, are held to; files are read once.
    func trust(for origin: Origin, through proxy: Proxy?, _ options: TLSOptions) throws(DistributionError) -> ServerTrust {
        guard origin.isTLS || proxy?.isTLS == true else { return .none }
        let key = TrustKey(origin: origin, options: options)
        if let known = state.withLock({ $0.trusts[key] }) { return known }
        let trust = try options.trust(for: origin, settings)
        state.withLock { $0.trusts[key] = trust }
        return trust
    }

    /// Notes that a server did not understand TLS at this origin, and has answered without it.
    func noteWithoutTLS(_ origin: Origin) { state.withLock { _ = $0.originsWithoutTLS.insert(origin) } }

    /// Whether somebody has found that out: every repository has a client of its own, and an audit meets thousands on one server.
    func isWithoutTLS(_ origin: Origin) -> Bool { state.withLock { $0.originsWithoutTLS.contains(origin) } }

    /// The proxy on the way to a server; nil for none.
    func proxy(for origin: Origin) throws(DistributionError) -> Proxy? {
        try ProxyChoice(settings.environment).proxy(for: origin)
    }

    private func loop() throws(DistributionError) -> TransferLoop {
        let outcome: Result<TransferLoop, DistributionError> = state.withLock { state in
            if let loop = state.loop { return .success(loop) }
            do throws(DistributionError) {
                let loop = try TransferLoop(connectSeconds: settings.timeouts.connect)
                state.loop = loop
                return .success(loop)
            } catch {
                return .failure(error)
            }
        }
        return try outcome.get()
    }
}
