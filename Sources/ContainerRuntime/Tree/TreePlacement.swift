import CLinux
import Glibc
package import LayerArchive
package import StorageIO
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
    private let writer: EntryWriter
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
        writer = EntryWriter(keeping: keeping, isLayer: false)
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
                    try lift(try file.write(bytes, at: offset), to: LayerArchiveError.tapFailed)
                    offset += Int64(bytes.count)
                }
            }
        }
        // Last, since what comes into a directory changes its time, and one that is closed lets nothing in.
        for (path, header) in directories.reversed() {
            try writer.finishDirectory(header, try reached(path, cursor))
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
        let place = try reached(header.path, cursor)
        var status = stat()
        let isThere = fstatat(place.directory, place.name, &status, AT_SYMLINK_NOFOLLOW) == 0
        let isDirectory = isThere && status.st_mode & S_IFMT == S_IFDIR
        if kind == .directory {
            if !isDirectory { try writer.makeDirectory(place) }
            directories.append((header.path, header))
            return
        }
        if isThere { try place.calling { unlinkat($0, $1, 0) } }
        if kind == .hardLink { return try writer.link(try reached(header.linkTarget, targets), at: place) }
        _ = try writer.make(kind, header, at: place, content)
    }

    /// The place of a path, in the directory that the cursor then is in.
    private func reached(_ path: [UInt8], _ cursor: TreeCursor) throws(StorageError) -> EntryPlace {
        let (parent, name) = PathWalk.split(path)
        try cursor.move(to: parent)
        return EntryPlace(cursor.fd, name, path: path, below: base.path)
    }
}
