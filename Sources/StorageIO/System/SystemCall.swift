import Glibc
import SystemPackage

/// Makes a system call again while a signal interrupts it, and turns its failure into an error that names the path.
///
/// Every return code of this module passes through here, and of others that make calls of their own. The result is what the call returned, never negative.
@discardableResult
package func check<Result: SignedInteger>(
    _ operation: StorageError.Operation, _ path: @autoclosure () -> String, _ call: () -> Result
) throws(StorageError) -> Result {
    while true {
        let result = call()
        if result >= 0 { return result }
        let reason = errno
        if reason != EINTR { throw StorageError(operation, path(), Errno(rawValue: reason)) }
    }
}

extension String {
    /// `directory/name`, for messages.
    package func appendingPath(_ name: String) -> String {
        hasSuffix("/") ? self + name : "\(self)/\(name)"
    }
}
