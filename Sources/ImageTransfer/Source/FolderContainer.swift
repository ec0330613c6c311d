import LayerArchive
import OCISpec
import StorageIO
import Synchronization
import SystemPackage

/// The files of an image layout on disk; every step is taken by descriptor.
///
/// Tools that build images share blobs by symlinks, in the layout or out of it. Those within the folder are followed. One that leaves
/// it is followed for a blob alone, and only where what it leads to has the blob's digest: of any other file nothing is told. In a
/// store no symlink is followed.
final class FolderContainer: MemberContainer {
    let path: String
    let documents: DocumentLimits
    private let root: Directory
    private let followsLinks: Bool
    /// Files outside the folder that were compared with the digest that names them, as they were then.
    private let compared = Mutex<[[UInt8]: FileStatus]>([:])

    /// Opens the folder at `path`.
    convenience init(path: String, documents: DocumentLimits) throws(TransferError) {
        try self.init(path, documents, followsLinks: true)
    }

    /// Opens a store's folder.
    convenience init(store path: String) throws(TransferError) { try self.init(path, .stored, followsLinks: false) }

    /// Opens the folder of another program that has blobs as a layout has them; messages call it by another name.
    convenience init(blobsAt path: String, named name: String, documents: DocumentLimits) throws(TransferError) {
        try self.init(path, documents, named: name, followsLinks: false)
    }

    private init(
        _ path: String, _ documents: DocumentLimits, named name: String? = nil, followsLinks: Bool
    ) throws(TransferError) {
        self.documents = documents
        self.path = name ?? path
        self.followsLinks = followsLinks
        do {
            root = try Directory.open(FilePath(path))
        } catch {
            throw .unreadable(path: path, errno: error.errno.rawValue)
        }
    }

    var signs: SourceSigns {
        get throws(TransferError) {
            do throws(StorageError) {
                let names = try root.names()
                var signs = SourceSigns(names.map { Array($0.utf8) })
                signs.hasBlobs = names.contains("blobs")
                return signs
            } catch {
                throw .unreadable(path: path, errno: error.errno.rawValue)
            }
        }
    }

    func find(_ name: String, size: Int64?) throws(TransferError) -> Member? {
        switch try end(of: name) {
        case .path(let inner):
            guard let file = try reading(name, { () throws(StorageError) in try open(inner) }) else { return nil }
            let status = try reading(name) { () throws(StorageError) in try file.status() }
            guard status.kind == .file else { throw .notAFile(path: path, member: name) }
            return Member(name: inner, offset: 0, size: status.sizeBytes)
        case .outside:
            let found = try outside(name, size: size)
            return Member(name: Array(name.utf8), offset: 0, size: found.status.sizeBytes)
        case .loop: throw .badLink(path: path, member: name)
        }
    }

    func file(of member: Member) throws(TransferError) -> File {
        let name = member.title
        guard followsLinks, case .outside = try end(of: name) else {
            if let file = try reading(name, { () throws(StorageError) in try open(member.name) }) { return file }
            throw .missingMember(path: path, member: name)
        }
        return try outside(name, size: member.size).file
    }

    private func end(of name: String) throws(TransferError) -> MemberPath.End {
        guard followsLinks else {
            return MemberPath.parts(of: Array(name.utf8)).map { .path(MemberPath.joined($0)) } ?? .outside
        }
        return try reading(name) { () throws(StorageError) in
            try MemberPath.follow(Array(name.utf8), clampsRoot: false, link: link)
        }
    }

    /// The target of the symlink at a path on which there is no other.
    private func link(_ path: [UInt8]) throws(StorageError) -> [UInt8]? {
        guard let (folder, last) = try folder(of: path) else { return nil }
        return try folder.linkTarget(last)
    }

    private func open(_ path: [UInt8]) throws(StorageError) -> File? {
        guard let (folder, last) = try folder(of: path) else { return nil }
        return try folder.openFile(last)
    }

    /// The folder that a path's last name is in; nil where there is none.
    private func folder(of path: [UInt8]) throws(StorageError) -> (Directory, last: [UInt8])? {
        let parts = path.split(separator: UInt8(ascii: "/")).map { Array($0) }
        guard let last = parts.last, !path.contains(0) else { return nil }
        var directory = root
        do {
            for part in parts.dropLast() { directory = try directory.directory(part) }
        } catch let error where error.isAbsent || error.errno == .notDirectory {
            return nil
        }
        return (directory, last)
    }

    /// A blob that a symlink keeps somewhere else.
    ///
    /// It is hashed before anything of it is used, and again only where it changed since.
    private func outside(_ name: String, size: Int64?) throws(TransferError) -> (file: File, status: FileStatus) {
        guard followsLinks, let expected = BlobPath.digest(name) else { throw .linkedElsewhere(path: path, member: name) }
        let key = Array(name.utf8)
        guard let file = try reading(name, { () throws(StorageError) in try root.openRegularFile(key) }) else {
            throw .badLink(path: path, member: name)
        }
        let status = try reading(name) { () throws(StorageError) in try file.status() }
        if let known = compared.withLock({ $0[key] }), known.isUnchanged(since: status) { return (file, status) }
        guard size == nil || size == status.sizeBytes, Self.isBlob(expected, file, status) else {
            throw .linkedElsewhere(path: path, member: name)
        }
        compared.withLock { $0[key] = status }
        return (file, status)
    }

    /// Whether a file has the digest; what cannot be read, and what is longer than any layer (some files of `/proc`), has not.
    private static func isBlob(_ digest: Digest, _ file: File, _ status: FileStatus) -> Bool {
        guard status.sizeBytes <= ScanLimits().maxTarBytes else { return false }
        let source = FileRangeSource(fd: file.fd, length: status.sizeBytes, name: file.path)
        // The caller refuses the link then, and says where it leads.
        do throws(LayerArchiveError) { return try StreamHash.digest(of: source) == digest } catch { return false }
    }

    private func reading<T>(_ name: String, _ body: () throws(StorageError) -> T) throws(TransferError) -> T {
        do {
            return try body()
        } catch {
            if error.errno == .tooManySymbolicLinkLevels { throw .badLink(path: path, member: name) }
            throw .unreadable(path: "\(path)/\(name)", errno: error.errno.rawValue)
        }
    }
}
