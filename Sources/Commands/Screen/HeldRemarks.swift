import Operations
import Synchronization

/// Remarks of operations while a screen stands where they would be written: told when it is gone.
final class HeldRemarks: Sendable {
    private let remarks = Mutex<[Remark]>([])

    /// Keeps a remark; from any thread.
    var hold: @Sendable (Remark) -> Void { { [self] remark in remarks.withLock { $0.append(remark) } } }

    /// Tells all of them, in order.
    func tell(_ globals: GlobalOptions) {
        let held = remarks.withLock { remarks in
            defer { remarks = [] }
            return remarks
        }
        for remark in held { globals.tell(remark) }
    }
}
