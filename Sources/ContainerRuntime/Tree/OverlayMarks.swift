// https://docs.kernel.org/filesystems/overlayfs.html#user-xattr

package import ContentStorage
import StorageIO

/// How the directories of an overlay say what they take away.
///
/// What a mount was made with decides which attributes it takes for marks: those of the others are files' own, whoever wrote them.
package struct OverlayMarks: Sendable {
    /// How the names of its attributes begin.
    private let prefix: [UInt8]

    /// Those of an overlay that root of the machine mounted: no program without that power can set them.
    static let machine = OverlayMarks(prefix: Array("trusted.overlay.".utf8))
    /// Those of one that was mounted in a user namespace (`userxattr`): the mount itself keeps programs from setting them.
    static let user = OverlayMarks(prefix: Array("user.overlay.".utf8))

    /// Those of what this process mounts.
    package static var own: OverlayMarks { UserNamespace.isInitial ? machine : user }

    /// Those of what the user of this number mounts, as this process sees the number.
    init(mountedBy uid: UInt32) { self = uid == 0 ? .own : .user }

    private init(prefix: [UInt8]) { self.prefix = prefix }

    /// The option by which a mount takes these for its marks; nil for the usual ones.
    var option: String? { prefix == Self.user.prefix ? "userxattr" : nil }

    /// The attribute that makes a directory opaque.
    var opaqueName: String { String(decoding: prefix, as: UTF8.self) + "opaque" }

    /// Whether an attribute of this name is the mount's and no file's.
    func contains(_ name: [UInt8]) -> Bool { name.starts(with: prefix) }

    /// Whether a directory hides what lies below it.
    func isOpaque(_ directory: File) throws(StorageError) -> Bool {
        let name = Array(opaqueName.utf8)
        return try directory.extendedAttributes().contains { $0.name == name && $0.value == Array("y".utf8) }
    }

    /// Whether root of a user namespace may set an attribute of this name; of the machine's own root every one.
    ///
    /// Source: https://man7.org/linux/man-pages/man7/xattr.7.html
    static func mayBeSet(_ name: [UInt8]) -> Bool {
        UserNamespace.isInitial || name == Array("security.capability".utf8)
            || ["user.", "system.posix_acl_"].contains { name.starts(with: $0.utf8) }
    }
}

extension TreeItem {
    /// Whether an overlay takes it for the mark that something is gone: the mount lets nobody else make one.
    var isWhiteout: Bool { mode & 0o170000 == 0o020000 && deviceNumber == 0 }
}

extension ContainerFolder {
    /// The marks of the container's overlay.
    ///
    /// The folder's owner made the mount. What is in it may have been given away by the container.
    package func marks() throws(RuntimeError) -> OverlayMarks {
        OverlayMarks(mountedBy: try lift(try directory.status().uid, to: RuntimeError.storage))
    }
}
