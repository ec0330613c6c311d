import LayerArchive
import StorageIO

/// The members of an uncompressed tar in a seekable file.
final class ArchiveContainer: MemberContainer {
    let path: String
    private let file: File
    private let members: [String: ArchiveMember]

    /// Lists `file`; the contents are not read.
    init(_ file: File, path: String, limits: ScanLimits) throws(LayerArchiveError) {
        self.file = file
        self.path = path
        var members: [String: ArchiveMember] = [:]
        for member in try TarLister.members(fd: file.fd, limits: limits) {
            // As with extraction, a later member replaces an earlier one.
            members[String(decoding: member.name, as: UTF8.self)] = member
        }
        self.members = members
    }

    /// Whether any member has this name, whatever it is.
    func holds(_ name: String) -> Bool { members[name] != nil }

    func find(_ name: String) throws(TransferError) -> Member? {
        var name = name
        // Podman's archives link the same layer under several names; a chain is never long.
        for _ in 0..<16 {
            guard let member = members[name] else { return nil }
            switch member.kind {
            case .file: return Member(name: name, offset: member.dataOffset, size: member.size)
            case .hardLink: name = String(decoding: member.linkTarget, as: UTF8.self)
            case .symlink:
                guard let target = Self.target(of: member, at: name) else { throw .badLink(path: path, member: name) }
                name = target
            default: throw .badLink(path: path, member: name)
            }
        }
        throw .badLink(path: path, member: name)
    }

    func file(of member: Member) throws(TransferError) -> File { file }

    /// A symlink's target as a member's name; `nil` when it leaves the archive.
    private static func target(of member: ArchiveMember, at name: String) -> String? {
        let text = String(decoding: member.linkTarget, as: UTF8.self)
        var parts = text.hasPrefix("/") ? [] : name.split(separator: "/").dropLast().map(String.init)
        for part in text.split(separator: "/") where part != "." {
            if part == ".." {
                guard parts.popLast() != nil else { return nil }
            } else {
                parts.append(String(part))
            }
        }
        return parts.joined(separator: "/")
    }
}
