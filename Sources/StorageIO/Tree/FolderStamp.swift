/// A folder whose content nobody changes once it is whole, by what a new one in its place could not have.
///
/// No program can set when an inode changed; what changes deep below the folder leaves the stamp as it is.
package struct FolderStamp: Hashable, Sendable {
    /// The device that holds it.
    package let device: UInt64
    /// Its inode.
    package let inode: UInt64
    /// When the inode changed last, in nanoseconds since 1970.
    package let changedNanoseconds: Int64

    /// The stamp of a folder of that status.
    package init(_ status: FileStatus) {
        self.init(device: status.device, inode: status.inode, changedNanoseconds: status.changedStamp)
    }

    /// A stamp from its parts.
    package init(device: UInt64, inode: UInt64, changedNanoseconds: Int64) {
        self.device = device
        self.inode = inode
        self.changedNanoseconds = changedNanoseconds
    }
}

/// What a folder takes, itself and all below it.
package struct FolderSize: Hashable, Sendable {
    /// Inodes, each once.
    package private(set) var inodeCount: Int
    /// Their allocated bytes.
    package private(set) var allocatedBytes: Int64

    /// A size from its parts.
    package init(inodeCount: Int, allocatedBytes: Int64) {
        self.inodeCount = inodeCount
        self.allocatedBytes = allocatedBytes
    }

    /// Adds what something else takes, no inode of which is in it.
    package static func += (size: inout FolderSize, other: FolderSize) {
        size.inodeCount += other.inodeCount
        size.allocatedBytes += other.allocatedBytes
    }
}
