import Glibc
import StorageIO
import SystemPackage

/// Who may use a store, as the directory and its `strata.json` say, and so how everything in it is made.
///
/// What images and builds wrote may be set-user-ID, and locks stop whoever waits for them; so a store is its owner's, or a
/// group's whose members trust each other. docs/store-format.md has the table.
package enum StoreAccess: Hashable, Sendable {
    /// Its owner alone.
    case owner
    /// The group of the directory, which has the set-group-ID bit and lets the group write.
    case group
    /// A layout that another tool made: the files of the layout are made as open as the directory is, with these bits, and what
    /// strata has besides is its owner's.
    case asFound(mode: UInt16)

    /// The access to a store whose directory is `root`.
    ///
    /// `keepsModes` says that another tool made it.
    init(_ root: FileStatus, keepsModes: Bool) {
        if root.mode & Self.sharingBits == Self.sharingBits {
            self = .group
        } else {
            self = keepsModes ? .asFound(mode: root.mode & 0o777) : .owner
        }
    }

    /// Set-group-ID, and all of the group: `chmod 2770`.
    private static let sharingBits: UInt16 = 0o2070

    /// The mode of a new store's directory.
    static let newStoreMode: UInt16 = 0o700

    /// How what is strata's own is made.
    func rules(_ owner: FileOwner?) -> CreationRules {
        switch self {
        case .group: CreationRules(folderMode: 0o770, fileMode: 0o660, isExact: true, owner: owner)
        case .owner, .asFound: CreationRules(folderMode: 0o700, fileMode: 0o600, owner: owner)
        }
    }

    /// How the files of the image layout are made: `index.json`, `oci-layout`, `blobs` and what says which store this is.
    func layoutRules(_ owner: FileOwner?) -> CreationRules {
        guard case .asFound(let mode) = self else { return rules(owner) }
        return CreationRules(folderMode: mode | 0o700, fileMode: mode & 0o666 | 0o600, owner: owner)
    }

    /// The mode of a blob.
    var blobMode: UInt16 {
        switch self {
        case .owner: 0o400
        case .group: 0o440
        case .asFound(let mode): mode & 0o444 | 0o400
        }
    }

    /// The mode that closes a directory of this mode to those whom the store is not for; nil where it is closed.
    func closing(_ mode: UInt16) -> UInt16? {
        let closed: UInt16
        switch self {
        case .owner: closed = mode & 0o7700
        case .group: closed = mode & 0o7770
        case .asFound: return nil
        }
        return closed == mode ? nil : closed
    }
}

/// That a store was open to others than those it is for, and is closed now.
package struct StoreClosing: Hashable, Sendable {
    /// The mode that its directory had.
    package let before: UInt16
    /// The one that it has.
    package let after: UInt16
}

extension StoreAccess {
    /// Closes the directory to those whom the store is not for, where it is this user's; nil where there was nothing to close.
    ///
    /// The directory is above everything else, so nobody of them gets in any more whatever the modes below say. A file system
    /// without modes, or one that is read-only, stays as it is.
    func close(_ root: Directory) throws(StorageError) -> StoreClosing? {
        let status = try root.status()
        guard let mode = closing(status.mode), status.uid == geteuid() else { return nil }
        do { try root.setMode(mode) } catch {
            guard error.isReadOnly || error.errno == .notSupported else { throw error }
            return nil
        }
        let after = try root.status().mode
        return after == status.mode ? nil : StoreClosing(before: status.mode, after: after)
    }
}

extension FileOwner {
    /// The owner of a store that root uses in somebody else's place: what root makes there is that user's; nil for one's own.
    ///
    /// Within a user namespace whoever is root there is an ordinary user, who can give nothing away.
    static func ofForeignStore(_ root: FileStatus) -> FileOwner? {
        guard ProcessOwner.uid == 0, geteuid() == 0, root.uid != 0 else { return nil }
        return FileOwner(uid: root.uid, gid: root.gid)
    }
}
