import CLibArchive
import Glibc

/// What libarchive's entry of a tar that is read says, as this program keeps it.
enum TarEntry {
    /// The modification time; see `TarReader`, which puts those below zero right.
    static func modificationTime(_ entry: OpaquePointer) -> (seconds: Int64, nanoseconds: UInt32) {
        (Int64(archive_entry_mtime(entry)), UInt32(clamping: archive_entry_mtime_nsec(entry)))
    }

    /// A device's number, `major << 32 | minor`.
    static func device(_ entry: OpaquePointer) -> UInt64 {
        FileMetadata.device(major: archive_entry_rdevmajor(entry), minor: archive_entry_rdevminor(entry))
    }

    /// The extended attributes, sorted by name; of one name twice the later value counts.
    static func xattrs(_ entry: OpaquePointer) -> [ExtendedAttribute] {
        guard archive_entry_xattr_reset(entry) > 0 else { return [] }
        var values: [[UInt8]: [UInt8]] = [:]
        var name: UnsafePointer<CChar>?
        var value: UnsafeRawPointer?
        var size = 0
        while archive_entry_xattr_next(entry, &name, &value, &size) == ARCHIVE_OK {
            guard let name else { continue }
            let key = Array(UnsafeRawBufferPointer(start: name, count: strlen(name)))
            values[key] = Array(UnsafeRawBufferPointer(start: value, count: size))
        }
        return values.sorted { $0.key.lexicographicallyPrecedes($1.key) }.map { ExtendedAttribute(name: $0.key, value: $0.value) }
    }

    /// The header under another path; for what is no hard link.
    static func header(_ entry: OpaquePointer, _ kind: EntryKind, path: [UInt8]) -> TarHeader {
        let (seconds, nanoseconds) = modificationTime(entry)
        let target = kind == .symlink ? archive_entry_symlink(entry) : nil
        return TarHeader(
            path: path, kind: kind, mode: UInt16(truncatingIfNeeded: archive_entry_perm(entry) & 0o7777),
            uid: archive_entry_uid(entry), gid: archive_entry_gid(entry), size: kind == .file ? archive_entry_size(entry) : 0,
            mtimeSeconds: seconds, mtimeNanoseconds: nanoseconds,
            linkTarget: target.map { Array(UnsafeRawBufferPointer(start: $0, count: strlen($0))) } ?? [],
            device: kind == .characterDevice || kind == .blockDevice ? device(entry) : 0, xattrs: xattrs(entry))
    }
}
