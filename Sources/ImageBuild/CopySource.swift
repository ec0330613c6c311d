package import LayerArchive

/// A file of a build context, or of another stage, as `COPY` sees it.
package struct SourceFile: Hashable, Sendable {
    /// Where it is within its source: raw bytes, no leading slash; empty for the root.
    package var path: [UInt8]
    /// Never a hard link or a marker: files with several names share an `inode`.
    package var kind: EntryKind
    /// Permission bits with setuid, setgid and sticky.
    package var mode: UInt16
    package var uid: Int64
    package var gid: Int64
    /// Bytes; counts for regular files only.
    package var size: Int64
    package var mtimeSeconds: Int64
    package var mtimeNanoseconds: UInt32
    /// A symlink's target as written.
    package var linkTarget: [UInt8]
    /// What tells files with several names apart; nil for one with a single name.
    package var inode: UInt64?

    /// A file from its parts; what a plain file does not need has a plain value.
    package init(
        path: [UInt8], kind: EntryKind, mode: UInt16, uid: Int64 = 0, gid: Int64 = 0, size: Int64 = 0, mtimeSeconds: Int64 = 0,
        mtimeNanoseconds: UInt32 = 0, linkTarget: [UInt8] = [], inode: UInt64? = nil
    ) {
        self.path = path
        self.kind = kind
        self.mode = mode
        self.uid = uid
        self.gid = gid
        self.size = size
        self.mtimeSeconds = mtimeSeconds
        self.mtimeNanoseconds = mtimeNanoseconds
        self.linkTarget = linkTarget
        self.inode = inode
    }

    /// The last part of its path.
    package var name: ArraySlice<UInt8> {
        path[(path.lastIndex(of: UInt8(ascii: "/")).map { $0 + 1 } ?? 0)...]
    }
}

/// Where `COPY` takes files from: one root that nothing leads out of.
package protocol CopySource {
    /// The file right at `path`, no symlink followed: neither the last part nor one on the way; nil where there is none.
    func file(at path: [UInt8]) throws(BuildError) -> SourceFile?
    /// What a directory holds, by name, byte by byte.
    func children(of path: [UInt8]) throws(BuildError) -> [SourceFile]
}

/// What stands at a path of the image built so far.
package struct TargetEntry: Hashable, Sendable {
    package var kind: EntryKind
    /// A symlink's target as written; else empty.
    package var linkTarget: [UInt8]

    /// An entry from its parts.
    package init(kind: EntryKind, linkTarget: [UInt8] = []) {
        self.kind = kind
        self.linkTarget = linkTarget
    }
}

/// The image built so far; a merged tree, told by whoever knows one.
package protocol TargetTree {
    /// What is right at `path` (raw bytes, no leading slash), no symlink followed.
    func entry(at path: [UInt8]) -> TargetEntry?
}

/// Why a step of a build cannot be done.
package enum BuildError: Error, Hashable, Sendable {
    /// A source that is not there.
    case noSuchSource(String)
    /// A pattern that no file matches, and no other source either.
    case noSources
    /// More than one source, and a destination without a slash at its end.
    case destinationIsNoDirectory(String)
    /// A directory where a file is to be, or a file where a directory is to be.
    case wrongKind(source: [UInt8], target: [UInt8])
    /// A source that is neither file, directory nor symlink.
    case unsupportedKind(path: [UInt8])
    /// Symlinks that lead in circles.
    case symlinkLoop(path: [UInt8])
    /// A file of the context that got longer or shorter while it was read.
    case changedMeanwhile(path: [UInt8])
    /// The context could not be read; the system's reason.
    case unreadable(path: [UInt8], errno: Int32)
}
