import Glibc

/// Who started this program.
package enum ProcessOwner {
    /// The effective user, as the machine numbers users, when it was asked first.
    ///
    /// Within a user namespace of its own a process is root there; whose files it makes, and where that user's are, is told by
    /// this one.
    package static let uid: UInt32 = geteuid()
}
