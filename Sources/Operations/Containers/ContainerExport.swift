import ContainerRuntime
import ImageStorage
import ImageTransfer
import StorageIO

extension Workspace {
    /// Writes a container's tree as a tar to the file `path`, or to standard output, without what is mounted in it.
    package func export(_ item: FoundContainer, to path: String?) throws {
        try write(to: path) { file in
            let failure = FirstFailure()
            try item.run(.export, in: store.content) { bytes in failure.keep { try file.write(bytes) } }
            if let error = failure.error as? StorageError { throw TransferError.output(error) }
            if let error = failure.error { throw error }
        }
    }
}

/// The first failure of what another thread does; read when that has ended.
private final class FirstFailure: @unchecked Sendable {
    private(set) var error: (any Error)?

    /// Does nothing any more after a failure.
    func keep(_ body: () throws -> Void) {
        guard error == nil else { return }
        do { try body() } catch { self.error = error }
    }
}
