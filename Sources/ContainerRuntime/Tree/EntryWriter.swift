import CLinux
import Glibc
import LayerArchive
import StorageIO
import SystemPackage

/// Where a file is made: a path that leads through no symlink from an open directory.
struct EntryPlace {
    let directory: Int32
    /// As calls of the system take it.
    let name: [CChar]
    private let base: String
    private let whole: [UInt8]

    /// The place `name` (empty for the directory itself) of an open directory, which is `path` below `base` for people.
    init(_ directory: Int32, _ name: [UInt8], path: [UInt8], below base: String) {
        self.directory = directory
        self.name = (name.isEmpty ? [UInt8(ascii: ".")] : name).cString
        self.base = base
        whole = path
    }

    /// The place for people.
    var path: String { base.appendingPath(whole.messageText) }

    /// Makes a call of the system on the place, and says of a failure where that was.
    @discardableResult
    func calling(_ body: (_ directory: Int32, _ name: [CChar]) -> Int32) throws(StorageError) -> Int32 {
        try check(.write, path) { body(directory, name) }
    }
}

/// Makes files of what a tar says: of a layer that an overlay is to show, and of a tar that goes into a tree.
///
/// Where an entry goes, and what becomes of what is there, its callers decide; nothing that exists is replaced here. A file is made
/// closed, and gets owner, mode, attributes and times when its content is there; a directory when all that it holds is, by `finish`.
struct EntryWriter {
    /// What is kept of what a tar says.
    var keeping: TreePlacement.Keeping
    /// Whether the files are those of a layer: then they get no attributes that mean something to the overlay over them, nor ones that
    /// root of this user namespace may not set.
    var isLayer: Bool
    /// Whether devices are made; else they are left out.
    var makesDevices = true

    /// Makes what an entry says, but no directory and no hard link; false for what is left out.
    func make(
        _ kind: EntryKind, _ header: TarHeader, at place: EntryPlace, _ content: (File) throws -> Void
    ) throws -> Bool {
        switch kind {
        case .file:
            let file = try create(place)
            try content(file)
            try finish(file, header, place)
        case .symlink:
            try place.calling { symlinkat(header.linkTarget.cString, $0, $1) }
            try finishInPlace(header, place)
        case .characterDevice where makesDevices: try makeNode(S_IFCHR, header, place)
        case .blockDevice where makesDevices: try makeNode(S_IFBLK, header, place)
        case .fifo: try makeNode(S_IFIFO, header, place)
        default: return false
        }
        return true
    }

    /// Makes an empty file that nobody else may open.
    func create(_ place: EntryPlace) throws(StorageError) -> File {
        let fd = try place.calling { openat($0, $1, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600) }
        return File(adopting: FileDescriptor(rawValue: fd), path: place.path)
    }

    /// The file at a place, which is no symlink, without its content.
    func openEmptied(_ place: EntryPlace) throws(StorageError) -> File {
        let fd = try place.calling { openat($0, $1, O_WRONLY | O_TRUNC | O_NOFOLLOW | O_CLOEXEC) }
        return File(adopting: FileDescriptor(rawValue: fd), path: place.path)
    }

    /// Makes a directory that nobody else may enter.
    func makeDirectory(_ place: EntryPlace) throws(StorageError) { try place.calling { mkdirat($0, $1, 0o700) } }

    /// Gives the file at `target` one more name.
    func link(_ target: EntryPlace, at place: EntryPlace) throws(StorageError) {
        try place.calling { linkat(target.directory, target.name, $0, $1, 0) }
    }

    /// Gives a directory what its header says.
    func finishDirectory(_ header: TarHeader, _ place: EntryPlace) throws { try finish(try openDirectory(place), header, place) }

    /// The directory at a place, which is no symlink.
    func openDirectory(_ place: EntryPlace) throws(StorageError) -> File {
        let fd = try place.calling { openat($0, $1, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC) }
        return File(adopting: FileDescriptor(rawValue: fd), path: place.path)
    }

    /// Gives an open file what its header says: owner first, since a change of owner takes setuid and capabilities away; then mode,
    /// attributes and times.
    func finish(_ file: File, _ header: TarHeader, _ place: EntryPlace) throws {
        if let owner = try owner(header) { try place.calling { _, _ in fchown(file.fd, owner.user, owner.group) } }
        try place.calling { _, _ in fchmod(file.fd, UInt32(header.mode)) }
        for attribute in header.xattrs where isKept(attribute.name) {
            let name = attribute.name.cString
            try place.calling { _, _ in
                attribute.value.withUnsafeBytes { fsetxattr(file.fd, name, $0.baseAddress, $0.count, 0) }
            }
        }
        var times = Self.times(header)
        try place.calling { _, _ in futimens(file.fd, &times) }
    }

    private func makeNode(_ format: UInt32, _ header: TarHeader, _ place: EntryPlace) throws {
        let device = strata_device(UInt32(header.device >> 32), UInt32(header.device & 0xFFFF_FFFF))
        try place.calling { mknodat($0, $1, format | UInt32(header.mode), UInt(device)) }
        try finishInPlace(header, place)
        // The mode that it was made with is less what the umask takes away, and a change of owner takes setuid away.
        try place.calling { fchmodat($0, $1, UInt32(header.mode), 0) }
    }

    /// Gives owner and times to what cannot be opened.
    private func finishInPlace(_ header: TarHeader, _ place: EntryPlace) throws {
        if let owner = try owner(header) {
            try place.calling { fchownat($0, $1, owner.user, owner.group, AT_SYMLINK_NOFOLLOW) }
        }
        var times = Self.times(header)
        try place.calling { utimensat($0, $1, &times, AT_SYMLINK_NOFOLLOW) }
    }

    private func isKept(_ attribute: [UInt8]) -> Bool {
        guard keeping.attributes || attribute.starts(with: "user.".utf8) else { return false }
        return !isLayer || (OverlayMarks.mayBeSet(attribute) && !OverlayMarks.own.contains(attribute))
    }

    /// Whose a file is to be; nil where it stays the caller's.
    private func owner(_ header: TarHeader) throws(TreeCopy.Problem) -> (user: UInt32, group: UInt32)? {
        guard keeping.owners else { return nil }
        func id(_ number: Int64) throws(TreeCopy.Problem) -> UInt32 {
            guard let id = UInt32(ownerID: number) else { throw .badOwner(header.path.messageText, number) }
            return id
        }
        return (try id(header.uid), try id(header.gid))
    }

    private static func times(_ header: TarHeader) -> [timespec] {
        let time = timespec(tv_sec: Int(header.mtimeSeconds), tv_nsec: Int(header.mtimeNanoseconds))
        return [time, time]
    }
}

extension UInt32 {
    /// The ID of a user or group as calls of the system take it; nil for one that no file can have.
    ///
    /// IDs have 32 bits, and all of them set mean to a call that nothing is to change.
    init?(ownerID: Int64) {
        guard let id = UInt32(exactly: ownerID), id != .max else { return nil }
        self = id
    }
}
