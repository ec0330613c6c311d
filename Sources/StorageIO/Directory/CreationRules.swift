import CLinux
import Glibc

/// With which modes, and as whom, files and folders are made in a directory and in all that are opened below it.
package struct CreationRules: Hashable, Sendable {
    /// The mode of a folder.
    package var folderMode: UInt16
    /// The mode of a file.
    package var fileMode: UInt16
    /// Whether the modes hold whatever the process's mask says: where several users are to work together, none of them can
    /// shut the others out by his mask.
    package var isExact = false
    /// Whose all of it is, where that is not whoever runs this process.
    package var owner: FileOwner?

    /// Rules from their parts.
    package init(folderMode: UInt16, fileMode: UInt16, isExact: Bool = false, owner: FileOwner? = nil) {
        self.folderMode = folderMode
        self.fileMode = fileMode
        self.isExact = isExact
        self.owner = owner
    }

    /// What programs usually do: everybody may, but for what the process's mask takes away.
    package static let usual = CreationRules(folderMode: 0o777, fileMode: 0o666)

    /// A folder that is the root of a tree which a container sees: what is above it keeps others out, not its own mode.
    package static let treeMode: UInt16 = 0o755
}

/// A user and a group, as the machine numbers them.
package struct FileOwner: Hashable, Sendable {
    /// As the machine numbers users, outside any user namespace.
    package let uid: UInt32
    /// As the machine numbers groups, outside any user namespace.
    package let gid: UInt32

    /// An owner from the numbers.
    package init(uid: UInt32, gid: UInt32) {
        self.uid = uid
        self.gid = gid
    }

    /// Runs `body` as this user of the file system, as root may; what it makes is the user's from the beginning, so that no kill in
    /// between leaves it root's.
    ///
    /// It holds for the calling thread alone. The user's permissions count, and none of root's: what a symlink of his leads to is
    /// opened as he could open it.
    ///
    /// Source: setfsuid(2).
    package func acting<T, E: Error>(_ body: () throws(E) -> T) throws(E) -> T {
        // The group first: only root may change it.
        let group = setfsgid(gid)
        let user = setfsuid(uid)
        defer {
            let reason = errno
            setfsuid(uid_t(bitPattern: user))
            setfsgid(gid_t(bitPattern: group))
            errno = reason
        }
        return try body()
    }
}

extension CreationRules {
    /// Makes one call that makes something, or opens it for writing, as the owner where there is one.
    func making<Result: SignedInteger>(_ call: () -> Result) -> Result {
        if let owner { owner.acting(call) } else { call() }
    }
}
