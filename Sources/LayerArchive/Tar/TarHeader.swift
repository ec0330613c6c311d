/// An extended attribute of a file.
package struct ExtendedAttribute: Hashable, Sendable {
    /// Its whole name, such as `security.capability`.
    package var name: [UInt8]
    /// Raw bytes: capabilities and labels are no text.
    package var value: [UInt8]

    /// An attribute from its parts.
    package init(name: [UInt8], value: [UInt8]) {
        self.name = name
        self.value = value
    }
}

/// What a tar says of one entry before its content.
package struct TarHeader: FileMetadataHolder, Hashable, Sendable {
    /// Raw bytes without a leading slash; empty for the root.
    package var path: [UInt8]
    /// Never a marker: those are files with a name of their own.
    package var kind: EntryKind
    /// Mode, owner, time and device, as the machine that made the tar numbered them.
    package var metadata: FileMetadata
    /// Bytes of content; counts for regular files only.
    package var size: Int64
    /// A symlink's target as it is to be read; a hard link's as a path within the tar.
    package var linkTarget: [UInt8]
    /// Raw, in the order of the tar.
    package var xattrs: [ExtendedAttribute]

    /// A header from its parts; what a plain file does not need has a plain value.
    package init(
        path: [UInt8], kind: EntryKind, mode: UInt16, uid: Int64 = 0, gid: Int64 = 0, size: Int64 = 0, mtimeSeconds: Int64 = 0,
        mtimeNanoseconds: UInt32 = 0, linkTarget: [UInt8] = [], device: UInt64 = 0, xattrs: [ExtendedAttribute] = []
    ) {
        self.path = path
        self.kind = kind
        metadata = FileMetadata(
            mode: mode, uid: uid, gid: gid, mtimeSeconds: mtimeSeconds, mtimeNanoseconds: mtimeNanoseconds, device: device)
        self.size = size
        self.linkTarget = linkTarget
        self.xattrs = xattrs
    }

    /// A header with the metadata of a file.
    package init(path: [UInt8], kind: EntryKind, _ metadata: FileMetadata, size: Int64 = 0, linkTarget: [UInt8] = []) {
        self.path = path
        self.kind = kind
        self.metadata = metadata
        self.size = size
        self.linkTarget = linkTarget
        xattrs = []
    }

    /// Makes the time no later than `latest`, whole seconds since 1970 (`SOURCE_DATE_EPOCH`).
    package mutating func clamp(to latest: Int64?) {
        guard let latest, mtimeSeconds >= latest else { return }
        mtimeSeconds = latest
        mtimeNanoseconds = 0
    }

    /// The header of a regular file that root owns, from 1970.
    package static func file(_ name: String, size: Int64) -> TarHeader {
        TarHeader(path: Array(name.utf8), kind: .file, mode: 0o644, size: size)
    }

    /// The header of a directory that root owns, from 1970.
    package static func directory(_ name: String) -> TarHeader {
        TarHeader(path: Array(name.utf8), kind: .directory, mode: 0o755)
    }
}
