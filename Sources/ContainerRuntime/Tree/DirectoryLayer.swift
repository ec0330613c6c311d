// https://docs.kernel.org/filesystems/overlayfs.html#whiteouts-and-opaque-directories
// https://github.com/opencontainers/image-spec/blob/v1.1.1/layer.md#whiteouts

import Glibc
package import LayerArchive
package import StorageIO
import SystemPackage
import TextValues

/// What a container changed: the upper directory of its overlay, read as a layer.
package struct DirectoryLayer: Sendable {
    private struct Item {
        var header: TarHeader
        /// The file or directory whose content and attributes follow.
        var hasBody = false
        /// The inode of a file with several names.
        var inode: UInt64?
        /// Set for what is no file, but takes something away.
        var mark: Mark?
        /// Whether nothing that is below it shows, without a mark that says so.
        var hidesBelow = false
    }

    /// What takes something away.
    private enum Mark {
        /// What is at this path.
        case whiteout([UInt8])
        /// All that is below the directory of this path.
        case opaque
    }

    /// One directory of the layer whose content is being gathered.
    private struct Visit {
        var left: [TreeItem]
        /// Nil for the top one, which is no entry.
        var header: TarHeader?
        var isOpaque = false
        /// Whether it is opaque, or within one that is.
        var hidesBelow = false
        /// How many items there were before it.
        var before = 0
    }

    private let root: Directory
    /// Of an overlay's upper directory, the marks for what is gone; in any other tree these are files.
    private let marks: OverlayMarks?
    /// Directories of which nothing but they themselves belongs to it.
    private var passedOver: Set<[UInt8]> = []
    /// How much of each path is left out, and what stands for it.
    private var moved: (count: Int, name: [UInt8])?
    private var items: [Item] = []

    private static let slash = UInt8(ascii: "/")

    /// The layer of `upper`, in which `marks` say what is gone.
    ///
    /// `isKept` is asked of each file and directory, and told whether it is a directory that holds nothing that is
    /// kept: what was made only to mount something on is no change.
    package init(
        _ upper: Directory, marks: OverlayMarks, isKept: (_ entry: TarHeader, _ isEmptyDirectory: Bool) -> Bool
    ) throws(StorageError) {
        root = upper
        self.marks = marks
        try gather(try TreeCursor(root), isKept)
        items.sort { $0.header.path.lexicographicallyPrecedes($1.header.path) }
        linkNames()
    }

    /// A part of a tree that is no overlay's: what is kept of what is at `place`, as `name`.
    init(
        _ root: Directory, at place: [UInt8], named name: [UInt8], passingOver: Set<[UInt8]>,
        isKept: (_ entry: TarHeader, _ isEmptyDirectory: Bool) -> Bool
    ) throws(StorageError) {
        self.root = root
        marks = nil
        passedOver = passingOver
        moved = (place.count, name)
        guard let item = try TreeReader(root).item(at: place) else {
            throw StorageError(.status, root.path, .noSuchFileOrDirectory)
        }
        let cursor = try TreeCursor(root)
        if item.status.kind == .directory {
            try cursor.move(to: place)
            try gather(cursor, isKept)
            if !name.isEmpty { items.append(Item(header: header(item, place, .directory), hasBody: true)) }
        } else {
            try cursor.move(to: PathWalk.split(place).parent)
            try add(item, at: place, cursor, isKept)
        }
        items.sort { $0.header.path.lexicographicallyPrecedes($1.header.path) }
        linkNames()
    }

    /// Whether nothing changed.
    package var isEmpty: Bool { items.isEmpty }

    /// What changed, by path: `A` added, `C` changed, `D` deleted; `below` is what shows without this layer.
    ///
    /// What is below a new directory, or a file, in the place of a directory is deleted as well, though nothing in the layer names it.
    package func changes(from below: StackedTree) throws(StorageError) -> [(kind: Character, path: [UInt8])] {
        var found: [(kind: Character, path: [UInt8])] = []
        let present = Set(items.lazy.filter { $0.mark == nil }.map(\.header.path))
        for item in items {
            let path = item.header.path
            switch item.mark {
            case .whiteout(let gone)?: found.append(("D", gone))
            case .opaque?: continue
            case nil:
                guard !path.isEmpty else { continue }
                found.append((try below.item(at: path) == nil ? "A" : "C", path))
                guard item.hidesBelow else { continue }
                for name in try below.names(of: path) {
                    let hidden = path + [Self.slash] + name
                    if !present.contains(hidden) { found.append(("D", hidden)) }
                }
            }
        }
        return found.sorted { $0.path.lexicographicallyPrecedes($1.path) }
    }

    /// Gathers what is below the cursor's directory: a loop and no recursion, so that no tree is too deep.
    private mutating func gather(_ cursor: TreeCursor, _ isKept: (TarHeader, Bool) -> Bool) throws(StorageError) {
        var visits = [Visit(left: try cursor.items())]
        while let last = visits.indices.last {
            guard let item = visits[last].left.popLast() else {
                try leave(visits.removeLast(), cursor, isKept)
                continue
            }
            let path = cursor.path(of: item.name)
            switch EntryKind(fileMode: item.mode) {
            case .directory where passedOver.contains(path):
                let header = header(item, path, .directory)
                if isKept(header, true) { items.append(Item(header: header, hasBody: true)) }
            case .directory:
                do { try cursor.enter(item.name) } catch {
                    if error.isReplaced { continue }
                    throw error
                }
                let isOpaque = try marks?.isOpaque(try cursor.file()) ?? false
                let hidesBelow = isOpaque || visits[last].hidesBelow
                let before = items.count
                if isOpaque { add(.opaque, LayerMarker.opaque(in: path)) }
                visits.append(
                    Visit(
                        left: try cursor.items(), header: header(item, path, .directory), isOpaque: isOpaque,
                        hidesBelow: hidesBelow, before: before))
            case .characterDevice where marks != nil && item.isWhiteout:
                add(.whiteout(path), LayerMarker.whiteout(of: path))
            default: try add(item, at: path, cursor, isKept)
            }
        }
    }

    /// Adds the directory of which all else is gathered, if anything of it is kept.
    private mutating func leave(
        _ visit: Visit, _ cursor: TreeCursor, _ isKept: (TarHeader, Bool) -> Bool
    ) throws(StorageError) {
        guard let header = visit.header else { return }
        try cursor.leave()
        if items.count > visit.before || visit.isOpaque || isKept(header, true) {
            items.append(Item(header: header, hasBody: true, hidesBelow: visit.hidesBelow))
        }
    }

    /// Adds anything but a directory or a mark, of the cursor's directory.
    private mutating func add(
        _ item: TreeItem, at path: [UInt8], _ cursor: TreeCursor, _ isKept: (TarHeader, Bool) -> Bool
    ) throws(StorageError) {
        // A socket is a program that ran, and no file.
        let kind = EntryKind(fileMode: item.mode)
        guard kind != .socket else { return }
        var header = header(item, path, kind)
        guard isKept(header, false) else { return }
        if kind == .symlink {
            do { header.linkTarget = try cursor.link(item.name) } catch {
                // It went meanwhile, or is no symlink any more.
                if error.isReplaced || error.errno == .invalidArgument { return }
                throw error
            }
        }
        items.append(
            Item(
                header: header, hasBody: kind == .file, inode: item.linkCount > 1 ? item.status.inode : nil,
                hidesBelow: marks != nil))
    }

    /// Where an entry stands in the tar.
    private func name(_ path: [UInt8]) -> [UInt8] {
        guard let moved else { return path }
        let rest = path.dropFirst(moved.count)
        // Of a whole tree the paths have no slash in front.
        if moved.name.isEmpty { return Array(rest.first == Self.slash ? rest.dropFirst() : rest) }
        // The root under a name: of what is in it, the paths have none in front either.
        return moved.count == 0 && !rest.isEmpty ? moved.name + [Self.slash] + rest : moved.name + rest
    }

    private mutating func add(_ mark: Mark, _ path: [UInt8]) {
        items.append(Item(header: TarHeader(path: path, kind: .file, mode: 0o600), mark: mark))
    }

    private func header(_ item: TreeItem, _ path: [UInt8], _ kind: EntryKind) -> TarHeader {
        var metadata = FileMetadata(item)
        if kind == .symlink { metadata.mode = 0o777 }
        return TarHeader(path: path, kind: kind, metadata, size: kind == .file ? item.status.sizeBytes : 0)
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
    ///
    /// What went since the tree was listed is left out. A file that became shorter while it is read is an error, and so is one that
    /// no layer can have.
    package func write(to writer: TarWriter, latest: Int64?) throws {
        try checkPaths()
        let content = FileContent()
        let cursor = try TreeCursor(root)
        // First names that went: of the inode's other names the first becomes the one that holds the content.
        var gone: Set<[UInt8]> = []
        var holders: [[UInt8]: [UInt8]] = [:]
        for item in items {
            var header = item.header
            header.clamp(to: latest)
            header.path = name(item.header.path)
            let isHolder = header.kind == .hardLink && holders[header.linkTarget] == nil && gone.contains(header.linkTarget)
            if isHolder { header.kind = .file }
            if header.kind == .hardLink { header.linkTarget = name(holders[header.linkTarget] ?? header.linkTarget) }
            guard item.hasBody || isHolder else {
                try writer.begin(header)
                continue
            }
            guard let file = try opened(item.header.path, header.kind, cursor) else {
                gone.insert(item.header.path)
                continue
            }
            if isHolder {
                holders[item.header.linkTarget] = item.header.path
                header.linkTarget = []
            }
            header.xattrs = try file.attributes().filter { !(marks?.contains($0.name) ?? false) }
            if header.kind == .file { try content.write(file, header, to: writer) } else { try writer.begin(header) }
        }
    }

    /// The file or directory at a path; nil where there is none of that kind any more.
    private func opened(_ path: [UInt8], _ kind: EntryKind, _ cursor: TreeCursor) throws(StorageError) -> File? {
        let (parent, name) = PathWalk.split(path)
        do {
            try cursor.move(to: parent)
            let file = try cursor.file(name)
            return try file.status().kind == (kind == .directory ? .directory : .file) ? file : nil
        } catch {
            // The last is a socket's.
            if error.isReplaced || error.errno == Errno(rawValue: ENXIO) { return nil }
            throw error
        }
    }

    /// Refuses, before anything is written, a layer that nobody could unpack: calls of Linux take no longer paths, and what has a
    /// marker's name would be one.
    private func checkPaths() throws(RuntimeError) {
        guard marks != nil else { return }
        let limit = Int(PATH_MAX) - 1
        for item in items where item.mark == nil {
            if item.header.path.count > limit { throw .pathTooLong(item.header.path, limitBytes: limit) }
            if LayerMarker.isName(item.header.path) { throw .markerName(item.header.path) }
        }
    }
}
