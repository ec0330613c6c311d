// https://github.com/opencontainers/image-spec/blob/v1.1.1/layer.md#applying-changesets
// https://docs.kernel.org/filesystems/overlayfs.html#whiteouts-and-opaque-directories

import CLinux
import Glibc
package import LayerArchive
package import OCISpec
package import StorageIO
import TextValues

/// Unpacks one layer to a directory that an overlay takes as one of its lower ones.
///
/// Whatever a path of the layer leads through, nothing is written outside the directory: all parents are directories that were
/// made here. Directories that the layer does not store itself get what the layers below say of them, since an overlay shows the
/// uppermost.
package final class LayerUnpacking {
    private struct Own {
        var kind: EntryKind
        var linkTarget: [UInt8] = []
    }

    private let folder: Directory
    private let lower: StackedTree
    private var own: [[UInt8]: Own] = [:]
    /// Set once all is there: a directory's time changes with what comes into it, and one that is closed lets nothing in.
    private var directories: [[UInt8]: TarHeader] = [:]
    private var whiteouts: Set<[UInt8]> = []
    private var opaque: Set<[UInt8]> = []
    /// Whether what came to be depends on the layers below: over others it would be something else.
    package private(set) var isDependent = false
    /// Whether files become their owners', and get attributes and devices that only root can give.
    package var keepsOwners = true
    /// Root of a user namespace may give files away, but makes no devices.
    private var writer: EntryWriter {
        EntryWriter(
            keeping: TreePlacement.Keeping(owners: keepsOwners, attributes: keepsOwners), isLayer: true,
            makesDevices: keepsOwners && UserNamespace.isInitial)
    }

    private static let slash = UInt8(ascii: "/")

    /// An unpacking into the empty `folder`, over what `lower` shows.
    package init(into folder: Directory, over lower: StackedTree) {
        self.folder = folder
        self.lower = lower
        own[[]] = Own(kind: .directory)
    }

    /// Unpacks a whole layer, and returns the digest of its stored bytes.
    package func unpack(_ source: any ByteSource, limits: ScanLimits = ScanLimits()) throws -> Digest {
        if let root = try lower.item(at: []) { directories[[]] = TarHeader(path: [], kind: .directory, FileMetadata(root.item)) }
        let digest = try LayerExtraction.entries(from: source, limits: limits) { entry, content in
            try add(entry) { file in
                var offset: Int64 = 0
                try content { bytes throws(LayerArchiveError) in
                    try lift(try file.write(bytes, at: offset), to: LayerArchiveError.tapFailed)
                    offset += Int64(bytes.count)
                }
            }
        }
        try finish()
        return digest
    }

    /// Adds one entry; `content` writes a regular file's.
    private func add(_ entry: UnpackedEntry, content: (File) throws -> Void) throws {
        switch entry.kind {
        case .whiteout: whiteouts.insert(try resolved(entry.header.path, makingParents: false))
        case .opaque: opaque.insert(try resolved(entry.header.path + [Self.slash], makingParents: false))
        default: try addFile(entry, content)
        }
    }

    private func addFile(_ entry: UnpackedEntry, _ content: (File) throws -> Void) throws {
        var header = entry.header
        if keepsOwners, UInt32(ownerID: header.uid) == nil || UInt32(ownerID: header.gid) == nil {
            let detail = "its owner \(header.uid):\(header.gid) is none that a file can have"
            throw RuntimeError.badLayer(path: header.path, detail: detail)
        }
        if header.path.isEmpty {
            directories[[]] = header
            return
        }
        header.path = try resolved(header.path, makingParents: true)
        if let before = own[header.path] {
            if before.kind == .directory, entry.kind == .directory {
                directories[header.path] = header
                return
            }
            try remove(header.path, before)
        }
        let place = place(header.path)
        switch entry.kind {
        case .directory:
            try writer.makeDirectory(place)
            directories[header.path] = header
        case .hardLink: try link(header)
        default: guard try writer.make(entry.kind, header, at: place, content) else { return }
        }
        own[header.path] = Own(kind: entry.kind == .hardLink ? .file : entry.kind, linkTarget: header.linkTarget)
    }

    /// Makes the markers, and gives directories what they are to have.
    private func finish() throws {
        for path in whiteouts {
            if let mine = own[path] {
                if mine.kind == .directory { opaque.insert(path) }
                continue
            }
            _ = try resolved(path, makingParents: true)
            try place(path).calling { mknodat($0, $1, S_IFCHR, 0) }
        }
        for path in opaque {
            if own[path] == nil { try makeParents(of: path + [Self.slash, UInt8(ascii: "x")]) }
            guard own[path]?.kind == .directory else { continue }
            let file = try writer.openDirectory(place(path))
            try place(path).calling { _, _ in fsetxattr(file.fd, OverlayMarks.own.opaqueName, "y", 1, 0) }
        }
        for path in directories.keys.sorted(by: { $1.lexicographicallyPrecedes($0) }) {
            if let header = directories[path] { try writer.finishDirectory(header, place(path)) }
        }
    }

    // MARK: Paths

    /// Where an entry's path leads: symlinks on the way are followed within the tree, the last part is not.
    private func resolved(_ path: [UInt8], makingParents: Bool) throws -> [UInt8] {
        // What was made here is reached through no symlink, and need not be walked part by part.
        let (parent, last) = PathWalk.split(path)
        if own[parent]?.kind == .directory { return last.isEmpty ? parent : path }
        var parts = path.split(separator: Self.slash).map(Array.init)
        guard let name = path.last == Self.slash ? [] : parts.popLast() else { return [] }
        guard let folder = try PathWalk.resolve(PathWalk.joined(parts), hops: 255, link: linkTarget) else {
            throw RuntimeError.badLayer(path: path, detail: "its symlinks form a loop")
        }
        let whole = name.isEmpty ? folder : folder.isEmpty ? name : folder + [Self.slash] + name
        if makingParents { try makeParents(of: whole) }
        return whole
    }

    private func linkTarget(_ path: [UInt8]) throws(StorageError) -> [UInt8]? {
        if let mine = own[path] { return mine.kind == .symlink ? mine.linkTarget : nil }
        guard let below = try lower.link(at: path) else { return nil }
        isDependent = true
        return below
    }

    /// Makes the directories above `path` that are not there, as the layers below have them.
    private func makeParents(of path: [UInt8]) throws {
        let parts = path.split(separator: Self.slash).map(Array.init)
        for count in 1..<max(1, parts.count) {
            let parent = PathWalk.joined(parts[..<count])
            if let mine = own[parent] {
                if mine.kind == .directory { continue }
                try remove(parent, mine)
            }
            try writer.makeDirectory(place(parent))
            own[parent] = Own(kind: .directory)
            if let below = try lower.item(at: parent)?.item, below.status.kind == .directory {
                isDependent = true
                directories[parent] = TarHeader(path: parent, kind: .directory, FileMetadata(below))
            } else {
                directories[parent] = TarHeader(path: parent, kind: .directory, mode: 0o755)
            }
        }
    }

    // MARK: Files

    private func remove(_ path: [UInt8], _ before: Own) throws {
        if before.kind == .directory {
            for place in own.keys where place.starts(with: path + [Self.slash]) {
                own[place] = nil
                directories[place] = nil
            }
            directories[path] = nil
            try folder.removeTree(path)
        } else {
            try folder.removeFile(path)
        }
        own[path] = nil
    }

    private func link(_ header: TarHeader) throws {
        let target = try resolved(header.linkTarget, makingParents: false)
        let place = place(header.path)
        if let mine = own[target], mine.kind != .directory { return try writer.link(self.place(target), at: place) }
        // A link to what a layer below stores: an overlay's directories share no inodes, so it becomes a file of its own.
        isDependent = true
        guard let below = try lower.item(at: target)?.item, let source = try lower.file(at: target) else {
            throw RuntimeError.badLayer(path: header.path, detail: "a hard link to \(target.messageText), which is not there")
        }
        let file = try writer.create(place)
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 18, alignment: 4096)
        defer { buffer.deallocate() }
        var offset: Int64 = 0
        while true {
            let count = try source.read(into: buffer, at: offset)
            if count == 0 { break }
            try file.write(UnsafeRawBufferPointer(rebasing: buffer[..<count]), at: offset)
            offset += Int64(count)
        }
        var copied = TarHeader(path: header.path, kind: .directory, FileMetadata(below))
        copied.xattrs = try source.attributes()
        try writer.finish(file, copied, place)
    }

    private func place(_ path: [UInt8]) -> EntryPlace { EntryPlace(folder.fd, path, path: path, below: folder.path) }
}
