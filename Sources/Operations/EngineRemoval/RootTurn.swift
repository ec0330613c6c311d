import EngineStores
import StorageIO

/// The turn of one run of strata to remove from an engine's root: two at once would both count what both asked the engine to remove.
///
/// It is the lock of the root's directory itself, which no engine takes: nothing is written for it, and whoever may read the root takes
/// part, whatever store he has. It ends with the process. Where a file system has no such locks, as some networks' have not, all go at once.
struct RootTurn {
    private static let pause = Duration.milliseconds(100)

    private let lock: FileLock?

    /// Waits for the root's turn for as long as `patience`; where somebody else has it then, that is an error.
    ///
    /// Once `stop` is asked for, nothing is waited for, and nothing is to be removed any more.
    init(
        _ kind: EngineKind, at root: Directory, patience: Duration, _ stop: StopRequest
    ) throws(EngineControlError) {
        let deadline = ContinuousClock.now + patience
        while !stop.isStopping {
            let left = ContinuousClock.now.duration(to: deadline)
            do throws(StorageError) {
                lock = try FileLock.acquire(directory: root, .exclusive, patience: min(max(left, .zero), Self.pause))
                return
            } catch {
                guard error.isBusy else {
                    guard error.operation == .lock else { throw .look(.storage(kind, error)) }
                    break
                }
                if left <= .zero { throw .busy(kind, root: root.path) }
            }
        }
        lock = nil
    }

    /// Lets others have it; call it in a `defer`.
    func release() { lock?.release() }
}
