import LayerArchive
import OCISpec
import StorageIO

/// The members of an uncompressed tar in a seekable file.
final class ArchiveContainer: MemberContainer {
    let path: String
    let signs: SourceSigns
    var documents: DocumentLimits { limits.documents }
    private let file: File
    private let limits: ScanLimits
    /// By their names in bytes: what Unicode calls equal are two members.
    private let members: [[UInt8]: ArchiveMember]

    /// Lists `file`; the contents are not read.
    init(_ file: File, path: String, limits: ScanLimits) throws(LayerArchiveError) {
        self.file = file
        self.path = path
        self.limits = limits
        var members: [[UInt8]: ArchiveMember] = [:]
        for member in try TarLister.members(fd: file.fd, limits: limits) {
            // As with extraction, a later member replaces an earlier one.
            members[member.name] = member
        }
        self.members = members
        signs = SourceSigns(members.lazy.filter { $1.kind != .directory }.map(\.key))
    }

    func find(_ name: String, size: Int64?) throws(TransferError) -> Member? {
        var wanted = Array(name.utf8)
        // Podman's archives link the same layer under several names; a chain is never long.
        for _ in 0..<16 {
            guard case .path(let end) = MemberPath.follow(wanted, clampsRoot: true, link: symlink) else { break }
            guard let member = members[end] else { return nil }
            switch member.kind {
            case .file:
                return Member(
                    name: end, offset: member.dataOffset, size: member.size,
                    sparse: member.sparseHeaderOffset == nil ? nil : member)
            case .hardLink: wanted = member.linkTarget
            default: throw .notAFile(path: path, member: name)
            }
        }
        throw .badLink(path: path, member: name)
    }

    /// The target of the symlink at a path.
    private func symlink(_ path: [UInt8]) throws(Never) -> [UInt8]? {
        guard let member = members[path], member.kind == .symlink else { return nil }
        return member.linkTarget
    }

    func file(of member: Member) throws(TransferError) -> File { file }

    func source(of member: Member) throws(TransferError) -> any ByteSource {
        guard let sparse = member.sparse else {
            return HeldSource(file, offset: member.offset, length: member.size, name: "\(path): \(member.title)")
        }
        do {
            return try SparseMemberSource(sparse, in: file, limits: limits)
        } catch {
            throw .notAnArchive(path: path, error)
        }
    }
}
