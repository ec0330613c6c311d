import Dispatch
import Synchronization

/// Asks work that takes one thing after another to end with the one that it is at, and waits for it to have told what it did.
package final class StopRequest: Sendable {
    private let isAsked = Atomic(false)
    private let ended = DispatchSemaphore(value: 0)

    /// Nobody has asked yet.
    package init() {}

    /// Whether the work is to end.
    package var isStopping: Bool { isAsked.load(ordering: .relaxed) }

    /// Asks, and returns when the work has ended, or after so long.
    package func stop(within seconds: Int) {
        isAsked.store(true, ordering: .relaxed)
        _ = ended.wait(timeout: .now() + .seconds(seconds))
    }

    /// Tells that the work has ended, and that all is told of it.
    package func end() { ended.signal() }
}
