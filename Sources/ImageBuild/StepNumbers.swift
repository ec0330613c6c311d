import Synchronization

/// Numbers the steps of a build, over all its stages and platforms.
package final class StepNumbers: Sendable {
    private let count = Mutex(0)

    /// Begins at 1.
    package init() {}

    /// The number of a step that begins now.
    func next() -> Int {
        count.withLock { count in
            count += 1
            return count
        }
    }
}
