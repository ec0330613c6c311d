// https://docs.kernel.org/filesystems/overlayfs.html#whiteouts-and-opaque-directories
// https://github.com/opencontainers/image-spec/blob/v1.1.1/layer.md#whiteouts

package import LayerArchive
package import StorageIO
import SystemPackage

/// What a container changed: the upper directory of its overlay, read as a layer.
package struct UpperLayer: Sendable {
    private struct Item {
        var header: TarHeader
        /// The file or directory whose content and attributes follow.
        var hasBody = false
        /// The inode of a file with several names.
        var inode: UInt64?
    }

    private let tree: TreeReader
    /// How much of each path is left out, and what stands for it.
    private var moved: (count: Int, name: [UInt8])?
    private var items: [Item] = []

    private static let slash = UInt8(ascii: "/")
    private static let kinds: [UInt32: EntryKind] = [
        0o100000: .file, 0o040000: .directory, 0o120000: .symlink, 0o020000: .characterDevice, 0o060000: .blockDevice,
        0o010000: .fifo,
    ]

    /// The layer of `upper`.
    ///
    /// `isKept` is asked of each file and directory, and told whether it is a directory that holds nothing that is
    /// kept: what was made only to mount something on is no change.
    package init(
        _ upper: Directory, isKept: (_ entry: TarHeader, _ isEmptyDirectory: Bool) -> Bool
    ) throws(StorageError) {
        tree = TreeReader(upper)
        try gather([], isKept)
        items.sort { $0.header.path.lexicographicallyPrecedes($1.header.path) }
        linkNames()
    }

    /// A part of a tree that is no overlay's: what is at `place`, as `name`.
    init(_ root: Directory, at place: [UInt8], named name: [UInt8]) throws(StorageError) {
        tree = TreeReader(root)
        moved = (place.count, name)
        guard let item = try tree.item(at: place) else { throw StorageError(.status, root.path, .noSuchFileOrDirectory) }
        if item.status.kind == .directory {
            try gather(place) { _, _ in true }
            if !name.isEmpty { items.append(Item(header: header(item, place, .directory), hasBody: true)) }
        } else {
            try add(item, at: place) { _, _ in true }
        }
        items.sort { $0.header.path.lexicographicallyPrecedes($1.header.path) }
        linkNames()
    }

    /// Whether nothing changed.
    package var isEmpty: Bool { items.isEmpty }

    /// What changed, by path: `A` added, `C` changed, `D` deleted; `below` is what shows without this layer.
    package func changes(from below: StackedTree) throws(StorageError) -> [(kind: Character, path: [UInt8])] {
        let (mark, opaque) = (Array(".wh.".utf8), Array(".wh..wh..opq".utf8))
        var found: [(kind: Character, path: [UInt8])] = []
        for item in items where !item.header.path.isEmpty {
            let path = item.header.path
            let name = Array(path.split(separator: Self.slash).last ?? [])
            if name == opaque { continue }
            if name.starts(with: mark) {
                found.append(("D", path.dropLast(name.count) + name.dropFirst(mark.count)))
            } else {
                found.append((try below.item(at: path) == nil ? "A" : "C", path))
            }
        }
        return found.sorted { $0.path.lexicographicallyPrecedes($1.path) }
    }

    /// Gathers what is below `folder`, and tells whether anything of it is kept.
    @discardableResult
    private mutating func gather(_ folder: [UInt8], _ isKept: (TarHeader, Bool) -> Bool) throws(StorageError) -> Bool {
        let before = items.count
        let prefix = folder.isEmpty ? [] : folder + [Self.slash]
        for item in try tree.items(of: folder) {
            let path = prefix + item.name
            switch Self.kinds[item.mode & 0o170000] {
            case .directory?:
                let isOpaque = try OverlayMarks.isOpaque(try tree.fileOrDirectory(at: path))
                if isOpaque { add(marker: path + Array("/.wh..wh..opq".utf8)) }
                let hasChildren = try gather(path, isKept)
                let header = header(item, path, .directory)
                if hasChildren || isOpaque || isKept(header, true) { items.append(Item(header: header, hasBody: true)) }
            case .characterDevice? where item.isWhiteout: add(marker: prefix + Array(".wh.".utf8) + item.name)
            default: try add(item, at: path, isKept)
            }
        }
        return items.count > before
    }

    /// Adds anything but a directory or a mark.
    private mutating func add(
        _ item: TreeItem, at path: [UInt8], _ isKept: (TarHeader, Bool) -> Bool
    ) throws(StorageError) {
        // A socket is a program that ran, and no file.
        guard let kind = Self.kinds[item.mode & 0o170000] else { return }
        var header = header(item, path, kind)
        guard isKept(header, false) else { return }
        if kind == .symlink { header.linkTarget = try tree.link(at: path) }
        items.append(Item(header: header, hasBody: kind == .file, inode: item.linkCount > 1 ? item.status.inode : nil))
    }

    /// Where an entry stands in the tar.
    private func name(_ path: [UInt8]) -> [UInt8] {
        guard let moved else { return path }
        let rest = path.dropFirst(moved.count)
        // Of a whole tree the paths have no slash in front.
        return moved.name.isEmpty ? Array(rest.first == Self.slash ? rest.dropFirst() : rest) : moved.name + rest
    }

    private mutating func add(marker path: [UInt8]) {
        items.append(Item(header: TarHeader(path: path, kind: .file, mode: 0o600)))
    }

    private func header(_ item: TreeItem, _ path: [UInt8], _ kind: EntryKind) -> TarHeader {
        TarHeader(
            path: path, kind: kind, mode: kind == .symlink ? 0o777 : UInt16(item.mode & 0o7777), uid: item.uid, gid: item.gid,
            size: kind == .file ? item.status.sizeBytes : 0, mtimeSeconds: item.status.modifiedSeconds,
            mtimeNanoseconds: UInt32(truncatingIfNeeded: item.status.modifiedNanoseconds),
            device: kind == .characterDevice || kind == .blockDevice ? item.deviceNumber : 0)
    }

    /// Of an inode's names the first holds the content, the others are links to it.
    private mutating func linkNames() {
        var first: [UInt64: [UInt8]] = [:]
        for place in items.indices {
            guard let inode = items[place].inode else { continue }
            guard let target = first[inode] else {
                first[inode] = items[place].header.path
                continue
            }
            items[place].header.kind = .hardLink
            items[place].header.linkTarget = target
            items[place].header.size = 0
            items[place].hasBody = false
        }
    }

    /// Writes the entries; no time is later than `latest`, whole seconds since 1970.
    package func write(to writer: TarWriter, latest: Int64?) throws {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 4096)
        defer { buffer.deallocate() }
        for item in items {
            var header = item.header
            header.clamp(to: latest)
            header.path = name(item.header.path)
            if header.kind == .hardLink { header.linkTarget = name(header.linkTarget) }
            guard item.hasBody else {
                try writer.begin(header)
                continue
            }
            let file = try tree.fileOrDirectory(at: item.header.path)
            header.xattrs = try file.extendedAttributes().filter { attribute in
                !OverlayMarks.prefixes.contains { attribute.name.starts(with: $0) }
            }.map { ExtendedAttribute(name: $0.name, value: $0.value) }
            try writer.begin(header)
            guard header.kind == .file else { continue }
            var offset: Int64 = 0
            while offset < header.size {
                let wanted = Int(min(Int64(buffer.count), header.size - offset))
                let count = try file.read(into: UnsafeMutableRawBufferPointer(rebasing: buffer[..<wanted]), at: offset)
                guard count > 0 else { throw StorageError(.read, file.path, .ioError) }
                try writer.write(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
                offset += Int64(count)
            }
        }
    }
}
