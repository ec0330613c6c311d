package import Distribution
package import ImageTransfer

/// Who is told how far an operation has come; called from several threads.
package struct OperationProgress: Sendable {
    /// Told what a transfer, or a reading of layers, does.
    package var transferred: @Sendable (TransferEvent) -> Void
    /// Told what becomes of each layer of a pull or a push.
    package var distributed: @Sendable (DistributionEvent) -> Void
    /// Told all bytes read so far of a pipe or a compressed archive; how many there will be is not known.
    package var spooled: @Sendable (Int64) -> Void
    /// Told of each pause before a registry is asked again, when it begins.
    package var waited: @Sendable (Wait) -> Void
    /// Told when nothing more comes, so that a bar can be taken off the screen.
    package var finish: @Sendable () -> Void

    /// Progress told to these.
    package init(
        transferred: @escaping @Sendable (TransferEvent) -> Void = { _ in },
        distributed: @escaping @Sendable (DistributionEvent) -> Void = { _ in },
        spooled: @escaping @Sendable (Int64) -> Void = { _ in }, waited: @escaping @Sendable (Wait) -> Void = { _ in },
        finish: @escaping @Sendable () -> Void = {}
    ) {
        self.transferred = transferred
        self.distributed = distributed
        self.spooled = spooled
        self.waited = waited
        self.finish = finish
    }

    /// Told to nobody.
    package static let silent = OperationProgress()
}
