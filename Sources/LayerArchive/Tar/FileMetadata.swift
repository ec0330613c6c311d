package import StorageIO

/// What is known of a file besides its name, its kind and its content.
package struct FileMetadata: Hashable, Sendable {
    /// Permission bits with setuid, setgid and sticky (`0o7777` at most).
    package var mode: UInt16
    /// The owner's number.
    package var uid: Int64
    /// The group's number.
    package var gid: Int64
    /// Modification time: whole seconds since 1970, negative before.
    package var mtimeSeconds: Int64
    /// Modification time: nanoseconds to add to the seconds.
    package var mtimeNanoseconds: UInt32
    /// A device's number, `major << 32 | minor`; else 0.
    package var device: UInt64

    /// Metadata from its parts; by default that of a file of root's from 1970.
    package init(
        mode: UInt16, uid: Int64 = 0, gid: Int64 = 0, mtimeSeconds: Int64 = 0, mtimeNanoseconds: UInt32 = 0, device: UInt64 = 0
    ) {
        self.mode = mode
        self.uid = uid
        self.gid = gid
        self.mtimeSeconds = mtimeSeconds
        self.mtimeNanoseconds = mtimeNanoseconds
        self.device = device
    }

    /// What the file system says of a file.
    package init(_ item: TreeItem) {
        self.init(
            mode: UInt16(item.mode & 0o7777), uid: item.uid, gid: item.gid, mtimeSeconds: item.status.modifiedSeconds,
            mtimeNanoseconds: UInt32(truncatingIfNeeded: item.status.modifiedNanoseconds), device: item.deviceNumber)
    }
}

extension FileMetadata {
    /// A device's number from the two that a tar has; what is above 32 bits is cut off.
    static func device(major: some BinaryInteger, minor: some BinaryInteger) -> UInt64 {
        UInt64(UInt32(truncatingIfNeeded: major)) << 32 | UInt64(UInt32(truncatingIfNeeded: minor))
    }
}

extension EntryKind {
    /// What the file system says a file is, `st_mode`; never a hard link or a marker.
    package init(fileMode: UInt32) {
        switch fileMode & 0o170000 {
        case 0o100000: self = .file
        case 0o040000: self = .directory
        case 0o120000: self = .symlink
        case 0o020000: self = .characterDevice
        case 0o060000: self = .blockDevice
        case 0o010000: self = .fifo
        default: self = .socket
        }
    }
}

extension File {
    /// The extended attributes as tars have them.
    package func attributes() throws(StorageError) -> [ExtendedAttribute] {
        try extendedAttributes().map { ExtendedAttribute(name: $0.name, value: $0.value) }
    }
}

/// What has the metadata of a file, and shows its parts as its own.
package protocol FileMetadataHolder {
    /// What is known of the file besides its name, its kind and its content.
    var metadata: FileMetadata { get set }
}

extension FileMetadataHolder {
    /// Permission bits with setuid, setgid and sticky (`0o7777` at most).
    package var mode: UInt16 {
        get { metadata.mode }
        set { metadata.mode = newValue }
    }

    /// The owner's number.
    package var uid: Int64 {
        get { metadata.uid }
        set { metadata.uid = newValue }
    }

    /// The group's number.
    package var gid: Int64 {
        get { metadata.gid }
        set { metadata.gid = newValue }
    }

    /// Modification time: whole seconds since 1970, negative before.
    package var mtimeSeconds: Int64 {
        get { metadata.mtimeSeconds }
        set { metadata.mtimeSeconds = newValue }
    }

    /// Modification time: nanoseconds to add to the seconds.
    package var mtimeNanoseconds: UInt32 {
        get { metadata.mtimeNanoseconds }
        set { metadata.mtimeNanoseconds = newValue }
    }

    /// A device's number, `major << 32 | minor`; else 0.
    package var device: UInt64 {
        get { metadata.device }
        set { metadata.device = newValue }
    }
}
