import Glibc

/// What the file system says of one inode.
package struct FileStatus: Hashable, Sendable {
    /// What an inode is.
    package enum Kind: Hashable, Sendable {
        case file
        case directory
        case symlink
        case other
    }

    /// What the inode is.
    package let kind: Kind
    /// The length in bytes.
    package let sizeBytes: Int64
    /// Bytes allocated on the file system (`st_blocks × 512`).
    package let allocatedBytes: Int64
    /// The device that holds the inode.
    package let device: UInt64
    /// The inode's number on its device.
    package let inode: UInt64
    /// How many names the inode has.
    package let linkCount: Int
    /// Permission bits (`0o7777` at most).
    package let mode: UInt16
    /// The user that owns it.
    package let uid: UInt32
    /// The group that owns it.
    package let gid: UInt32
    /// When the content changed last: whole seconds since 1970.
    package let modifiedSeconds: Int64
    /// When the content changed last: nanoseconds to add.
    package let modifiedNanoseconds: Int64

    /// When the inode changed last, its names and its mode included: whole seconds since 1970.
    ///
    /// Unlike the content's time no program can set it.
    package let changedSeconds: Int64
    /// The same: nanoseconds to add.
    package let changedNanoseconds: Int64

    init(_ raw: stat) {
        switch raw.st_mode & S_IFMT {
        case S_IFREG: kind = .file
        case S_IFDIR: kind = .directory
        case S_IFLNK: kind = .symlink
        default: kind = .other
        }
        sizeBytes = Int64(raw.st_size)
        allocatedBytes = Int64(raw.st_blocks) * 512
        device = UInt64(raw.st_dev)
        inode = UInt64(raw.st_ino)
        linkCount = Int(raw.st_nlink)
        mode = UInt16(raw.st_mode & 0o7777)
        uid = raw.st_uid
        gid = raw.st_gid
        modifiedSeconds = Int64(raw.st_mtim.tv_sec)
        modifiedNanoseconds = Int64(raw.st_mtim.tv_nsec)
        changedSeconds = Int64(raw.st_ctim.tv_sec)
        changedNanoseconds = Int64(raw.st_ctim.tv_nsec)
    }

    /// Since when all of it is as it is, names and mode included: whole seconds since 1970.
    package var lastChangeSeconds: Int64 { max(modifiedSeconds, changedSeconds) }
    /// When the content changed last, in nanoseconds since 1970; a moment beyond what that can say wraps.
    package var modifiedStamp: Int64 { modifiedSeconds &* 1_000_000_000 &+ modifiedNanoseconds }
    /// When the inode changed last, the same way.
    package var changedStamp: Int64 { changedSeconds &* 1_000_000_000 &+ changedNanoseconds }

    /// Whether two looks saw the same inode with the same content, as far as a status can tell.
    package func isUnchanged(since earlier: FileStatus) -> Bool { self == earlier }
}
