import Foundation
import Synchronization

/// Spreads the requests of a process over time: so many a second to each server, and none while a server wants to be left alone.
package final class RequestPace: Sendable {
    private struct Server {
        /// When the next request may be sent; seconds of the system's clock that nobody sets.
        var next = 0.0
        /// Until when it wants no request at all, longer than anybody waits.
        var closedUntil = 0.0
    }

    private let interval: Double
    private let servers = Mutex<[Origin: Server]>([:])

    /// A pace of so many requests a second; nil for any number, so that only what servers ask for counts.
    package init(perSecond: Double?) { interval = perSecond.map { 1 / $0 } ?? 0 }

    private static var now: Double { ProcessInfo.processInfo.systemUptime }

    /// Waits for this request's turn; throws what ends all waits.
    func wait(for origin: Origin, _ halt: Halt?) throws(DistributionError) {
        while let seconds = turn(for: origin) {
            if let halt { try halt.pause(seconds: seconds) } else { Thread.sleep(forTimeInterval: seconds) }
        }
    }

    /// Takes the next turn where it has come; else how many seconds it is away.
    private func turn(for origin: Origin) -> Double? {
        servers.withLock { servers in
            let now = Self.now
            let next = servers[origin]?.next ?? 0
            guard next <= now else { return next - now }
            if interval > 0 { servers[origin, default: Server()].next = max(next, now - interval) + interval }
            return nil
        }
    }

    /// Keeps requests from a server that wants none for longer than anybody waits: they fail meanwhile, unsent.
    func close(_ origin: Origin, seconds: Double) {
        servers.withLock { $0[origin, default: Server()].closedUntil = Self.now + seconds }
    }

    /// How many seconds a server is closed for; nil for one that is not.
    func closedSeconds(_ origin: Origin) -> Double? {
        servers.withLock { servers in
            let seconds = (servers[origin]?.closedUntil ?? 0) - Self.now
            return seconds > 0 ? seconds : nil
        }
    }

    /// Keeps all requests from a server for so many seconds.
    func hold(_ origin: Origin, seconds: Double) {
        servers.withLock { servers in
            servers[origin, default: Server()].next = max(servers[origin]?.next ?? 0, Self.now + seconds)
        }
    }
}
