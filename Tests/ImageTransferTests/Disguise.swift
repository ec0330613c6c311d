import Foundation
import LayerArchive
import StorageIO
import SystemPackage
import TestSupport

/// Forms in which the members of one archive come, all of which are the same archive.
enum Disguise: String, CaseIterable, Sendable {
    case asItIs, dotPrefix, slashPrefix, doubleSlash, reversed, documentsFirst, noDirectories, gnuNames, extendedNames, sparse
    case hardLinks, blocksBehind, gzip, zstd, xz, bzip2, lz4, folder, folderOfLinks, pipe

    /// Writes the archive in this form below `folder`, and returns its path.
    func write(_ members: [DisguisedMember], in folder: TemporaryDirectory) throws -> String {
        let path = folder.path("\(rawValue)-\(UUID().uuidString)")
        switch self {
        case .folder: try writeFolder(members, path)
        case .folderOfLinks:
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
            try writeFolder(members, path + "/layout", blobs: path + "/elsewhere")
            return path + "/layout"
        case .pipe:
            let pipe = try Pipe(at: path)
            pipe.feed(tar(members))
        default:
            let bytes = tar(members)
            let stored = try Compressor(rawValue: rawValue)?(bytes) ?? bytes
            try Data(stored).write(to: URL(fileURLWithPath: path))
        }
        return path
    }

    private func tar(_ members: [DisguisedMember]) -> [UInt8] {
        let plain = members.filter { self != .noDirectories || $0.kind != .directory }
        let ordered =
            switch self {
            case .reversed: Array(plain.reversed())
            case .documentsFirst: plain.filter { $0.name.hasSuffix(".json") } + plain.filter { !$0.name.hasSuffix(".json") }
            default: plain
            }
        let extra = self == .blocksBehind ? [UInt8](repeating: 0, count: 20 << 9) : []
        return Tar(ordered.flatMap(written), ending: Tar.endBlocks + extra).bytes
    }

    private func written(_ member: DisguisedMember) -> [TarMember] {
        let name: String
        switch self {
        case .dotPrefix: name = "./" + member.name
        case .slashPrefix: name = "/" + member.name
        case .doubleSlash: name = ".//" + member.name.replacingOccurrences(of: "/", with: "//./")
        default: name = member.name
        }
        switch member.kind {
        case .directory: return [.directory(name)]
        case .symlink: return [.symlink(name, to: member.target)]
        case .hardLink: return [.hardLink(name, to: member.target)]
        default: break
        }
        switch self {
        case .sparse where !member.bytes.isEmpty: return [sparse(name, member.bytes)]
        case .hardLinks: return [.file("of/\(name)", member.bytes), .hardLink(name, to: "./of/\(name)")]
        case .gnuNames: return [TarMember.file(name, member.bytes).with { $0.dialect = .gnu }]
        case .extendedNames:
            return [TarMember.file("x", member.bytes).with { $0.records = [("path", Array(name.utf8)), ("comment", [0xFF])] }]
        default: return [.file(name, member.bytes)]
        }
    }

    /// The member with every run of zeros in whole blocks as a hole.
    private func sparse(_ name: String, _ bytes: [UInt8]) -> TarMember {
        var chunks: [(offset: Int64, bytes: [UInt8])] = []
        for start in stride(from: 0, to: bytes.count, by: 512) {
            let block = Array(bytes[start..<min(start + 512, bytes.count)])
            if block.allSatisfy({ $0 == 0 }) { continue }
            if let last = chunks.last, Int(last.offset) + last.bytes.count == start {
                chunks[chunks.count - 1].bytes += block
            } else {
                chunks.append((Int64(start), block))
            }
        }
        return .sparse(name, size: Int64(bytes.count), chunks: chunks)
    }

    /// The members as files; with `blobs` each file is there, and a symlink to it in its place.
    private func writeFolder(_ members: [DisguisedMember], _ path: String, blobs: String? = nil) throws {
        let files = FileManager.default
        func place(_ name: String, _ root: String) throws -> String {
            let place = "\(root)/\(name)"
            try files.createDirectory(
                atPath: String(place[..<(place.lastIndex(of: "/") ?? place.endIndex)]), withIntermediateDirectories: true)
            return place
        }
        for member in members {
            switch member.kind {
            case .directory: try files.createDirectory(atPath: "\(path)/\(member.name)", withIntermediateDirectories: true)
            case .symlink: try files.createSymbolicLink(atPath: try place(member.name, path), withDestinationPath: member.target)
            case .hardLink: try files.linkItem(atPath: "\(path)/\(member.target)", toPath: try place(member.name, path))
            default:
                let isLinked = blobs != nil && member.name.hasPrefix("blobs/")
                let target = try place(member.name, isLinked ? blobs ?? path : path)
                try Data(member.bytes).write(to: URL(fileURLWithPath: target))
                if isLinked { try files.createSymbolicLink(atPath: try place(member.name, path), withDestinationPath: target) }
            }
        }
    }
}

/// One member of an archive that is to be disguised.
struct DisguisedMember: Sendable {
    let name: String
    let kind: EntryKind
    let target: String
    let bytes: [UInt8]

    /// The members of a plain archive at `path`, the last of each name.
    static func all(at path: String) throws -> [DisguisedMember] {
        let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
        let file = File(adopting: try FileDescriptor.open(FilePath(path), .readOnly), path: path)
        let members = try TarLister.members(fd: file.fd).filter { !$0.name.isEmpty }
        var last: [[UInt8]: Int] = [:]
        for (place, member) in members.enumerated() { last[member.name] = place }
        return members.enumerated().filter { last[$1.name] == $0 }.map { _, member in
            DisguisedMember(
                name: String(decoding: member.name, as: UTF8.self), kind: member.kind,
                target: String(decoding: member.linkTarget, as: UTF8.self),
                bytes: Array(bytes[Int(member.dataOffset)..<Int(member.dataOffset + member.size)]))
        }
    }
}
