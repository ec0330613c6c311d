import Synchronization

/// What is to be done should a signal end the process in the middle of an operation.
///
/// Whoever takes signals calls `run`, on a thread where that may block and allocate.
package enum Interruption {
    private static let cleanUp = Mutex<(@Sendable () -> Void)?>(nil)

    /// What is to be done from now on; `nil` for nothing.
    package static func clean(with body: (@Sendable () -> Void)?) {
        cleanUp.withLock { $0 = body }
    }

    /// Does `work`; a signal meanwhile first calls `body`, and then what was to be cleaned before.
    package static func first<T>(_ body: @escaping @Sendable () -> Void, during work: () throws -> T) rethrows -> T {
        let before = cleanUp.withLock { slot in
            let before = slot
            slot = {
                body()
                before?()
            }
            return before
        }
        defer { cleanUp.withLock { $0 = before } }
        return try work()
    }

    /// Makes what an interrupt must clean up, so that no signal finds it made and nobody to clean it.
    package static func make<T: Sendable, E: Error>(
        _ body: () throws(E) -> T, onInterrupt cleanUp: @escaping @Sendable (T) -> Void
    ) throws(E) -> T {
        let outcome: Result<T, E> = Self.cleanUp.withLock { slot in
            do throws(E) {
                let made = try body()
                slot = { cleanUp(made) }
                return .success(made)
            } catch {
                return .failure(error)
            }
        }
        return try outcome.get()
    }

    /// Cleans up, and returns when that is done.
    ///
    /// A signal that comes while something is being made waits for that.
    package static func run() { cleanUp.withLock { $0 }?() }
}
