import ContainerRuntime
import Glibc
import Synchronization

/// This process's own streams, as where the output of a command in a container goes.
///
/// A reader that has gone wants no more, and the command learns of it as from any pipe. What cannot be written for another reason,
/// such as a full disk, is lost: that is a failure, whatever the command says of itself.
final class RelayedOutput: Sendable {
    /// The system's reason why something was lost; nil while nothing was.
    private let loss = Mutex<Int32?>(nil)

    /// Writes bytes of the command; false where they go nowhere any more.
    ///
    /// Several threads may call it.
    func deliver(_ stream: ConfinedProcess.Stream, _ bytes: UnsafeRawBufferPointer) -> Bool {
        let reason = (stream == .output ? Terminal.standardOutput : Terminal.standardError).write(bytes)
        if reason != 0, reason != EPIPE { loss.withLock { $0 = $0 ?? reason } }
        return reason == 0
    }

    /// Throws what kept output from being written.
    func requireWhole() throws(CommandError) {
        if let reason = loss.withLock({ $0 }) { throw .outputFailed(errno: reason) }
    }

    /// Ends a command that stands for one in a container: by that one's status, or by 125 where only output of it was lost.
    func end(_ status: Int32) throws {
        do { try requireWhole() } catch {
            throw StatusOverride(error: error, status: status == 0 ? 125 : status)
        }
        if status != 0 { throw CommandEnd(status: status) }
    }
}
