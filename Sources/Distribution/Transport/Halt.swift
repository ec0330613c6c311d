import Foundation

/// The end of work that several threads share: after the first failure nobody waits for anything any more.
///
/// It ends pauses before another try, waits for answers and bodies, and uploads; whoever waited gets the failure that ended all.
final class Halt: @unchecked Sendable {
    private struct WeakExchange {
        weak var exchange: Exchange?
    }

    /// Guards the other members.
    private let condition = NSCondition()
    private var failure: DistributionError?
    private var exchanges: [ObjectIdentifier: WeakExchange] = [:]

    /// The first failure; nil while the work goes on.
    var error: DistributionError? { condition.withLock { failure } }

    /// Throws the first failure, if there was one.
    func check() throws(DistributionError) {
        if let error { throw error }
    }

    /// Ends all; a second failure changes nothing.
    func end(_ error: DistributionError) {
        let running: [WeakExchange] = condition.withLock {
            guard failure == nil else { return [] }
            failure = error
            condition.broadcast()
            defer { exchanges = [:] }
            return Array(exchanges.values)
        }
        for entry in running { entry.exchange?.abandon() }
    }

    /// Waits so many seconds; throws the failure as soon as there is one.
    func pause(seconds: Double) throws(DistributionError) {
        let end = Date(timeIntervalSinceNow: seconds)
        let error: DistributionError? = condition.withLock {
            while failure == nil, Date() < end { condition.wait(until: end) }
            return failure
        }
        if let error { throw error }
    }

    /// Has an exchange given up when all ends; at once where it has.
    func watch(_ exchange: Exchange) {
        let isOver = condition.withLock {
            if failure == nil { exchanges[ObjectIdentifier(exchange)] = WeakExchange(exchange: exchange) }
            return failure != nil
        }
        if isOver { exchange.abandon() }
    }

    /// Takes note that an exchange is no more.
    func forget(_ exchange: ObjectIdentifier) {
        condition.withLock { _ = exchanges.removeValue(forKey: exchange) }
    }
}
