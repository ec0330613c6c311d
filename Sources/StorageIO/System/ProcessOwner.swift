import Glibc

/// Who started this program.
package enum ProcessOwner {
    private static let ids = (user: geteuid(), group: getegid())

    /// The effective user, as the machine numbers users, when it was asked first.
    ///
    /// Within a user namespace of its own a process is root there; whose files it makes, and where that user's are, is told by
    /// this one.
    package static var uid: UInt32 { ids.user }

    /// The effective group, likewise.
    package static var gid: UInt32 { ids.group }

    /// Whether this process is root in a user namespace of an ordinary user's.
    package static var isRootOfOwnNamespace: Bool { uid != 0 && geteuid() == 0 }
}
