import Glibc
package import LayerArchive
package import StorageIO

/// What tells a file from all others, whatever its names: numbers of inodes are a device's own.
package struct FileIdentity: Hashable, Sendable {
    /// 0 where all files of a source are on one.
    package let device: UInt64
    /// Its number on the device.
    package let inode: UInt64

    /// An identity from its parts.
    package init(device: UInt64 = 0, inode: UInt64) {
        self.device = device
        self.inode = inode
    }
}

/// A file of a build context, or of another stage, as `COPY` sees it.
package struct SourceFile: FileMetadataHolder, Hashable, Sendable {
    /// Where it is within its source: raw bytes, no leading slash; empty for the root.
    package var path: [UInt8]
    /// Never a hard link or a marker: files with several names share an `inode`.
    package var kind: EntryKind
    /// Mode, owner, time, device and extended attributes.
    package var metadata: FileMetadata
    /// Bytes; counts for regular files only.
    package var size: Int64
    /// A symlink's target as written.
    package var linkTarget: [UInt8]
    /// What tells files with several names apart; nil for one with a single name.
    package var inode: FileIdentity?
    /// Whether an archive has no entry for the directory, but for something in it: nothing is known of it but that.
    package var isImplied = false
    /// Changes whenever the file may have changed, where its source can tell without reading it; 0 where it cannot.
    package var stamp: UInt64
    /// When it changed last, in any way: nanoseconds since 1970; counts where there is a stamp.
    package var changedAt: Int64

    /// A file from its parts; what a plain file does not need has a plain value.
    package init(
        path: [UInt8], kind: EntryKind, _ metadata: FileMetadata, size: Int64 = 0, linkTarget: [UInt8] = [],
        inode: FileIdentity? = nil, stamp: UInt64 = 0, changedAt: Int64 = 0
    ) {
        self.path = path
        self.kind = kind
        self.metadata = metadata
        self.size = size
        self.linkTarget = linkTarget
        self.inode = inode
        self.stamp = stamp
        self.changedAt = changedAt
    }

    /// The last part of its path.
    package var name: ArraySlice<UInt8> {
        path[(path.lastIndex(of: UInt8(ascii: "/")).map { $0 + 1 } ?? 0)...]
    }
}

/// Where `COPY` takes files from: one root that nothing leads out of.
package protocol CopySource: Sendable {
    /// The file right at `path`, no symlink followed: neither the last part nor one on the way; nil where there is none.
    func file(at path: [UInt8]) throws(BuildError) -> SourceFile?
    /// What a directory holds, by name, byte by byte.
    func children(of path: [UInt8]) throws(BuildError) -> [SourceFile]
    /// What there is to see of a directory without listing it; nil where the source cannot tell that sooner.
    ///
    /// `isLeftOut` says of a path that it is passed over.
    func look(of path: [UInt8], _ isLeftOut: (([UInt8]) -> Bool)?) throws(BuildError) -> FolderLook?
    /// The digest of the extended attributes that a copy of the file or directory has, `ExtendedAttribute.digest`; 0 for none.
    func attributesDigest(of file: SourceFile) throws(BuildError) -> UInt64
}

extension CopySource {
    /// Nil: a source that says nothing else has to be listed.
    package func look(of path: [UInt8], _ isLeftOut: (([UInt8]) -> Bool)?) throws(BuildError) -> FolderLook? { nil }

    /// None.
    package func attributesDigest(of file: SourceFile) throws(BuildError) -> UInt64 { 0 }
}

/// A source whose contents can be read.
package protocol FileSource: CopySource {
    /// The hash of the content of the regular file at `path`.
    func contentHash(of path: [UInt8]) throws(BuildError) -> ContentHash
    /// Gets the contents of these files and directories ready, to be opened in any order.
    func contents(of paths: [[UInt8]]) throws -> any SourceContents
}

/// Contents that are ready to be read.
package protocol SourceContents: Sendable {
    /// What the regular file or directory at `path` has besides its header.
    func open(_ path: [UInt8]) throws -> SourceContent
}

/// The content of one file, as a piece of an open one.
package struct SourceContent: Sendable {
    /// What is read; nil for a directory.
    package var file: File?
    /// Where the content begins in `file`.
    package var offset: Int64
    /// Bytes of it that belong to the content; nil for all there are.
    package var size: Int64?
    /// Raw, as the file has them.
    package var xattrs: [ExtendedAttribute]

    /// A content from its parts.
    package init(file: File?, offset: Int64 = 0, size: Int64? = nil, xattrs: [ExtendedAttribute] = []) {
        self.file = file
        self.offset = offset
        self.size = size
        self.xattrs = xattrs
    }
}

/// What stands at a path of the image built so far.
package struct TargetEntry: Hashable, Sendable {
    /// What it is, symlinks on the way followed.
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

/// The tree of an image without layers.
package struct EmptyTree: TargetTree {
    /// Nothing.
    package init() {}

    /// Nil for every path.
    package func entry(at path: [UInt8]) -> TargetEntry? { nil }
}

/// Files that a Dockerfile holds itself: heredocs.
package struct InlineFiles: FileSource {
    private let files: [[UInt8]: [UInt8]]
    private let mode: UInt16
    private let mtimeSeconds: Int64
    private let spool: @Sendable ([UInt8]) throws -> File

    /// Files by name, as of one moment; `spool` makes a file of bytes.
    package init(
        _ files: [[UInt8]: [UInt8]], mode: UInt16 = 0o644, mtimeSeconds: Int64,
        spool: @escaping @Sendable ([UInt8]) throws -> File
    ) {
        self.files = files
        self.mode = mode
        self.mtimeSeconds = mtimeSeconds
        self.spool = spool
    }

    /// The file of that name, dated as the build is.
    package func file(at path: [UInt8]) -> SourceFile? {
        if path.isEmpty { return SourceFile(path: [], kind: .directory, FileMetadata(mode: 0o755, mtimeSeconds: mtimeSeconds)) }
        return files[path].map {
            SourceFile(path: path, kind: .file, FileMetadata(mode: mode, mtimeSeconds: mtimeSeconds), size: Int64($0.count))
        }
    }

    /// The files by name; nothing below them.
    package func children(of path: [UInt8]) -> [SourceFile] {
        path.isEmpty ? files.keys.sorted { $0.lexicographicallyPrecedes($1) }.compactMap { file(at: $0) } : []
    }

    /// The hash of the text.
    package func contentHash(of path: [UInt8]) throws(BuildError) -> ContentHash { ContentHash(of: files[path] ?? []) }

    /// The texts, which are in memory already.
    package func contents(of paths: [[UInt8]]) throws -> any SourceContents { Contents(source: self) }

    private struct Contents: SourceContents {
        let source: InlineFiles

        func open(_ path: [UInt8]) throws -> SourceContent {
            guard let bytes = source.files[path] else { return SourceContent(file: nil) }
            return SourceContent(file: try source.spool(bytes), size: Int64(bytes.count))
        }
    }
}

extension [UInt8] {
    /// Whether the bytes sort before others: an order of paths, as `lexicographicallyPrecedes` has it, only sooner.
    func precedes(_ other: [UInt8]) -> Bool {
        let difference = withUnsafeBytes { left in
            other.withUnsafeBytes { right -> Int in
                let shared = Swift.min(left.count, right.count)
                guard shared > 0, let one = left.baseAddress, let two = right.baseAddress else { return 0 }
                return Int(memcmp(one, two, shared))
            }
        }
        return difference == 0 ? count < other.count : difference < 0
    }
}
