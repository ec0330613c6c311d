import CLinux
import Glibc
package import LayerArchive
package import StorageIO
import SystemPackage

/// Puts what a tar holds into a tree that is there: for `cp`.
///
/// Below the folder that it is given no symlink is followed: what stands in the way of a directory is an error, what stands in the
/// way of anything else is replaced.
package final class TreePlacement {
    private let base: Directory
    private let rename: [UInt8]?
    private let isContentsOnly: Bool
    private let keepsOwners: Bool
    private var directories: [(path: [UInt8], header: TarHeader)] = []

    private static let slash = UInt8(ascii: "/")

    /// A placement into `base`; `name` replaces the first part of every path, and with `isContentsOnly` that part is left out.
    package init(into base: Directory, name: [UInt8]?, isContentsOnly: Bool, keepsOwners: Bool) {
        self.base = base
        rename = name
        self.isContentsOnly = isContentsOnly
        self.keepsOwners = keepsOwners
    }

    /// Places all that `source` has.
    package func place(_ source: any ByteSource) throws {
        _ = try LayerExtraction.entries(from: source) { entry, content in
            var header = entry.header
            guard let path = placed(header.path) else { return }
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
            let (parent, name) = try opened(path)
            let fd = try calling(path) { openat(parent.fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC) }
            try finish(File(adopting: FileDescriptor(rawValue: fd), path: name), header)
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
        let (parent, name) = try opened(header.path)
        var status = stat()
        let isThere = fstatat(parent.fd, name, &status, AT_SYMLINK_NOFOLLOW) == 0
        let isDirectory = isThere && status.st_mode & S_IFMT == S_IFDIR
        if kind == .directory {
            if !isDirectory { try calling(header.path) { mkdirat(parent.fd, name, 0o700) } }
            directories.append((header.path, header))
            return
        }
        if isThere { try calling(header.path) { unlinkat(parent.fd, name, 0) } }
        switch kind {
        case .file:
            let fd = try calling(header.path) {
                openat(parent.fd, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
            }
            let file = File(adopting: FileDescriptor(rawValue: fd), path: name)
            try content(file)
            try finish(file, header)
        case .hardLink:
            let (other, target) = try opened(header.linkTarget)
            try calling(header.path) { linkat(other.fd, target, parent.fd, name, 0) }
        case .symlink:
            try calling(header.path) { symlinkat(String(decoding: header.linkTarget, as: UTF8.self), parent.fd, name) }
            if keepsOwners {
                try calling(header.path) {
                    fchownat(parent.fd, name, UInt32(header.uid), UInt32(header.gid), AT_SYMLINK_NOFOLLOW)
                }
            }
        case .characterDevice, .blockDevice, .fifo:
            let format: UInt32 = kind == .fifo ? S_IFIFO : kind == .blockDevice ? S_IFBLK : S_IFCHR
            let device = strata_device(UInt32(header.device >> 32), UInt32(header.device & 0xFFFF_FFFF))
            try calling(header.path) { mknodat(parent.fd, name, format | UInt32(header.mode), UInt(device)) }
        default: return
        }
    }

    /// The directory that holds the last part of a path, and that part.
    private func opened(_ path: [UInt8]) throws -> (Directory, String) {
        var folder = base
        let parts = PathWalk.parts(path).map { String(decoding: $0, as: UTF8.self) }
        for part in parts.dropLast() { folder = try folder.directory(part) }
        return (folder, parts.last ?? ".")
    }

    private func finish(_ file: File, _ header: TarHeader) throws {
        if keepsOwners { try calling(header.path) { fchown(file.fd, UInt32(header.uid), UInt32(header.gid)) } }
        try calling(header.path) { fchmod(file.fd, UInt32(header.mode)) }
        for attribute in header.xattrs {
            let name = String(decoding: attribute.name, as: UTF8.self)
            guard keepsOwners || name.hasPrefix("user.") else { continue }
            try calling(header.path) { attribute.value.withUnsafeBytes { fsetxattr(file.fd, name, $0.baseAddress, $0.count, 0) } }
        }
        let time = timespec(tv_sec: Int(header.mtimeSeconds), tv_nsec: Int(header.mtimeNanoseconds))
        var times = [time, time]
        try calling(header.path) { futimens(file.fd, &times) }
    }

    @discardableResult
    private func calling(_ path: [UInt8], _ body: () -> Int32) throws(StorageError) -> Int32 {
        while true {
            let result = body()
            if result >= 0 { return result }
            if errno != EINTR {
                throw StorageError(.write, "\(base.path)/\(String(decoding: path, as: UTF8.self))", Errno(rawValue: errno))
            }
        }
    }
}
