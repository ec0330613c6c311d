package import SystemPackage

/// A system call that failed: what was tried, on what, and why.
package struct StorageError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What was tried.
    package enum Operation: String, Hashable, Sendable {
        case open
        case makeDirectory
        case list
        case status
        case read
        case write
        case sync
        case changeMode
        case rename
        case remove
        case lock
    }

    /// What was tried.
    package let operation: Operation
    /// The file or directory, as it was opened.
    package let path: String
    /// The system's reason.
    package let errno: Errno

    /// An error from its parts.
    package init(_ operation: Operation, _ path: String, _ errno: Errno) {
        self.operation = operation
        self.path = path
        self.errno = errno
    }

    /// The path and the reason, for notes within other messages.
    package var description: String { "\(path): \(errno)" }

    /// Whether a lock was held by someone else until the waiting ran out.
    package var isBusy: Bool { operation == .lock && errno == .wouldBlock }

    /// Whether the thing is not there.
    package var isAbsent: Bool { errno == .noSuchFileOrDirectory }

    /// Whether the store cannot be written to at all: by permission or because its file system is read-only.
    package var isReadOnly: Bool { [.readOnlyFileSystem, .permissionDenied, .notPermitted].contains(errno) }
}
