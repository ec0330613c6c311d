import CLinux
import Glibc
package import LayerArchive
package import StorageIO
import SystemPackage
import TextValues

/// Puts what a tar holds into a tree that is there: for `cp`.
///
/// Below the folder that it is given no symlink is followed, unless the tar is somebody's own and the folder is the root of the process:
/// then they lead where they lead in there. Folders that entries need and that the tar does not name are those that are there, as they
/// are, or new ones. What stands in the way of a directory is an error, unless that is replaced too; what stands in the way of anything
/// else is replaced, but for a directory. The tar is no layer: names that would be markers there are files here.
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
    /// Where the tar's paths begin, below the base.
    private let folder: [UInt8]
    private let rename: [UInt8]?
    private let isContentsOnly: Bool
    /// Set where symlinks on the way are followed.
    private let links: TreeReader?
    /// Where they lead, for the directories of the last entries.
    private var resolved: [[UInt8]: [UInt8]] = [:]
    private let writer: EntryWriter
    /// Set where the first part of every path must be a directory: what the caller says of one that is not.
    private let notADirectory: TreeCopy.Problem?
    /// Whether what stands in the way of a directory is replaced by it.
    private let replacesFiles: Bool
    private let cursor: TreeCursor
    private let targets: TreeCursor
    private var directories: [(path: [UInt8], header: TarHeader)] = []

    /// A placement into `base`; `name` replaces the first part of every path, and with `isContentsOnly` that part is left out.
    package convenience init(
        into base: Directory, name: [UInt8]? = nil, isContentsOnly: Bool = false, keeping: Keeping,
        notADirectory: TreeCopy.Problem? = nil, replacesFiles: Bool = false
    ) throws(StorageError) {
        try self.init(
            base, name, isContentsOnly, keeping, notADirectory, folder: [], followsLinks: false, replacesFiles: replacesFiles)
    }

    /// A placement of somebody's own tar into a folder below the process's root, by a path without symlinks.
    convenience init(anythingInto folder: [UInt8], keeping: Keeping) throws(StorageError) {
        try self.init(
            try Directory.open("/"), nil, false, keeping, nil, folder: folder, followsLinks: true, replacesFiles: false)
    }

    private init(
        _ base: Directory, _ name: [UInt8]?, _ isContentsOnly: Bool, _ keeping: Keeping, _ notADirectory: TreeCopy.Problem?,
        folder: [UInt8], followsLinks: Bool, replacesFiles: Bool
    ) throws(StorageError) {
        self.base = base
        self.folder = folder
        links = followsLinks ? TreeReader(base) : nil
        rename = name
        self.isContentsOnly = isContentsOnly
        writer = EntryWriter(keeping: keeping, isLayer: false)
        self.notADirectory = notADirectory
        self.replacesFiles = replacesFiles
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
                    try lift(try file.write(bytes, at: offset), to: LayerArchiveError.tapFailed)
                    offset += Int64(bytes.count)
                }
            }
        }
        // Last, since what comes into a directory changes its time, and one that is closed lets nothing in.
        for (path, header) in directories.reversed() {
            try writer.finishDirectory(header, try reached(path, cursor, makingParents: false))
        }
    }

    /// Where an entry goes; nil for the top that is left out.
    private func placed(_ path: [UInt8]) -> [UInt8]? {
        let parts = PathWalk.parts(path)
        guard !parts.isEmpty else { return nil }
        if isContentsOnly { return parts.count == 1 ? nil : PathWalk.joined(parts.dropFirst()) }
        if let rename { return PathWalk.joined([rename] + parts.dropFirst()) }
        return folder.isEmpty ? path : PathWalk.joined([folder] + parts)
    }

    private func place(_ header: TarHeader, _ kind: EntryKind, _ content: (File) throws -> Void) throws {
        let place = try reached(header.path, cursor, makingParents: true)
        var status = stat()
        let isThere = fstatat(place.directory, place.name, &status, AT_SYMLINK_NOFOLLOW) == 0
        let format = status.st_mode & S_IFMT
        if kind == .directory {
            if isThere, format != S_IFDIR {
                guard replacesFiles else { throw TreeCopy.Problem.wrongKind(place.path) }
                try place.calling { unlinkat($0, $1, 0) }
            }
            if !isThere || format != S_IFDIR { try writer.makeDirectory(place) }
            directories.append((header.path, header))
            return
        }
        if isThere {
            // Another entry may have led through it.
            resolved = [:]
            do { try place.calling { unlinkat($0, $1, 0) } } catch {
                // Something is mounted there: its content is replaced, which is what a writer in the container would do.
                guard error.errno == .resourceBusy, kind == .file, format == S_IFREG else { throw error }
                return try content(try writer.openEmptied(place))
            }
        }
        if kind == .symlink { resolved = [:] }
        if kind == .hardLink {
            return try writer.link(try reached(header.linkTarget, targets, makingParents: false), at: place)
        }
        _ = try writer.make(kind, header, at: place, content)
    }

    /// The place of a path, in the directory that the cursor then is in.
    private func reached(_ path: [UInt8], _ cursor: TreeCursor, makingParents: Bool) throws -> EntryPlace {
        let (folder, name) = PathWalk.split(path)
        let parent = try followed(folder)
        do { try cursor.move(to: parent) } catch {
            guard makingParents, error.isAbsent else { throw error }
            try makeDirectories(parent, cursor)
        }
        return EntryPlace(cursor.fd, name, path: parent.isEmpty ? name : parent + [UInt8(ascii: "/")] + name, below: base.path)
    }

    /// Where a directory's path leads.
    private func followed(_ path: [UInt8]) throws -> [UInt8] {
        guard let links, !path.isEmpty else { return path }
        if let known = resolved[path] { return known }
        let place = try PathWalk.resolve(path) { (path) throws(StorageError) -> [UInt8]? in
            try links.item(at: path)?.status.kind == .symlink ? try links.link(at: path) : nil
        }
        guard let place else { throw TreeCopy.Problem.symlinkLoop("/" + path.messageText) }
        if resolved.count >= Self.resolvedCount { resolved = [:] }
        resolved[path] = place
        return place
    }

    /// How many directories are remembered.
    private static let resolvedCount = 1024

    /// Goes to a directory, and makes those that are not there.
    private func makeDirectories(_ path: [UInt8], _ cursor: TreeCursor) throws(StorageError) {
        let parts = PathWalk.parts(path)
        for count in parts.indices {
            let here = PathWalk.joined(parts[...count])
            do { try cursor.move(to: here) } catch {
                guard error.isAbsent else { throw error }
                try cursor.move(to: PathWalk.joined(parts[..<count]))
                let place = EntryPlace(cursor.fd, parts[count], path: here, below: base.path)
                try writer.makeDirectory(place)
                try place.calling { fchmodat($0, $1, mode_t(CreationRules.treeMode), 0) }
                try cursor.move(to: here)
            }
        }
    }
}
