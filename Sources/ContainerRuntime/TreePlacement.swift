import CLinux
import Glibc
package import LayerArchive
package import StorageIO
import SystemPackage
import TextValues

/// Puts what a tar holds into a tree that is there: for `cp`.
///
/// Below the folder that it is given no symlink is followed: what stands in the way of a directory is an error, what stands in the
/// way of anything else is replaced. The tar is no layer: names that would be markers there are files here.
package final class TreePlacement {
    /// What is kept of what the tar says of its entries.
    package struct Keeping: Sendable {
        /// Users and groups; else all is the caller's.
        package var owners: Bool
        /// All extended attributes, and not only the users' own.
        package var attributes: Bool

        /// What is kept, from its parts.
        package init(owners: Bool, attributes: Bool) {
            self.owners = owners
            self.attributes = attributes
        }
    }

    private let base: Directory
    private let rename: [UInt8]?
    private let isContentsOnly: Bool
    private let keeping: Keeping
    /// Set where the first part of every path must be a directory: what the caller says of one that is not.
    private let notADirectory: TreeCopy.Problem?
    private let cursor: TreeCursor
    private let targets: TreeCursor
    private var directories: [(path: [UInt8], header: TarHeader)] = []

    /// A placement into `base`; `name` replaces the first part of every path, and with `isContentsOnly` that part is left out.
    package init(
        into base: Directory, name: [UInt8]? = nil, isContentsOnly: Bool = false, keeping: Keeping,
        notADirectory: TreeCopy.Problem? = nil
    ) throws(StorageError) {
        self.base = base
        rename = name
        self.isContentsOnly = isContentsOnly
        self.keeping = keeping
        self.notADirectory = notADirectory
        cursor = try TreeCursor(base)
        targets = try TreeCursor(base)
    }

    /// Places all that `source` has.
    package func place(_ source: any ByteSource) throws {
        _ = try LayerExtraction.entries(from: source, hasMarkers: false) { entry, content in
            var header = entry.header
            guard let path = placed(header.path) else { return }
            if let notADirectory, entry.kind != .directory, PathWalk.split(path).parent.isEmpty { throw notADirectory }
            header.path = path
            if entry.kind == .hardLink { header.linkTarget = placed(header.linkTarget) ?? [] }
            try place(header, entry.kind) { file in
                var offset: Int64 = 0
                try content { bytes throws(LayerArchiveError) in
                    do throws(StorageError) { try file.write(bytes, at: offset) } catch { throw .tapFailed(error) }
                    offset += Int64(bytes.count)
                }
            }
        }
        // Last, since what comes into a directory changes its time, and one that is closed lets nothing in.
        for (path, header) in directories.reversed() {
            let name = try reached(path)
            let fd = try calling(path) { openat(cursor.fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC) }
            try finish(File(adopting: FileDescriptor(rawValue: fd), path: path.messageText), header)
        }
    }

    /// Where an entry goes; nil for the top that is left out.
    private func placed(_ path: [UInt8]) -> [UInt8]? {
        let parts = PathWalk.parts(path)
        guard !parts.isEmpty else { return nil }
        if isContentsOnly { return parts.count == 1 ? nil : PathWalk.joined(parts.dropFirst()) }
        return rename.map { PathWalk.joined([$0] + parts.dropFirst()) } ?? path
    }

    private func place(_ header: TarHeader, _ kind: EntryKind, _ content: (File) throws -> Void) throws {
        let path = header.path
        let name = try reached(path)
        let parent = cursor.fd
        var status = stat()
        let isThere = fstatat(parent, name, &status, AT_SYMLINK_NOFOLLOW) == 0
        let isDirectory = isThere && status.st_mode & S_IFMT == S_IFDIR
        if kind == .directory {
            if !isDirectory { try calling(path) { mkdirat(parent, name, 0o700) } }
            directories.append((path, header))
            return
        }
        if isThere { try calling(path) { unlinkat(parent, name, 0) } }
        switch kind {
        case .file:
            let fd = try calling(path) { openat(parent, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600) }
            let file = File(adopting: FileDescriptor(rawValue: fd), path: path.messageText)
            try content(file)
            try finish(file, header)
        case .hardLink:
            let (folder, target) = PathWalk.split(header.linkTarget)
            try targets.move(to: folder)
            try calling(path) { linkat(targets.fd, target.cString, parent, name, 0) }
        case .symlink:
            try calling(path) { symlinkat(header.linkTarget.cString, parent, name) }
            try setOwner(of: name, header)
        case .characterDevice, .blockDevice, .fifo:
            let format: UInt32 = kind == .fifo ? S_IFIFO : kind == .blockDevice ? S_IFBLK : S_IFCHR
            let device = strata_device(UInt32(header.device >> 32), UInt32(header.device & 0xFFFF_FFFF))
            try calling(path) { mknodat(parent, name, format | UInt32(header.mode), UInt(device)) }
            try setOwner(of: name, header)
        default: return
        }
    }

    /// Goes to the directory that holds the last part of a path, and returns that part.
    private func reached(_ path: [UInt8]) throws(StorageError) -> [CChar] {
        let (parent, name) = PathWalk.split(path)
        try cursor.move(to: parent)
        return name.cString
    }

    private func finish(_ file: File, _ header: TarHeader) throws {
        if let (user, group) = try owner(header) { try calling(header.path) { fchown(file.fd, user, group) } }
        try calling(header.path) { fchmod(file.fd, UInt32(header.mode)) }
        for attribute in header.xattrs {
            guard keeping.attributes || attribute.name.starts(with: "user.".utf8) else { continue }
            let name = attribute.name.cString
            try calling(header.path) { attribute.value.withUnsafeBytes { fsetxattr(file.fd, name, $0.baseAddress, $0.count, 0) } }
        }
        let time = timespec(tv_sec: Int(header.mtimeSeconds), tv_nsec: Int(header.mtimeNanoseconds))
        var times = [time, time]
        try calling(header.path) { futimens(file.fd, &times) }
    }

    private func setOwner(of name: [CChar], _ header: TarHeader) throws {
        guard let (user, group) = try owner(header) else { return }
        try calling(header.path) { fchownat(cursor.fd, name, user, group, AT_SYMLINK_NOFOLLOW) }
    }

    /// Whose an entry is to be; nil where it stays the caller's.
    private func owner(_ header: TarHeader) throws(TreeCopy.Problem) -> (user: UInt32, group: UInt32)? {
        guard keeping.owners else { return nil }
        func id(_ number: Int64) throws(TreeCopy.Problem) -> UInt32 {
            guard let id = UInt32(ownerID: number) else { throw .badOwner(header.path.messageText, number) }
            return id
        }
        return (try id(header.uid), try id(header.gid))
    }

    @discardableResult
    private func calling(_ path: [UInt8], _ body: () -> Int32) throws(StorageError) -> Int32 {
        try check(.write, "\(base.path)/\(path.messageText)", body)
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
