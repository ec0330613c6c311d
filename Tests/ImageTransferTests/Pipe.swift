import Foundation
import Glibc
import Synchronization

/// A named pipe that a test feeds.
///
/// It is open for reading too, so that a reader who gives up does not kill the writer.
final class Pipe: Sendable {
    let path: String

    /// Makes the pipe.
    init(at path: String) throws {
        self.path = path
        guard mkfifo(path, 0o600) == 0 else { throw POSIXError(.EIO) }
    }

    /// Writes `bytes` from a thread of its own, as soon as somebody reads, and closes.
    func feed(_ bytes: [UInt8]) {
        let path = path
        Thread.detachNewThread {
            let fd = open(path, O_WRONLY)
            guard fd >= 0 else { return }
            defer { close(fd) }
            var rest = bytes[...]
            while !rest.isEmpty {
                let count = rest.withUnsafeBytes { write(fd, $0.baseAddress, $0.count) }
                if count <= 0 { return }
                rest = rest.dropFirst(count)
            }
        }
    }
}
